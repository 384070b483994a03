import type { FieldPath } from '../../problems/field-path.ts'
import type { ModelRouteInput } from '../../route/model-route.ts'
import { Ledger } from '../ledger.ts'
import type { Moved, PortkeyMovingOptions } from '../moved.ts'
import { openConfig } from '../open-config.ts'
import { ProviderShelf } from '../provider-shelf.ts'
import { isModelName, RouteLabels } from '../route-names.ts'
import { destinationsOf } from './conditions.ts'
import { asksForModels, PortkeyPlanner } from './portkey-plan.ts'
import { isPortkeySection, portkeyReason } from './portkey-reasons.ts'
import { routeOfPlan } from './portkey-route.ts'
import { inherit, modeOf, type PortkeyNode, pick } from './portkey-target.ts'

/** What `routesFromPortkey` does. */
export async function movePortkey(
  source: unknown,
  { file, models = [], name = 'portkey' }: PortkeyMovingOptions,
): Promise<Moved> {
  const { config, locate } = await openConfig(source, 'a config of Portkey', file)
  const ledger = new Ledger(config, locate)
  const shelf = new ProviderShelf(ledger)
  const labels = new RouteLabels()
  const routes: ModelRouteInput[] = []
  const root: PortkeyNode = { fields: config, path: [] }
  const asked = models.filter(isModelName)

  /** Routes of a node, for requests that name one of `names`. Without names, the route's own name is asked. */
  const add = (
    node: PortkeyNode,
    wanted: string,
    names: readonly string[],
    from: readonly FieldPath[] = [],
  ): void => {
    const around = node === root ? {} : inherit(root, {})
    // A target without a model of its own asks the one that the request names, so each name needs a route.
    const each = asksForModels(node, around) && names.length > 0 ? names.map((one) => [one]) : [names]
    for (const group of each) {
      const plan = new PortkeyPlanner(ledger, group[0]).planOf(node, around)
      if (plan === undefined) continue
      const label = labels.labelFor(each.length > 1 ? (group[0] ?? wanted) : wanted)
      const to = `routes[${routes.length}]`
      const route = routeOfPlan(plan, label, group.length === 0 ? [label] : group, shelf, ledger, to)
      if (route === undefined) continue
      routes.push(route)
      for (const path of from)
        ledger.carry(path, route.spec.names === undefined ? `${to}.metadata.name` : `${to}.spec.names`)
    }
  }

  if (modeOf(root) === 'conditional') {
    for (const { target, models: named, isDefault, paths } of destinationsOf(root, ledger)) {
      if (isDefault) add(target, name, [...named, ...asked.filter((model) => !named.includes(model))], paths)
      else add(target, `${name}-${String(pick(target, 'name')?.value)}`, named.filter(isModelName), paths)
    }
    if (routes.length > 0) ledger.carry(['strategy', 'mode'], 'routes')
  } else add(root, name, asked)
  if (routes.length > 0 && routes.every(({ spec }) => spec.timeouts === undefined)) {
    ledger.leave(
      ['request_timeout'],
      [
        'it is not written; Portkey then sets no limit, and a route ends a request after 60s without an answer',
        'Write timeouts.request of the routes, such as 10m.',
      ],
    )
  }
  const providers = shelf.finish(config)
  const { carried, left } = ledger.close((path) => portkeyReason(path, config), isPortkeySection)
  return { routes, providers, carried, left }
}
