import { performance } from 'node:perf_hooks'
import { systemClock } from 'modelspine/adapter'
import { type PrometheusExposition, prometheusExposition } from 'modelspine/adapters/prometheus'
import {
  type AttemptRecord,
  createMetricWindows,
  type MetricWindows,
  type RequestRecord,
} from 'modelspine/routing'
import { type BenchResult, median } from './bench.ts'

const revisions = 100
const perRound = 200_000
const rounds = 15

/**
 * What `/metrics` costs each request: one attempt and one request are counted. It is compared with the request
 * windows, which every plane has. Both count the same attempts of a hundred revisions, by turns.
 */
export async function run(): Promise<BenchResult> {
  const exposition = prometheusExposition()
  const windows = createMetricWindows({ clock: systemClock })
  const micros = { exposition: [] as number[], windows: [] as number[] }
  for (let round = -2; round < rounds; round += 1) {
    const counted = microsEach((attempt, request) => countBoth(exposition, attempt, request))
    const measured = microsEach((attempt) => (windows as MetricWindows).attempted(attempt))
    if (round < 0) continue
    micros.exposition.push(counted)
    micros.windows.push(measured)
  }
  const beganMs = performance.now()
  const bytes = Buffer.byteLength(exposition.text())
  const tookMs = performance.now() - beganMs
  const ratios = micros.exposition.map((each, round) => each / (micros.windows[round] ?? Number.NaN))
  return {
    name: 'exposition',
    rows: [
      {
        what: 'counting a request and its attempt, compared with the request windows',
        value: median(ratios),
        unit: '×',
        aim: { atMost: 2 },
      },
      { what: 'the same', value: median(micros.exposition), unit: 'µs' },
      { what: 'the text of 100 revisions', value: bytes, unit: 'bytes' },
      { what: 'writing it', value: tookMs, unit: 'ms' },
    ],
  }
}

function countBoth(exposition: PrometheusExposition, attempt: AttemptRecord, request: RequestRecord): void {
  const watch = exposition.started?.(request)
  watch?.attempted?.(attempt)
  watch?.finished?.(request)
}

function microsEach(count: (attempt: AttemptRecord, request: RequestRecord) => void): number {
  const endedAtMs = Date.now()
  const began = performance.now()
  for (let place = 0; place < perRound; place += 1) {
    const upstream = upstreams[place % revisions] as AttemptRecord['upstream']
    const durationMs = 1 + (place % 500)
    const common = {
      requestId: 'r',
      kind: 'first',
      route: 'default/m',
      actor: { name: 'bench' },
      upstream,
      operation: 'infer',
      outcome: 'ok',
      usage: {},
      startedAtMs: endedAtMs - durationMs,
      durationMs,
    } as const
    count({ ...common, endedAtMs }, { ...common, streamed: false, attempts: 1 })
  }
  return ((performance.now() - began) / perRound) * 1000
}

const upstreams: readonly AttemptRecord['upstream'][] = Array.from({ length: revisions }, (_, place) => ({
  deployment: 'default/m',
  revision: `m-${place.toString(16).padStart(8, '0')}`,
  provider: 'open-inference',
  model: 'm',
}))
