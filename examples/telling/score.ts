import type { AttemptRecord, RequestObserver } from 'modelspine/routing'
import type { Answered } from './traffic.ts'

/** The numbers of one revision, as its callers saw them. */
export interface RevisionScore {
  requests: number
  right: number
  readonly latenciesMs: number[]
}

/** The story's own counts. They are independent of the plane's measurements. */
export interface Score extends RequestObserver {
  readonly revisions: ReadonlyMap<string, RevisionScore>
  readonly failedRequests: number
  /** How many calls to a model server failed, also when another model server then answered. */
  readonly failedAttempts: number
  readonly reasons: readonly string[]
  answered(answer: Answered): void
  failed(reason: string): void
  /** Hears of every attempt. */
  started(): { attempted(record: AttemptRecord): void }
  requestsPerSecond(): number
}

const keptLatencies = 500

export function createScore(): Score {
  const revisions = new Map<string, RevisionScore>()
  const reasons = new Set<string>()
  const recent: number[] = []
  let failedRequests = 0
  let failedAttempts = 0
  const watch = {
    attempted({ outcome }: AttemptRecord): void {
      if (outcome === 'failed') failedAttempts += 1
    },
  }
  return {
    revisions,
    get failedRequests() {
      return failedRequests
    },
    get failedAttempts() {
      return failedAttempts
    },
    get reasons() {
      return [...reasons]
    },
    answered({ revision, predicted, truth, tookMs }) {
      const score = revisions.get(revision) ?? { requests: 0, right: 0, latenciesMs: [] }
      score.requests += 1
      if (predicted === truth) score.right += 1
      score.latenciesMs.push(tookMs)
      if (score.latenciesMs.length > keptLatencies) score.latenciesMs.shift()
      revisions.set(revision, score)
      recent.push(performance.now())
    },
    failed(reason) {
      failedRequests += 1
      reasons.add(reason)
    },
    started: () => watch,
    requestsPerSecond() {
      const since = performance.now() - 1000
      while (recent[0] !== undefined && recent[0] < since) recent.shift()
      return recent.length
    },
  }
}

export function accuracyOf({ right, requests }: RevisionScore): number | undefined {
  return requests === 0 ? undefined : right / requests
}

export function medianOf({ latenciesMs }: RevisionScore): number | undefined {
  return latenciesMs.toSorted((a, b) => a - b)[Math.floor(latenciesMs.length / 2)]
}
