import {
  type ApplyOptions,
  type ApplyResult,
  acceptFence,
  type DeploymentTarget,
  describeTargetStep,
  isModelspineError,
  type Key,
  type KeyLook,
  ModelspineError,
  type ObservedTarget,
  type TargetCheck,
  type TargetRefusal,
  type TargetWant,
  targetSteps,
  throwIfAborted,
  wantRefusal,
} from 'modelspine/adapter'
import { createKubernetesClient, type KubernetesClient } from '../shared/kubernetes/kubernetes-client.ts'
import { trackWrites } from '../shared/kubernetes/track-writes.ts'
import { watchObjects } from '../shared/kubernetes/watch-objects.ts'
import { wasNotSent } from '../shared/vendor-reach.ts'
import { applySpec, readService } from './apply-service.ts'
import { checkService } from './check-service.ts'
import { destroyNext } from './destroy-service.ts'
import { type KeptRecord, readRecord, writeRecord } from './fence-record.ts'
import { listRequest, watchRequest } from './kserve-api.ts'
import { kserveWords } from './kserve-errors.ts'
import { checkKserveOptions, type KserveTargetOptions } from './kserve-options.ts'
import { type KserveSettings, protocolOf, settingsProblems } from './kserve-settings.ts'
import { keysIn, observeMany } from './many-services.ts'
import { knativeMode } from './modes/knative-mode.ts'
import type { LiveService } from './modes/live-service.ts'
import { type KserveMode, type ModePlace, placeOf, waitMs } from './modes/mode.ts'
import { standardMode } from './modes/standard-mode.ts'
import { keyIn } from './our-object.ts'
import { kserveRefusal } from './revision-refusal.ts'
import { applySecrets, dropSecrets } from './revision-secrets.ts'

export interface KserveTarget extends DeploymentTarget<KserveSettings> {
  observeMany(
    looks: readonly KeyLook[],
    options?: { readonly abortSignal?: AbortSignal },
  ): Promise<ReadonlyMap<Key, ObservedTarget>>
  check(key: Key, want: TargetWant, options?: { readonly abortSignal?: AbortSignal }): Promise<TargetCheck>
  changes(abortSignal: AbortSignal): AsyncIterable<Key>
  close(): Promise<void>
}

/** How often a call is made anew when KServe has written a status meanwhile. */
const tries = 4

/**
 * Runs each deployment as an InferenceService of KServe. One target is one namespace of one cluster.
 *
 * Throws `invalid-options`. With `kubeconfig`, the first call throws `unsupported` when `@kubernetes/client-node` is
 * missing.
 */
export function kserveTarget(options: KserveTargetOptions): KserveTarget {
  const settings = checkKserveOptions(options)
  const client = createKubernetesClient(options, kserveWords)
  const mode: KserveMode = settings.mode === 'knative' ? knativeMode(settings) : standardMode(settings)
  const { capabilities } = mode
  const { namespace, clock, watchIdleMs } = settings

  const closing = new AbortController()

  function begin(abortSignal: AbortSignal | undefined): void {
    throwIfAborted(abortSignal, 'the call')
    if (closing.signal.aborted) throw new ModelspineError('stopped', 'the target on KServe was closed')
  }

  const refusalOf = (want: TargetWant): TargetRefusal | undefined =>
    wantRefusal(want, capabilities) ?? kserveRefusal(want, settings)

  async function look(place: ModePlace, call: ApplyOptions): Promise<Look> {
    begin(call.abortSignal)
    // The InferenceService is read before the fence. So whoever wrote a newer fence writes a newer version after it.
    const live = await readService(client, place, call.abortSignal)
    checkEtag(place.key, live, call.ifMatch)
    const known = await readRecord(client, place, call.abortSignal)
    acceptFence(place.key, known.fence, call)
    const seen = { live, known }
    // The record is removed last. Where there is none, what was read before it may be gone too.
    if (live !== undefined && known.version === undefined) {
      checkStillThere(place.key, seen, { live: await readService(client, place, call.abortSignal), known })
    }
    return seen
  }

  async function apply(
    client: KubernetesClient,
    place: ModePlace,
    want: TargetWant,
    call: ApplyOptions,
    { live, known }: Look,
  ): Promise<ApplyResult> {
    const refusal = refusalOf(want)
    if (refusal !== undefined) return refusal
    const record = await writeRecord(client, place, known, call)
    if (live?.isDeleting === true) return { kind: 'busy', retryAfterMs: waitMs }
    const step = mode.next(place, want, live)
    if (step.kind === 'refused' || step.kind === 'failed') return step
    const held = live === undefined ? [] : mode.held(live)
    const creates = step.kind === 'write' ? step.creates : []
    // Also those that are there: a Secret may have gone for a want that has changed since, or by another hand.
    const running = want.revisions.filter((each) => held.includes(each.name) || creates.includes(each))
    const secrets = await applySecrets(client, place, record, running, call)
    if (secrets !== undefined) return secrets
    switch (step.kind) {
      case 'wait':
        return { kind: 'busy', retryAfterMs: step.retryAfterMs }
      case 'unchanged':
        return live === undefined ? step : ((await dropSecrets(client, place, record, held, call)) ?? step)
      default: {
        // The Secret goes before its revision: nobody calls again once the revision is no longer observed.
        const dropped =
          live === undefined || creates.length > 0
            ? undefined
            : await dropSecrets(client, place, record, neededBy(want, mode.observe(place, live)), call)
        return dropped ?? applySpec(client, place, live, step.spec, call)
      }
    }
  }

  return {
    capabilities,
    checkSettings: settingsProblems,
    protocols: (own) => [protocolOf(own as KserveSettings)],
    plan: (want, observed) =>
      refusalOf(want) ?? {
        kind: 'steps',
        steps: targetSteps(want, observed, capabilities).map(describeTargetStep),
      },

    async check(key, want, { abortSignal } = {}) {
      begin(abortSignal)
      return refusalOf(want) ?? checkService(client, placeOf(key, settings), mode, want, abortSignal)
    },

    apply: (key, want, call) => {
      const place = placeOf(key, settings)
      let first: Look | undefined
      return sending(client, async (tracked) => {
        const seen = await look(place, call)
        first ??= seen
        checkStillThere(key, first, seen)
        return apply(tracked, place, want, call, seen)
      })
    },

    async observe(key, { abortSignal } = {}) {
      begin(abortSignal)
      const place = placeOf(key, settings)
      return observed(place, mode, await readService(client, place, abortSignal))
    },

    async observeMany(looks, { abortSignal } = {}) {
      begin(abortSignal)
      const places = looks.map(({ key }) => placeOf(key, settings))
      return observeMany(client, places, (place, live) => observed(place, mode, live), abortSignal)
    },

    async list({ abortSignal } = {}) {
      begin(abortSignal)
      return keysIn(client, namespace, abortSignal)
    },

    destroy: (key, call) =>
      sending(client, async (tracked) => {
        begin(call.abortSignal)
        return destroyNext(tracked, placeOf(key, settings), call)
      }),

    async *changes(abortSignal) {
      if (!abortSignal.aborted) begin(undefined)
      yield* watchObjects(
        client,
        {
          clock,
          maxLineBytes: options.maxReplyBytes ?? 16 * 1024 * 1024,
          list: (continued) => listRequest(namespace, 'inferenceservices', continued),
          watch: (resourceVersion) => watchRequest(namespace, resourceVersion, watchIdleMs),
          nameOf: keyIn,
        },
        // A watch under way would keep `close` waiting until its end.
        AbortSignal.any([abortSignal, closing.signal]),
      )
    },

    async close() {
      closing.abort()
      await client.close()
    },
  }
}

/** The revisions that are wanted, and those that lose their traffic only with the next write. */
function neededBy(
  { revisions, keep = [] }: TargetWant,
  seen: ObservedTarget['revisions'],
): readonly string[] {
  const serving = seen.filter(({ weight = 0 }) => weight > 0).map(({ revision }) => revision)
  return [...revisions.map(({ name }) => name), ...keep, ...serving]
}

/**
 * Repeats a call whose write met a newer version, because KServe writes its status at any time. Answers `not-sent` when
 * there was no connection before the first write.
 */
async function sending<Result>(
  client: KubernetesClient,
  send: (client: KubernetesClient) => Promise<Result>,
): Promise<Result | Extract<ApplyResult, { kind: 'not-sent' }>> {
  const tracked = trackWrites(client)
  for (let left = tries; ; left -= 1) {
    try {
      return await send(tracked.client)
    } catch (error) {
      if (isModelspineError(error, 'target-unavailable') && wasNotSent(error) && !tracked.hasWritten) {
        return { kind: 'not-sent', reason: 'NoConnection', message: error.message }
      }
      if (left <= 1 || !isModelspineError(error, 'conflict') || error.details.etag !== undefined) throw error
    }
  }
}

interface Look {
  readonly live: LiveService | undefined
  readonly known: KeptRecord
}

/**
 * The fence goes with the last object of a key. So what was there when the call began, and is gone, was destroyed by a
 * newer leader as far as this call can know, and is not made anew.
 */
function checkStillThere(key: Key, first: Look, seen: Look): void {
  const isGone =
    (first.live !== undefined && first.live.uid !== seen.live?.uid) ||
    (first.known.version !== undefined && first.known.version.uid !== seen.known.version?.uid)
  if (!isGone) return
  const etag = seen.live === undefined ? 'gone' : etagOf(seen.live)
  throw new ModelspineError('conflict', `${key} was removed meanwhile`, { details: { etag } })
}

function observed(place: ModePlace, mode: KserveMode, live: LiveService | undefined): ObservedTarget {
  if (live === undefined) return { revisions: [], operations: [] }
  return { revisions: mode.observe(place, live), operations: [], etag: etagOf(live) }
}

/** Tells what somebody declared. The resource version would also tell each status that KServe writes. */
function etagOf({ uid, generation }: LiveService): string {
  return `${uid}/${generation}`
}

function checkEtag(key: Key, live: LiveService | undefined, ifMatch: string | undefined): void {
  if (ifMatch === undefined) return
  const etag = live === undefined ? 'gone' : etagOf(live)
  if (ifMatch === etag) return
  throw new ModelspineError('conflict', `${key} has changed: its etag is ${etag}, not ${ifMatch}`, {
    details: { etag },
  })
}
