import type { ApplyOptions, ApplyResult, Revision, TargetWant } from 'modelspine/adapter'
import { accepted, busy } from '../apply-endpoint.ts'
import {
  type ConfigContent,
  completeSettings,
  configInput,
  createInput,
  desiredInput,
  modelInput,
  updateInput,
  variantInput,
  wholeOf,
} from '../endpoint-requests.ts'
import { claimEndpoint, endpointTags, tagsOf } from '../endpoint-tags.ts'
import { findLeftovers, type Leftovers, removeOne } from '../leftovers.ts'
import { isInFlight } from '../live-endpoint.ts'
import { lossRefusal } from '../loss-refusal.ts'
import { countToSet } from '../next-step.ts'
import { sentOf } from '../operations.ts'
import { refused } from '../revision-refusal.ts'
import { type EndpointPlace, hasModel, readConfig, readEndpoint } from '../target-calls.ts'
import {
  chosenIn,
  configWith,
  type GuardedEndpoint,
  guardedOf,
  guardedVariant,
  isForward,
  modelIn,
} from './guarded-endpoint.ts'
import { dropsGuardrails, instanceRefusal } from './guarded-refusal.ts'

/**
 * The next mutation on the way to the want, where SageMaker shifts: the models first, then the endpoint with the config of
 * the one revision that has all traffic.
 */
export async function applyGuarded(
  place: EndpointPlace,
  want: TargetWant,
  call: ApplyOptions,
): Promise<ApplyResult> {
  const { client, names, abortSignal } = place
  const live = await readEndpoint(place)
  if (live === undefined) return createGuarded(place, want, call)
  if (isInFlight(live) && live.status !== 'Updating') return busy
  await claimEndpoint(place, live, call)
  if (live.status === 'Failed') {
    await client.send('DeleteEndpoint', { EndpointName: names.endpoint }, { abortSignal })
    return { kind: 'accepted', unfinished: true }
  }
  const config = await readConfig(place, live.config)
  // It was deleted by somebody, or is not shown yet.
  if (config === undefined) return busy
  const at = guardedOf(place, live, config)
  if (at === undefined) return isInFlight(live) ? busy : severalVariants(place, config.ProductionVariants)
  if (isInFlight(live)) return sentBefore(place, want, call, at) ?? busy
  return (
    (await bringRevisions(place, want, at.variant, at.serving)) ??
    (await shift(place, want, call, at)) ??
    (await setCount(place, want, call, at)) ??
    (await removeOne(place, await unwanted(place, want, at))) ?? { kind: 'unchanged' }
  )
}

function severalVariants(
  { names }: EndpointPlace,
  variants: readonly { readonly VariantName: string }[],
): ApplyResult {
  const there = variants.map(({ VariantName }) => VariantName).join(', ')
  return refused(
    'VariantsUnsupported',
    `the endpoint ${names.endpoint} has the variants ${there}, but with guardrails it has one: let the rollout end without the target’s option guardrails first`,
  )
}

async function createGuarded(
  place: EndpointPlace,
  want: TargetWant,
  call: ApplyOptions,
): Promise<ApplyResult> {
  const { client, names, abortSignal } = place
  const chosen = chosenIn(want)
  const revision = want.revisions.find(({ name }) => name === chosen) ?? want.revisions[0]
  // A kept revision that is gone cannot be made.
  if (revision === undefined) return { kind: 'unchanged' }
  const before = await bringRevisions(place, want, guardedVariant)
  if (before !== undefined) return before
  const config = names.config(contentOf(place, want, revision, guardedVariant))
  const input = createInput(names.endpoint, config, endpointTags(place, call))
  await client.send('CreateEndpoint', input, { abortSignal })
  return accepted(call, undefined, 'create', config)
}

/** One model or config that is missing. Those of the revision that serves are there. */
async function bringRevisions(
  place: EndpointPlace,
  want: TargetWant,
  variant: string,
  serving?: string,
): Promise<ApplyResult | undefined> {
  const { client, names, config: defaults, abortSignal } = place
  for (const revision of want.revisions) {
    if (revision.name === serving) continue
    const model = names.model(revision.name)
    if (!(await hasModel(place, model))) {
      const input = modelInput(model, revision, defaults, tagsOf(place))
      await client.send('CreateModel', input, { abortSignal })
      return { kind: 'accepted', unfinished: true }
    }
    const config = await bringConfig(place, contentOf(place, want, revision, variant))
    if (config !== undefined) return config
  }
  return undefined
}

async function bringConfig(place: EndpointPlace, content: ConfigContent): Promise<ApplyResult | undefined> {
  const config = place.names.config(content)
  if ((await readConfig(place, config)) !== undefined) return undefined
  const input = configInput(config, content, tagsOf(place))
  await place.client.send('CreateEndpointConfig', input, { abortSignal: place.abortSignal })
  return { kind: 'accepted', unfinished: true }
}

function contentOf(
  { names, config }: EndpointPlace,
  { scale }: TargetWant,
  revision: Revision,
  variant: string,
): ConfigContent {
  const input = variantInput(revision, names.model(revision.name), config, { scale, weight: 1 })
  return {
    ...wholeOf(completeSettings(revision, config)),
    ProductionVariants: [{ ...input, VariantName: variant }],
  }
}

/** Gives all traffic to the revision that shall have it: with guardrails forward, and back at once. */
async function shift(
  place: EndpointPlace,
  want: TargetWant,
  call: ApplyOptions,
  { live, config: running, serving, variant }: GuardedEndpoint,
): Promise<ApplyResult | undefined> {
  const { client, names, abortSignal, config: target } = place
  const chosen = chosenIn(want, serving) ?? serving
  // Nobody knows which instances of such an endpoint have which config.
  const isMixed = live.status === 'UpdateRollbackFailed'
  if (chosen === serving && !isMixed) return undefined
  const revision = want.revisions.find(({ name }) => name === chosen)
  const content = revision && contentOf(place, want, revision, variant)
  const config = content === undefined ? await configWith(place, names.model(chosen)) : names.config(content)
  // A kept revision that is gone cannot be made.
  if (config === undefined) return undefined
  const guardrails =
    revision !== undefined && isForward(want, revision, serving) && !isMixed ? target.guardrails : undefined
  if (content !== undefined) {
    const odd = running.ProductionVariants.find(({ InstanceType }) => dropsGuardrails(InstanceType))
    if (odd !== undefined && guardrails !== undefined) {
      return instanceRefusal(`the endpoint ${names.endpoint} runs on ${odd.InstanceType}`)
    }
    const before = lossRefusal(place, live.config, running, revision) ?? (await bringConfig(place, content))
    if (before !== undefined) return before
  }
  await client.send('UpdateEndpoint', updateInput(names.endpoint, config, guardrails), { abortSignal })
  return accepted(call, live, `shift:${chosen}`, config)
}

/** A shift that runs, and whose answer was lost before anybody had its handle: what became of it is found by that. */
function sentBefore(
  place: EndpointPlace,
  want: TargetWant,
  call: ApplyOptions,
  { live, serving, variant }: GuardedEndpoint,
): ApplyResult | undefined {
  const chosen = chosenIn(want, serving)
  const revision = want.revisions.find(({ name }) => name === chosen)
  if (live.status !== 'Updating' || revision === undefined || chosen === serving) return undefined
  const config = place.names.config(contentOf(place, want, revision, variant))
  const isKnown = call.handles?.some((handle) => sentOf(handle)?.config === config) ?? false
  if (live.pending?.config !== config || isKnown) return undefined
  // It began with the last change that SageMaker tells of.
  const before = { ...live, modifiedMs: live.modifiedMs - 1 }
  return accepted(call, before, `shift:${revision.name}`, config)
}

async function setCount(
  { client, names, abortSignal }: EndpointPlace,
  want: TargetWant,
  call: ApplyOptions,
  { live, serving }: GuardedEndpoint,
): Promise<ApplyResult | undefined> {
  const [variant] = live.variants
  const count = variant && countToSet(want, variant, serving)
  if (variant === undefined || count === undefined) return undefined
  const input = desiredInput(names.endpoint, [{ name: variant.name, count }])
  await client.send('UpdateEndpointWeightsAndCapacities', input, { abortSignal })
  return accepted(call, live, 'weights', live.config)
}

/** Without what is needed to shift to another revision that is wanted. */
async function unwanted(
  place: EndpointPlace,
  want: TargetWant,
  { live, serving, variant }: GuardedEndpoint,
): Promise<Leftovers> {
  const { names } = place
  const { revisions, keep = [] } = want
  const others = revisions.filter(({ name }) => name !== serving)
  const needed = new Set(others.map((each) => names.config(contentOf(place, want, each, variant))))
  // Nobody knows what was in the config of a kept revision, so it is known by its model.
  const keptModels = new Set(keep.filter((name) => name !== serving).map(names.model))
  const isKept = async (config: string): Promise<boolean> =>
    keptModels.size > 0 && keptModels.has((await modelIn(place, config)) ?? '')
  const found = await findLeftovers(place, live)
  const configs: Leftovers['configs'][number][] = []
  for (const each of found.configs) {
    if (!needed.has(each.name) && !(await isKept(each.name))) configs.push(each)
  }
  const models = new Set([...keptModels, ...others.map(({ name }) => names.model(name))])
  return { configs, models: found.models.filter(({ name }) => !models.has(name)) }
}
