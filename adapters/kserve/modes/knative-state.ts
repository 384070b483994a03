import type { Predictor } from '../kserve-api.ts'
import type { ServiceStatus } from '../kserve-replies.ts'
import { isLater, lineageOf, type PreviousRevision, type RevisionLineage, revisionOf } from '../lineage.ts'
import { type LiveService, numberIn } from './live-service.ts'

/** Which of our revisions is where, by our own lineage and by the names that KServe tells. */
export interface KnativeState {
  /** Undefined when the predictor is not ours. */
  readonly latest:
    | { readonly revision: string; readonly predictor: Predictor; readonly lineage: RevisionLineage }
    | undefined
  /** Only as long as `canaryTrafficPercent` is there. */
  readonly previous: PreviousRevision | undefined
  /** A revision that is there until the latest is ready. */
  readonly replaces: string | undefined
  readonly percent: number | undefined
  /** Whether a Knative revision of the latest is ready. */
  readonly latestServes: boolean
  /** Whether KServe has noted that the latest had all traffic. */
  readonly latestIsRolledOut: boolean
  readonly rolledOut: RolledOut
  /** The newest Knative revision that is ready. */
  readonly readyName: string | undefined
  /** The revision that a Knative revision belongs to. */
  ownerOf(name: string | null | undefined): string | undefined
}

/** Whether a canary may be put beside the latest. */
export type RolledOut =
  | { readonly kind: 'yes'; readonly name: string }
  | { readonly kind: 'waits' }
  | { readonly kind: 'lost'; readonly serving: string; readonly recorded: string }

export function knativeState({ spec, status }: LiveService): KnativeState {
  const { predictor } = spec
  const revision = revisionOf(predictor)
  const lineage = lineageOf(predictor)
  const percent = numberIn(predictor, 'canaryTrafficPercent')
  const previous = percent === undefined ? undefined : lineage.previous
  const replaces = previous === undefined ? undefined : lineage.replaces
  const { latestReadyRevision, latestRolledoutRevision } = status.components?.predictor ?? {}
  const latestServes = isLater(latestReadyRevision, lineage.after)
  return {
    latest: revision === undefined ? undefined : { revision, predictor, lineage },
    previous,
    replaces: replaces === revision ? undefined : replaces,
    percent,
    latestServes,
    latestIsRolledOut: lineage.after !== undefined && isLater(latestRolledoutRevision, lineage.after),
    rolledOut: rolledOutIn(status, latestServes),
    readyName: latestReadyRevision || undefined,
    ownerOf(name) {
      if (!name) return undefined
      if (name === previous?.name) return previous.revision
      if (isLater(name, lineage.after)) return revision
      return name === lineage.after ? replaces : undefined
    },
  }
}

function rolledOutIn({ components }: ServiceStatus, latestServes: boolean): RolledOut {
  const { latestCreatedRevision, latestReadyRevision, latestRolledoutRevision, traffic } =
    components?.predictor ?? {}
  if (!latestServes || !latestReadyRevision || latestCreatedRevision !== latestReadyRevision) {
    return { kind: 'waits' }
  }
  if (latestRolledoutRevision === latestReadyRevision) return { kind: 'yes', name: latestReadyRevision }
  const share = (traffic ?? [])
    .filter(({ revisionName }) => revisionName === latestReadyRevision)
    .reduce((sum, { percent }) => sum + (percent ?? 0), 0)
  // KServe notes it in the same write as the traffic.
  return share === 100 && latestRolledoutRevision
    ? { kind: 'lost', serving: latestReadyRevision, recorded: latestRolledoutRevision }
    : { kind: 'waits' }
}
