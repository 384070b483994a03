import { prometheusExposition } from 'modelspine/adapters/prometheus'
import type { RangeSeries } from '../../../adapters/prometheus/prometheus-api.ts'
import type { AttemptRecord } from '../../../src/telemetry/contract.ts'
import { createFakeClock } from '../../../src/testing/fake-clock.ts'
import { told } from '../../unit/telemetry/told.ts'
import { readText } from './read-text.ts'

export interface ScrapedHistory {
  readonly attempts: AttemptRecord[]
  /** When the process was restarted, so that its counters began again. */
  readonly restarts: number[]
  /** When Prometheus began to scrape. */
  beganMs: number
  /** What Prometheus has scraped until then, at multiples of `scrapeMs`. */
  until(toMs: number): Promise<readonly RangeSeries[]>
}

export interface HistoryOptions {
  readonly scrapeMs: number
  /** Labels that Prometheus adds. */
  readonly labels: Readonly<Record<string, string>>
}

/** What Prometheus would have of our own `/metrics`, whose text is written and read at each scrape. */
export function scrapedHistory({ scrapeMs, labels }: HistoryOptions): ScrapedHistory {
  const history: ScrapedHistory = {
    attempts: [],
    restarts: [],
    beganMs: Number.POSITIVE_INFINITY,
    async until(toMs) {
      const clock = createFakeClock({ startMs: 0 })
      let exposition = prometheusExposition({ clock })
      const happened = [
        ...history.attempts.map((attempt) => ({
          atMs: attempt.endedAtMs,
          happens: () => told(exposition).attempted(attempt),
        })),
        ...history.restarts.map((atMs) => ({
          atMs,
          happens: () => {
            exposition = prometheusExposition({ clock })
          },
        })),
      ].sort((left, right) => left.atMs - right.atMs)
      const series = new Map<string, RangeSeries & { readonly points: { atMs: number; value: number }[] }>()
      const add = (own: Readonly<Record<string, string>>, atMs: number, value: number): void => {
        const key = JSON.stringify(Object.entries(own).sort())
        const known = series.get(key) ?? { labels: { ...own, ...labels }, points: [] }
        known.points.push({ atMs, value })
        series.set(key, known)
      }
      let scraped = { text: '', families: readText('') }
      for (let atMs = Math.ceil(history.beganMs / scrapeMs) * scrapeMs; atMs <= toMs; atMs += scrapeMs) {
        while ((happened[0]?.atMs ?? Number.POSITIVE_INFINITY) < atMs) happened.shift()?.happens()
        await clock.advance(atMs - clock.now())
        const text = exposition.text()
        if (text !== scraped.text) scraped = { text, families: readText(text) }
        for (const { samples } of scraped.families.values()) {
          for (const { name, labels: own, value } of samples) add({ __name__: name, ...own }, atMs, value)
        }
        add({ __name__: 'up' }, atMs, 1)
      }
      return [...series.values()]
    },
  }
  return history
}
