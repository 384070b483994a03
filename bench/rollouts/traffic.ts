import { drawBinomial } from '../../src/rollout/gates/price/draw-binomial.ts'
import type { MetricQuery, MetricReading, MetricSource } from '../../src/telemetry/contract.ts'

/** What is true of one revision: how often it fails, and how often its answers are right. */
export interface Quality {
  readonly errors: number
  readonly accuracy: number
}

interface Counts {
  readonly requests: number
  readonly errors: number
  readonly labels: number
  readonly right: number
}

const none: Counts = { requests: 0, errors: 0, labels: 0, right: 0 }

/** This part of the answers gets a label. */
const labelled = 0.5

export interface Part {
  readonly revision: string
  /** Absent where the revision gets copies only. */
  readonly weight?: number
}

/** Seeded requests to the revisions of one deployment, and the metrics that a plane would have of them. */
export class Traffic implements MetricSource {
  readonly #perSecond: number
  readonly #random: () => number
  readonly #qualityOf: (revision: string) => Quality
  #counts: Readonly<Record<string, Counts>> = {}
  readonly #history: { readonly atMs: number; readonly counts: Readonly<Record<string, Counts>> }[] = []

  constructor(perSecond: number, random: () => number, qualityOf: (revision: string) => Quality) {
    this.#perSecond = perSecond
    this.#random = random
    this.#qualityOf = qualityOf
  }

  served(revision: string): number {
    return this.#counts[revision]?.requests ?? 0
  }

  /** The requests of the time from `nowMs` on, for `ms`. */
  serve(split: readonly Part[], nowMs: number, ms: number): void {
    if (this.#history.length === 0) this.#history.push({ atMs: nowMs, counts: {} })
    let left = Math.round((this.#perSecond * ms) / 1000)
    let allWeight = split.reduce((sum, { weight = 0 }) => sum + weight, 0)
    const counts = { ...this.#counts }
    for (const { revision, weight = 0 } of split) {
      if (weight === 0) continue
      const share = weight / allWeight
      const requests = share === 1 ? left : drawBinomial(left, share, this.#random)
      left -= requests
      allWeight -= weight
      counts[revision] = this.#drawn(counts[revision] ?? none, requests, revision)
    }
    this.#counts = counts
    this.#history.push({ atMs: nowMs + ms, counts })
  }

  #drawn(before: Counts, requests: number, revision: string): Counts {
    const { errors, accuracy } = this.#qualityOf(revision)
    const failed = drawBinomial(requests, errors, this.#random)
    const labels = drawBinomial(requests - failed, labelled, this.#random)
    return {
      requests: before.requests + requests,
      errors: before.errors + failed,
      labels: before.labels + labels,
      right: before.right + drawBinomial(labels, accuracy, this.#random),
    }
  }

  capabilities(): ReturnType<MetricSource['capabilities']> {
    return { counts: true, routerMeasured: true, delayMs: 0 }
  }

  query({ metric, labels: { revision = '' }, interval }: MetricQuery): MetricReading {
    const [from, to] = [this.#at(interval.fromMs, revision), this.#at(interval.toMs, revision)]
    const assigned = to.requests - from.requests
    if (assigned === 0) return { kind: 'no-data', covered: interval }
    const failed = to.errors - from.errors
    const told = { kind: 'ratio', covered: interval, assigned, retried: 0 } as const
    if (metric === 'requests.errors') return { ...told, hits: failed, total: assigned }
    const heard = to.labels - from.labels
    if (heard === 0) return { kind: 'no-data', covered: interval }
    return { ...told, hits: to.right - from.right, total: heard, expected: assigned - failed, heard }
  }

  #at(atMs: number, revision: string): Counts {
    const last = this.#history.findLast((each) => each.atMs <= atMs)
    return last?.counts[revision] ?? none
  }
}
