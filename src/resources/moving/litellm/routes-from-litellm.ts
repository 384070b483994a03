import type { ModelRouteInput } from '../../route/model-route.ts'
import { Ledger } from '../ledger.ts'
import type { Moved, MovingOptions } from '../moved.ts'
import { openConfig } from '../open-config.ts'
import { ProviderShelf } from '../provider-shelf.ts'
import { isModelName, needsNames, RouteLabels } from '../route-names.ts'
import { readDeployments } from './deployment.ts'
import { type GroupMember, LitellmDirectory } from './directory.ts'
import { LitellmFallbacks } from './fallbacks.ts'
import { isLitellmSection, litellmReason } from './litellm-reasons.ts'
import { routeOf } from './litellm-route.ts'
import { Placing } from './placing.ts'
import { LitellmSettings } from './settings.ts'

/** What `routesFromLitellm` does. */
export async function moveLitellm(source: unknown, { file, models = [] }: MovingOptions): Promise<Moved> {
  const { config, locate } = await openConfig(source, 'a config of LiteLLM', file)
  const ledger = new Ledger(config, locate)
  const settings = new LitellmSettings(config, ledger)
  const directory = new LitellmDirectory(readDeployments(config, ledger), settings, ledger)
  const fallbacks = new LitellmFallbacks(settings, directory, ledger)
  const shelf = new ProviderShelf(ledger)
  const placing = new Placing(settings, shelf, ledger)
  const labels = new RouteLabels()
  const routes: ModelRouteInput[] = []

  /** Adds a route and gives the place of its names; undefined when no deployment can be asked. */
  const add = (
    group: string,
    names: readonly string[],
    members: readonly GroupMember[],
  ): string | undefined => {
    const to = `routes[${routes.length}]`
    const label = labels.labelFor(group)
    const route = routeOf({ group, members, label, names }, { settings, fallbacks, placing, ledger }, to)
    if (route === undefined) return undefined
    routes.push(route)
    return needsNames(label, names) ? `${to}.spec.names` : `${to}.metadata.name`
  }

  const aliased = new Set(directory.aliases.map(({ name }) => name))
  for (const [group, members] of directory.groups) {
    const aliases = directory.aliases.filter((alias) => alias.group === group)
    const names = [...(aliased.has(group) ? [] : [group]), ...aliases.map(({ name }) => name)].filter(
      isModelName,
    )
    if (names.length === 0) {
      for (const { deployment } of members) {
        ledger.leave(deployment.path, [
          aliased.has(group)
            ? 'an alias leads its name elsewhere'
            : 'a route cannot have its model_name as a name',
          'Give it another name. A name has letters, digits and any of @ . _ - : + ~ = , in parts with "/" between them.',
        ])
      }
      continue
    }
    const to = add(group, names, members)
    if (to === undefined) continue
    for (const { deployment } of members) ledger.carry(deployment.at('model_name'), to)
    for (const { path } of aliases) ledger.carry(path, to)
  }
  for (const alias of directory.aliases.filter(({ group }) => !directory.groups.has(group))) {
    const to = add(alias.name, [alias.name], directory.resolve(alias.name) ?? [])
    if (to !== undefined) ledger.carry(alias.path, to)
  }
  for (const name of models) {
    const members = directory.resolve(name)
    if (directory.groups.has(name) || aliased.has(name) || members === undefined || !isModelName(name))
      continue
    const to = add(name, [name], members)
    for (const { deployment } of members) {
      if (to !== undefined && deployment.group.includes('*')) ledger.carry(deployment.at('model_name'), to)
    }
  }
  const strategy = settings.find('routing_strategy')
  if (strategy?.value === 'simple-shuffle' && routes.length > 0)
    ledger.carry(strategy.path, 'routes[0].spec.backends')
  tellDefaults(settings, routes.length, ledger)
  const providers = shelf.finish(config)
  const { carried, left } = ledger.close((path) => litellmReason(path, config), isLitellmSection)
  return { routes, providers, carried, left }
}

/** A default of LiteLLM's that is not the default of a route is a difference that no field shows. */
function tellDefaults(settings: LitellmSettings, routes: number, ledger: Ledger): void {
  if (
    routes === 0 ||
    settings.find('timeout') !== undefined ||
    settings.find('request_timeout') !== undefined
  )
    return
  ledger.leave(
    ['router_settings', 'timeout'],
    [
      'it is not written; LiteLLM then waits very long, and a route ends a request after 60s without an answer',
      'Write timeouts.request of the routes, such as 10m.',
    ],
  )
}
