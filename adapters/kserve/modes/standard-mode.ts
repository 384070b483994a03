import type { Revision, Scale, TargetCapabilities, TargetRefusal, TargetWant } from 'modelspine/adapter'
import { addressOf, withScale } from '../build-predictor.ts'
import type { CanaryEntry, Predictor } from '../kserve-api.ts'
import type { KserveOptions } from '../kserve-options.ts'
import { revisionOf } from '../lineage.ts'
import { sameAddress } from '../revision-refusal.ts'
import { type LiveService, numberIn } from './live-service.ts'
import { built, type KserveMode, type ModePlace, type NextStep, wait, weightIn } from './mode.ts'
import { failureText } from './readiness.ts'
import { canaryReadiness, mainReadiness, observeStandard } from './standard-observation.ts'

/**
 * A Deployment for each revision: one is `spec.predictor` and has what the others leave, the others are in `spec.canary`
 * with their percents. A canary becomes the main predictor without a restart when it keeps its name.
 *
 * Each Deployment counts its generations from 1, and KServe's `observedGeneration` is that of the main one.
 */
export function standardMode({ endpoints, maxRevisions }: KserveOptions): KserveMode {
  const capabilities: TargetCapabilities = {
    maxRevisions,
    split: 'percent',
    names: 'deterministic',
    fencing: 'checked',
    attribution: endpoints === 'revision' ? 'address' : 'none',
    scaleToZero: false,
    // A canary has a fixed number of pods.
    scale: 'unreported',
    mirror: false,
    listLagMs: 0,
  }
  return {
    capabilities,
    observe: observeStandard,
    next: (place, want, live) => (live === undefined ? first(place, want) : change({ place, want, live })),
    trial: (place, want, revision, live) => {
      const predictor = built(place, revision, { generation: 1 })
      const main = live && revisionOf(live.spec.predictor)
      if (live === undefined || main === revision.name) return { predictor: withScale(predictor, want.scale) }
      const canary = [canaryEntry(predictor, 0, replicasOf(live.spec.predictor, want.scale))]
      return { predictor: live.spec.predictor, canary }
    },
    held: ({ spec }) =>
      [spec.predictor, ...(spec.canary ?? []).map(({ predictor }) => predictor)].flatMap(
        (each) => revisionOf(each) ?? [],
      ),
  }
}

function first(place: ModePlace, want: TargetWant): NextStep {
  const [revision] = want.revisions
  if (revision === undefined) return { kind: 'unchanged' }
  const predictor = withScale(built(place, revision, { generation: 1 }), want.scale)
  return { kind: 'write', spec: { predictor }, creates: [revision] }
}

interface Held {
  readonly revision: string
  readonly predictor: Predictor
  readonly percent: number
}

interface Scene {
  readonly place: ModePlace
  readonly want: TargetWant
  readonly live: LiveService
}

function change(scene: Scene): NextStep {
  const { place, want, live } = scene
  const { spec } = live
  const held = (spec.canary ?? []).map(
    ({ predictor, trafficPercent }): Held => ({
      revision: revisionOf(predictor) ?? '',
      predictor,
      percent: trafficPercent,
    }),
  )
  const mainName = revisionOf(spec.predictor)
  const missing = want.revisions.filter(
    ({ name }) => name !== mainName && held.every(({ revision }) => revision !== name),
  )
  const wanted = held.filter(({ revision }) => isIn(want, revision))
  const main = chooseMain(scene, wanted, missing)
  if (main === undefined) return { kind: 'unchanged' }
  if ('kind' in main) return main
  const { predictor, creates } = main
  const name = revisionOf(predictor)
  // Beside a main predictor that leaves, a revision with its address could not be promoted. It comes afterwards.
  const isLeaving = name === mainName && (name === undefined || !isIn(want, name))
  const added = missing.filter((each) => !isLeaving || addressOf(each) !== storageUriOf(spec.predictor))
  const replicas = replicasOf(predictor, want.scale)
  const canary = [
    ...wanted.filter(({ revision }) => revision !== name).map((each) => sameEntry(want, each, replicas)),
    ...added
      .filter((each) => each.name !== name)
      .map((each) =>
        canaryEntry(built(place, each, { generation: 1, canary: true }), weightIn(want, each.name), replicas),
      ),
  ]
  const before = spec.canary ?? []
  if (name === mainName && sameScale(predictor, spec.predictor) && sameEntries(canary, before)) {
    // Somebody else's predictor stays for now, until a wanted one can take its place.
    const stays = name !== undefined && isIn(want, name)
    return stays || (wanted.length === 0 && missing.length === 0) ? { kind: 'unchanged' } : wait()
  }
  return {
    kind: 'write',
    spec: { predictor, ...(canary.length > 0 && { canary }) },
    creates: added.filter((each) => each.name !== name || creates),
  }
}

interface Main {
  readonly predictor: Predictor
  readonly creates: boolean
}

/**
 * The main predictor stays as long as it is wanted. Otherwise the wanted canary with most traffic takes its place, once it
 * is ready. A main predictor that serves stays until then. Undefined when nothing is wanted.
 *
 * KServe's webhook denies the main predictor another name at the same `storageUri` (`validatePredictorNameChange`).
 */
function chooseMain(
  { place, want, live }: Scene,
  canaries: readonly Held[],
  missing: readonly Revision[],
): Main | TargetRefusal | undefined {
  const { status, spec } = live
  const own = revisionOf(spec.predictor)
  if (own !== undefined && isIn(want, own)) {
    const isKept = want.keep?.includes(own) === true
    return { predictor: isKept ? spec.predictor : withScale(spec.predictor, want.scale), creates: false }
  }
  const address = storageUriOf(spec.predictor)
  const fitting = canaries.filter(({ predictor }) => storageUriOf(predictor) !== address)
  const [ready] = fitting
    .filter(({ predictor }) => canaryReadiness(status, predictor).state === 'ready')
    .toSorted((one, other) => weightIn(want, other.revision) - weightIn(want, one.revision))
  if (ready !== undefined) return { predictor: promoted(want, ready), creates: false }
  const serves = own !== undefined && mainReadiness(live).state === 'ready'
  const before = own ?? 'of somebody else'
  const [wanted] = want.revisions
  if (serves || canaries.length > 0) {
    const isStuck = fitting.length === 0 && missing.every((each) => addressOf(each) === address)
    if (isStuck && wanted !== undefined) return sameAddress(before, wanted.name, address ?? '')
    return { predictor: spec.predictor, creates: false }
  }
  const [next] = missing
  if (next === undefined) return undefined
  const failure = failureText(status)
  const build = (generation: number): Predictor => {
    const lineage = { generation, ...(failure !== undefined && { failure }) }
    return withScale(built(place, next, lineage), want.scale)
  }
  if (addressOf(next) !== address) return { predictor: build(1), creates: true }
  const { name } = spec.predictor
  if (!name) return sameAddress(before, next.name, address ?? '')
  // With the name it gets the Deployment that is there, whose generation rises.
  return { predictor: { ...build((status.observedGeneration ?? 0) + 1), name }, creates: true }
}

function storageUriOf({ model }: Predictor): string | undefined {
  return (model as { readonly storageUri?: string } | null | undefined)?.storageUri
}

/** The canary's own predictor, so that its pods stay. Only now it may have more than a fixed number of them. */
function promoted({ scale, keep = [] }: TargetWant, { predictor, revision }: Held): Predictor {
  if (!keep.includes(revision)) return withScale(predictor, scale)
  const min = numberIn(predictor, 'minReplicas') ?? 1
  return withScale(predictor, { min, max: Math.max(min, scale.max) })
}

function sameEntry(want: TargetWant, { revision, predictor, percent }: Held, replicas: number): CanaryEntry {
  const weight = want.split.length === 0 ? percent : weightIn(want, revision)
  if (want.keep?.includes(revision)) return { predictor, trafficPercent: weight }
  return canaryEntry(predictor, weight, replicas)
}

/** KServe lets a canary have no more pods than the main predictor has at least, and no room to grow. */
function canaryEntry(predictor: Predictor, trafficPercent: number, minReplicas: number): CanaryEntry {
  return { predictor: { ...predictor, minReplicas }, trafficPercent }
}

function replicasOf(main: Predictor, { min }: Scale): number {
  return Math.min(min, numberIn(main, 'minReplicas') ?? 1)
}

function sameScale(one: Predictor, other: Predictor): boolean {
  return ['minReplicas', 'maxReplicas'].every((each) => numberIn(one, each) === numberIn(other, each))
}

function sameEntries(wanted: readonly CanaryEntry[], there: readonly CanaryEntry[]): boolean {
  if (wanted.length !== there.length) return false
  return wanted.every(({ predictor, trafficPercent }) =>
    there.some(
      (each) =>
        revisionOf(each.predictor) === revisionOf(predictor) &&
        each.trafficPercent === trafficPercent &&
        sameScale(each.predictor, predictor),
    ),
  )
}

function isIn({ revisions, keep = [] }: TargetWant, name: string): boolean {
  return keep.includes(name) || revisions.some((each) => each.name === name)
}
