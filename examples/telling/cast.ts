import type { ControlPlane, ModelDeployment } from 'modelspine'
import type { SplitEntry } from 'modelspine/resources'
import { accuracyOf, medianOf, type RevisionScore, type Score } from './score.ts'
import type { LivePanel } from './screen/live-panel.ts'

export interface CastOptions {
  readonly plane: ControlPlane
  readonly score: Score
  /** The one deployment of the story. */
  readonly deployment: ModelDeployment
}

/** Maps revisions to versions, because the name of a revision is a hash, and the story uses version names. */
export interface Cast {
  nameOf(revision: unknown): string
  scoreOf(version: string): RevisionScore | undefined
  /** How long a version got traffic, in milliseconds. */
  exposedMs(version: string): number
  panel(): LivePanel
}

export function createCast({ plane, score, deployment }: CastOptions): Cast {
  const steps = labelsOf(deployment)
  const names = new Map<string, string>()
  const given = new Map<string, number>()
  const taken = new Map<string, number>()
  let split: readonly SplitEntry[] = []
  let current: number | undefined
  let candidate = ''

  plane.on('event', ({ action, details, atMs }) => {
    const revision = String(details.revision)
    if (action === 'rollout-started') {
      // Some registries number their versions.
      const version = `v${String(details.model).split(':').at(-1) ?? revision}`.replace(/^vv/, 'v')
      names.set(revision, version)
      candidate = version
      current = details.stable === undefined ? undefined : 0
    }
    if (action === 'step-entered') current = Number(details.step)
    if (action === 'rollout-completed' || action === 'rollout-rolled-back') current = undefined
    if (action === 'split-changed') {
      const before = split
      split = details.split as readonly SplitEntry[]
      for (const { revision: added } of split) if (!given.has(added)) given.set(added, atMs)
      for (const { revision: gone } of before) {
        if (!split.some((entry) => entry.revision === gone)) taken.set(gone, atMs)
      }
    }
  })
  const nameOf = (revision: unknown): string => names.get(String(revision)) ?? String(revision)
  const revisionOf = (version: string): string => [...names].find(([, name]) => name === version)?.[0] ?? ''

  return {
    nameOf,
    scoreOf: (version) => score.revisions.get(revisionOf(version)),
    exposedMs(version) {
      const revision = revisionOf(version)
      return (taken.get(revision) ?? Date.now()) - (given.get(revision) ?? Date.now())
    },
    panel: () => ({
      model: deployment.metadata.name,
      activity: current === undefined ? 'steady' : `a canary tests ${candidate}`,
      ...(current !== undefined && { steps: { labels: steps, current } }),
      revisions: split.map(({ revision, weight }) => {
        const seen = score.revisions.get(revision)
        return {
          name: nameOf(revision),
          share: weight,
          requests: seen?.requests ?? 0,
          accuracy: seen && accuracyOf(seen),
          p50Ms: seen && medianOf(seen),
        }
      }),
      requestsPerSecond: score.requestsPerSecond(),
      answered: [...score.revisions.values()].reduce((sum, { requests }) => sum + requests, 0),
      failedRequests: score.failedRequests,
      failedAttempts: score.failedAttempts,
    }),
  }
}

/** The steps of the canary, as the panel shows them. */
function labelsOf({ spec: { strategy } }: ModelDeployment): readonly string[] {
  const steps = 'canary' in strategy ? strategy.canary.steps : []
  return [...steps.map((step) => ('weight' in step ? `${step.weight} %` : 'judge')), '100 %']
}
