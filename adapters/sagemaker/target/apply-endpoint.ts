import type { ApplyOptions, ApplyResult, Revision, TargetWant } from 'modelspine/adapter'
import type { ConfigVariant } from './endpoint-replies.ts'
import {
  type ConfigContent,
  completeSettings,
  configInput,
  createInput,
  desiredInput,
  modelInput,
  updateInput,
  variantInput,
  wholeIn,
  wholeOf,
} from './endpoint-requests.ts'
import { claimEndpoint, endpointTags, tagsOf } from './endpoint-tags.ts'
import { findLeftovers, removeOne } from './leftovers.ts'
import { isInFlight, type LiveEndpoint } from './live-endpoint.ts'
import { lossRefusal } from './loss-refusal.ts'
import { type EndpointStep, nextStep } from './next-step.ts'
import { handleOf, type SentOperation } from './operations.ts'
import { type EndpointPlace, hasModel, readConfig, readEndpoint } from './target-calls.ts'

/** SageMaker takes minutes for most changes of an endpoint. */
export const waitMs = 5000

export const busy: Extract<ApplyResult, { kind: 'busy' }> = { kind: 'busy', retryAfterMs: waitMs }

/** The next mutation on the way to the want. */
export async function applyNext(
  place: EndpointPlace,
  want: TargetWant,
  call: ApplyOptions,
): Promise<ApplyResult> {
  const { client, names, abortSignal } = place
  const live = await readEndpoint(place)
  if (live !== undefined && isInFlight(live)) return busy
  if (live !== undefined) await claimEndpoint(place, live, call)
  const step = nextStep(want, live)
  switch (step.kind) {
    case 'delete':
      await client.send('DeleteEndpoint', { EndpointName: names.endpoint }, { abortSignal })
      return { kind: 'accepted', unfinished: true }
    case 'set': {
      const input = desiredInput(names.endpoint, step.variants)
      await client.send('UpdateEndpointWeightsAndCapacities', input, { abortSignal })
      return accepted(call, live, 'weights', live?.config ?? '')
    }
    case 'bring':
      return bring(place, want, call, live, step)
    case 'clean': {
      const removed = await removeOne(place, await findLeftovers(place, live))
      return removed ?? { kind: 'unchanged' }
    }
  }
}

export function accepted(
  { operationId }: ApplyOptions,
  live: LiveEndpoint | undefined,
  kind: SentOperation['kind'],
  config: string,
): ApplyResult {
  const handle = handleOf({ kind, config, afterMs: live?.modifiedMs ?? 0, operationId })
  return { kind: 'accepted', handle }
}

/** One call each: the models that are missing, the config, and the endpoint with it. */
async function bring(
  place: EndpointPlace,
  want: TargetWant,
  call: ApplyOptions,
  live: LiveEndpoint | undefined,
  step: Extract<EndpointStep, { kind: 'bring' }>,
): Promise<ApplyResult> {
  const { client, names, config: defaults, abortSignal } = place
  // A kept revision that is gone cannot be made.
  if (live === undefined && step.added.length === 0) return { kind: 'unchanged' }
  const content = live === undefined ? firstContent(place, want) : await nextContent(place, want, live, step)
  if ('kind' in content) return content
  for (const revision of step.added) {
    const model = names.model(revision.name)
    if (await hasModel(place, model)) continue
    const input = modelInput(model, revision, defaults, tagsOf(place))
    await client.send('CreateModel', input, { abortSignal })
    return { kind: 'accepted', unfinished: true }
  }
  const config = names.config(content)
  if ((await readConfig(place, config)) === undefined) {
    const input = configInput(config, content, tagsOf(place))
    await client.send('CreateEndpointConfig', input, { abortSignal })
    return { kind: 'accepted', unfinished: true }
  }
  if (live === undefined) {
    const input = createInput(names.endpoint, config, endpointTags(place, call))
    await client.send('CreateEndpoint', input, { abortSignal })
    return accepted(call, live, 'create', config)
  }
  await client.send('UpdateEndpoint', updateInput(names.endpoint, config), { abortSignal })
  return accepted(call, live, 'update', config)
}

/** Before there is a split, the first revision gets all requests. */
function firstContent(place: EndpointPlace, { revisions, split, scale }: TargetWant): ConfigContent {
  const weighted = revisions.some(({ name }) => weightIn(split, name) > 0)
  const variants = revisions.map((revision, index) => {
    const weight = weighted ? weightIn(split, revision.name) : index === 0 ? 100 : 0
    return variantInput(revision, place.names.model(revision.name), place.config, { scale, weight })
  })
  return { ...newestWhole(place, revisions), ProductionVariants: variants }
}

/** What stays is written as it is, also where nobody knows what it is made of. What is new begins without traffic. */
async function nextContent(
  place: EndpointPlace,
  want: TargetWant,
  live: LiveEndpoint,
  { staying, added }: Extract<EndpointStep, { kind: 'bring' }>,
): Promise<ConfigContent | ApplyResult> {
  const running = await readConfig(place, live.config)
  // It was deleted by somebody, or is not shown yet.
  if (running === undefined) return busy
  const loss = lossRefusal(place, live.config, running, want.revisions.at(-1))
  if (loss !== undefined) return loss
  const ours = new Set(want.revisions.map(({ name }) => name))
  const weightOf = (name: string): number =>
    want.split.length > 0
      ? weightIn(want.split, name)
      : (live.variants.find((variant) => variant.name === name)?.desiredWeight ?? 0)
  const stays = running.ProductionVariants.filter(({ VariantName }) => staying.includes(VariantName))
  const variants = [
    ...stays.map(
      (variant): ConfigVariant => ({
        ...variant,
        InitialVariantWeight: weightOf(variant.VariantName),
        ...(ours.has(variant.VariantName) && { InitialInstanceCount: want.scale.min }),
      }),
    ),
    ...added.map((revision) =>
      variantInput(revision, place.names.model(revision.name), place.config, {
        scale: want.scale,
        weight: 0,
      }),
    ),
  ]
  const whole = want.revisions.length === 0 ? wholeIn(running) : newestWhole(place, want.revisions)
  return { ...whole, ProductionVariants: variants }
}

function newestWhole({ config }: EndpointPlace, revisions: readonly Revision[]): object {
  const newest = revisions.at(-1)
  return newest === undefined ? {} : wholeOf(completeSettings(newest, config))
}

function weightIn(split: TargetWant['split'], revision: string): number {
  return split.find((each) => each.revision === revision)?.weight ?? 0
}
