import type {
  Key,
  ObservedRevision,
  Revision,
  TargetCapabilities,
  TargetRefusal,
  TargetWant,
} from 'modelspine/adapter'
import { buildPredictor } from '../build-predictor.ts'
import type { Predictor, ServiceSpec } from '../kserve-api.ts'
import { type KserveNames, namesOf } from '../kserve-names.ts'
import type { KserveOptions } from '../kserve-options.ts'
import type { RevisionLineage } from '../lineage.ts'
import type { LiveService } from './live-service.ts'

/** What brings the InferenceService nearer to a want. */
export type NextStep =
  | {
      readonly kind: 'write'
      readonly spec: ServiceSpec
      /** The revisions that the spec brings with it. */
      readonly creates: readonly Revision[]
    }
  | { readonly kind: 'wait'; readonly retryAfterMs: number }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'failed'; readonly reason: string; readonly message: string }
  | TargetRefusal

/** One of the two ways in which KServe runs revisions. All of it is pure. */
export interface KserveMode {
  readonly capabilities: TargetCapabilities
  observe(place: ModePlace, live: LiveService): readonly ObservedRevision[]
  next(place: ModePlace, want: TargetWant, live: LiveService | undefined): NextStep
  /** What a dry run sends, to learn whether the cluster takes a revision. */
  trial(place: ModePlace, want: TargetWant, revision: Revision, live: LiveService | undefined): ServiceSpec
  /** The revisions that the InferenceService still needs. */
  held(live: LiveService): readonly string[]
}

export interface ModePlace {
  readonly key: Key
  readonly names: KserveNames
  readonly options: KserveOptions
}

export function placeOf(key: Key, options: KserveOptions): ModePlace {
  return { key, names: namesOf(key, options), options }
}

export function built(
  { names, options }: ModePlace,
  revision: Revision,
  lineage: RevisionLineage,
): Predictor {
  return buildPredictor(revision, { names, options, lineage })
}

/** How long KServe needs for what it has to do first. */
export const waitMs = 2000

export function wait(): NextStep {
  return { kind: 'wait', retryAfterMs: waitMs }
}

export function weightIn({ split }: TargetWant, revision: string): number {
  return split.find((each) => each.revision === revision)?.weight ?? 0
}
