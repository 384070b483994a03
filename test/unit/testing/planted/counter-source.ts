import { ModelspineError, throwIfAborted, unlessAborted } from '../../../../src/errors.ts'
import type { MetricQuery, MetricReading, MetricSource } from '../../../../src/telemetry/contract.ts'
import type { Fixture, MetricSourceSubject } from '../../../../src/testing/index.ts'

/** A mistake that a stranger might make. Undefined: the adapter is right. */
export type SourceDefect =
  | 'ignores the label deployment'
  | 'ignores a label that it does not know'
  | 'covers whatever it was asked'
  | 'subtracts the first value of a counter from the last'
  | 'divides the hits of all revisions'
  | 'includes the end of the interval'
  | 'waits on after its abortSignal fired'

interface Event {
  readonly deployment: string
  readonly revision: string
  readonly atMs: number
}

const [metric, deployment, scrapeMs, nowMs] = ['errors', 'default/churn', 1000, 10_000_000]

/**
 * A source that scrapes counters every second, as Prometheus does, and the adapter for it, with one defect or
 * none. A counter starts at zero whenever its process does.
 */
export function counterSubject(defect?: SourceDefect): Fixture<MetricSourceSubject> {
  const is = (each: SourceDefect): boolean => defect === each
  const events: Event[] = []
  const resets: number[] = []
  let [beganMs, isDown, isStalled] = [0, false, false]

  /** The counter as it was scraped: what was counted since its process started. */
  function valueAt(atMs: number, labels: MetricQuery['labels']): number {
    const startedMs = Math.max(beganMs, ...resets.filter((each) => each < atMs))
    return events.filter(
      (event) =>
        event.atMs >= startedMs &&
        (event.atMs < atMs || (is('includes the end of the interval') && event.atMs === atMs)) &&
        (labels.revision === undefined || event.revision === labels.revision) &&
        (labels.deployment === undefined || event.deployment === labels.deployment),
    ).length
  }

  function increase(fromMs: number, toMs: number, labels: MetricQuery['labels']): number {
    const scrapes: number[] = []
    for (let atMs = fromMs; atMs <= toMs; atMs += scrapeMs) scrapes.push(valueAt(atMs, labels))
    if (is('subtracts the first value of a counter from the last')) {
      return Math.max(0, (scrapes.at(-1) ?? 0) - (scrapes[0] ?? 0))
    }
    return scrapes.slice(1).reduce((sum, value, place) => {
      const before = scrapes[place] ?? 0
      return sum + (value >= before ? value - before : value)
    }, 0)
  }

  function query({ metric: asked, labels, interval, abortSignal }: MetricQuery): MetricReading {
    throwIfAborted(abortSignal, 'the query')
    if (isDown) throw new ModelspineError('metric-error', 'the source is down')
    if (asked !== metric)
      throw new ModelspineError('metric-error', `no metric ${asked}`, { retryable: false })
    const unknown = Object.keys(labels).find((name) => name !== 'deployment' && name !== 'revision')
    if (unknown !== undefined && !is('ignores a label that it does not know')) {
      throw new ModelspineError('metric-error', `no label ${unknown}`, { retryable: false })
    }
    const { deployment: _, ...rest } = labels
    const used = is('ignores the label deployment') ? rest : labels
    const fromMs = Math.max(interval.fromMs, beganMs)
    const toMs = Math.max(fromMs, interval.toMs)
    const covered = is('covers whatever it was asked') ? interval : { fromMs, toMs }
    const total = increase(fromMs, toMs, used)
    if (total === 0) return { kind: 'no-data', covered }
    const { revision: __, ...all } = used
    const hits = is('divides the hits of all revisions') ? increase(fromMs, toMs, all) : total
    return { kind: 'ratio', hits, total, covered }
  }

  const source: MetricSource = {
    capabilities: () => ({ counts: true, routerMeasured: false, delayMs: 0 }),
    query(asked) {
      if (!isStalled) return query(asked)
      const heard = is('waits on after its abortSignal fired') ? undefined : asked.abortSignal
      return unlessAborted(new Promise(() => {}), heard, () => new ModelspineError('aborted', 'enough'))
    },
  }
  return {
    subject: {
      source,
      metric,
      deployment,
      unknownMetric: 'moods',
      nowMs,
      resolutionMs: scrapeMs,
      seed: (revision, atMs) => void events.push({ deployment, revision, atMs }),
      patienceMs: 100,
      disconnect() {
        isDown = true
      },
      stall() {
        isStalled = true
      },
      beginAt(atMs) {
        beganMs = atMs
      },
      resetAt: (atMs) => void resets.push(atMs),
    },
  }
}
