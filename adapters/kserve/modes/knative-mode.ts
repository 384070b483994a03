import type { Revision, TargetCapabilities, TargetWant } from 'modelspine/adapter'
import { withScale } from '../build-predictor.ts'
import type { Predictor } from '../kserve-api.ts'
import type { KserveOptions } from '../kserve-options.ts'
import { bareOf, type RevisionLineage, withLineage } from '../lineage.ts'
import { observeKnative } from './knative-observation.ts'
import { type KnativeState, knativeState } from './knative-state.ts'
import { type LiveService, numberIn } from './live-service.ts'
import { built, type KserveMode, type ModePlace, type NextStep, wait, weightIn } from './mode.ts'
import { failureText } from './readiness.ts'

/**
 * Two revisions of one predictor: the latest is in `spec.predictor`, and `canaryTrafficPercent` is its part of the traffic.
 * KServe gives the rest to the Knative revision that had all traffic last. Until the latest is ready, Knative gives its
 * part to the newest revision that is ready. So three things hold here:
 *
 * - A revision comes with 0 percent, and only beside one that KServe has noted as rolled out.
 * - To turn back, the previous predictor is written again with 0 percent. The field goes when it is ready.
 * - A revision that had all traffic is what KServe calls rolled out from then on. To give another one traffic again, that
 *   one is written again as the latest.
 */
export function knativeMode({ endpoints }: KserveOptions): KserveMode {
  const capabilities: TargetCapabilities = {
    maxRevisions: 2,
    split: 'percent',
    names: 'deterministic',
    fencing: 'checked',
    attribution: endpoints === 'revision' ? 'address' : 'none',
    scaleToZero: true,
    // Knative's scale is a part of its revision, so the previous one keeps the one that it had.
    scale: 'unreported',
    mirror: false,
    traffic: 'latest-and-previous',
    listLagMs: 0,
  }
  return {
    capabilities,
    observe: observeKnative,
    next: (place, want, live) => (live === undefined ? first(place, want) : change({ place, want, live })),
    trial: (place, want, revision) => ({
      predictor: withScale(built(place, revision, { generation: 1 }), want.scale),
    }),
    held: (live) => {
      const { latest, previous, replaces } = knativeState(live)
      return [latest?.revision, previous?.revision, replaces].flatMap((name) => name ?? [])
    },
  }
}

interface Scene {
  readonly place: ModePlace
  readonly want: TargetWant
  readonly live: LiveService
}

function first(place: ModePlace, want: TargetWant): NextStep {
  const [revision] = want.revisions
  if (revision === undefined) return { kind: 'unchanged' }
  const predictor = withScale(built(place, revision, { generation: 1 }), want.scale)
  return { kind: 'write', spec: { predictor }, creates: [revision] }
}

function change(scene: Scene): NextStep {
  const { want, live } = scene
  const state = knativeState(live)
  const { latest, previous } = state
  const missing = want.revisions.filter(
    ({ name }) => name !== latest?.revision && name !== previous?.revision,
  )
  const [added] = missing
  if (latest === undefined) return added === undefined ? { kind: 'unchanged' } : replace(scene, added)
  return added === undefined ? arrange(scene, state) : add(scene, state, added)
}

/** Writes a revision that is not there. */
function add(scene: Scene, state: KnativeState, revision: Revision): NextStep {
  const { want } = scene
  const { latest, previous } = state
  const isWanted = (name: string | undefined): boolean => name !== undefined && isIn(want, name)
  const isAlone = previous === undefined || (state.latestIsRolledOut && !isWanted(previous.revision))
  if (!isAlone && (isWanted(previous.revision) || !isWanted(latest?.revision))) {
    if (isWanted(latest?.revision) && latest?.revision !== previous.revision) return wait()
    // The rest of the traffic would not go to the previous revision, but to the one that KServe calls rolled out.
    if (state.latestIsRolledOut) return turnBack(scene, state)
    // What has the traffic keeps it, also when nobody wants it any more, until the new one is ready.
    return write(scene, revision, { previous }, 0)
  }
  if (!isWanted(latest?.revision)) return replace(scene, revision)
  if (state.percent !== undefined) return withoutPrevious(scene, state)
  const { rolledOut } = state
  if (rolledOut.kind === 'waits') return wait()
  if (rolledOut.kind === 'lost') {
    return {
      kind: 'failed',
      reason: 'RolloutNotRecorded',
      message: `${rolledOut.serving} has all traffic, but KServe calls ${rolledOut.recorded} rolled out: a canary would give that one the traffic (kserve#2130)`,
    }
  }
  const { revision: name = '', predictor = {} } = latest ?? {}
  return write(
    scene,
    revision,
    { previous: { revision: name, name: rolledOut.name, predictor: bareOf(predictor) } },
    0,
  )
}

/** Nothing of what is there is wanted, and it gets no share beside the new one. */
function replace(scene: Scene, revision: Revision): NextStep {
  return write(scene, revision, {}, undefined)
}

function write(
  { place, want, live }: Scene,
  revision: Revision,
  more: Pick<RevisionLineage, 'previous'>,
  percent: number | undefined,
): NextStep {
  const predictor = withScale(built(place, revision, { ...written(live), ...more }), want.scale)
  return { kind: 'write', spec: { predictor: withPercent(predictor, percent) }, creates: [revision] }
}

/** What the lineage of a predictor says that is written now. */
function written({ generation, status }: LiveService): RevisionLineage {
  const after = status.components?.predictor?.latestCreatedRevision
  const failure = failureText(status)
  return {
    generation: generation + 1,
    ...(after && { after }),
    ...(failure !== undefined && { failure }),
  }
}

/** Everything wanted is there: gives it its traffic and scale, and takes away what is not wanted. */
function arrange(scene: Scene, state: KnativeState): NextStep {
  const { want } = scene
  const { latest, previous, percent } = state
  if (latest === undefined || (previous === undefined && !isIn(want, latest.revision))) {
    return { kind: 'unchanged' }
  }
  if (previous === undefined)
    return percent === undefined ? settled(scene, state, undefined) : withoutPrevious(scene, state)
  const [keepsLatest, keepsPrevious] = [isIn(want, latest.revision), isIn(want, previous.revision)]
  if (previous.revision === latest.revision || !keepsPrevious) return withoutPrevious(scene, state)
  if (!keepsLatest) return turnBack(scene, state)
  const weight = want.split.length === 0 ? percent : weightIn(want, latest.revision)
  if (state.latestIsRolledOut && weight !== 100) {
    return swap(scene, state, weightIn(want, previous.revision))
  }
  return settled(scene, state, weight)
}

/** The latest takes all traffic, once it can. */
function withoutPrevious(scene: Scene, state: KnativeState): NextStep {
  return state.previous !== undefined && !state.latestServes ? wait() : settled(scene, state, undefined)
}

/** The previous revision is written again. Until it is ready, its Knative revision of before keeps the traffic. */
function turnBack(scene: Scene, state: KnativeState): NextStep {
  if (state.latestIsRolledOut) return swap(scene, state, 100)
  const { previous, latest } = state
  if (previous === undefined) return { kind: 'unchanged' }
  const replaces = latest === undefined ? {} : { replaces: latest.revision }
  return again(scene, previous.predictor, { ...written(scene.live), previous, ...replaces }, 0)
}

/** The previous revision becomes the latest, and the latest the previous. */
function swap(scene: Scene, { latest, previous, readyName }: KnativeState, percent: number): NextStep {
  if (latest === undefined || previous === undefined || readyName === undefined) return wait()
  const { revision, predictor } = latest
  const lineage = {
    ...written(scene.live),
    previous: { revision, name: readyName, predictor: bareOf(predictor) },
  }
  return again(scene, previous.predictor, lineage, percent)
}

function again({ want }: Scene, predictor: Predictor, lineage: RevisionLineage, percent: number): NextStep {
  const written = withScale(withLineage(predictor, lineage), want.scale)
  return { kind: 'write', spec: { predictor: withPercent(written, percent) }, creates: [] }
}

/** The predictor stays as the cluster has it, so that nothing but its traffic and scale changes. */
function settled({ want }: Scene, { latest, percent }: KnativeState, wanted: number | undefined): NextStep {
  if (latest === undefined) return { kind: 'unchanged' }
  const { predictor, revision } = latest
  const scaled = want.keep?.includes(revision) ? predictor : withScale(predictor, want.scale)
  const isScaled =
    numberIn(predictor, 'minReplicas') === numberIn(scaled, 'minReplicas') &&
    numberIn(predictor, 'maxReplicas') === numberIn(scaled, 'maxReplicas')
  if (isScaled && percent === wanted) return { kind: 'unchanged' }
  return { kind: 'write', spec: { predictor: withPercent(scaled, wanted) }, creates: [] }
}

function withPercent(predictor: Predictor, percent: number | undefined): Predictor {
  const { canaryTrafficPercent: _, ...rest } = predictor
  return percent === undefined ? rest : { ...rest, canaryTrafficPercent: percent }
}

function isIn({ revisions, keep = [] }: TargetWant, name: string): boolean {
  return keep.includes(name) || revisions.some((each) => each.name === name)
}
