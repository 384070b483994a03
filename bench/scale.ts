import { type BenchResult, type BenchRow, median, percentile } from './bench.ts'
import { start } from './child.ts'
import type { BurnQuestion } from './scale/burn.ts'
import type { ChangeAnswer, ChangeQuestion } from './scale/change.ts'
import type { CommitsAnswer, CommitsQuestion } from './scale/commits.ts'
import type { ConvergeAnswer, ConvergeQuestion } from './scale/converge.ts'
import type { StoreName } from './scale/fleet.ts'
import type { ScheduleAnswer, ScheduleQuestion } from './scale/schedule.ts'
import type { ServingAnswer, ServingQuestion } from './scale/serving.ts'

/** The bounds of 100,000 deployments. A smaller try is compared with the same bounds. */
const bounds = {
  memoryGrowth: 2,
  sqliteGrowth: 1.5,
  bytesEach: 24 * 1024,
  writesEachSync: 10,
  changeMs: 1000,
  addedP99Ms: 20,
  loopDelayMs: 20,
}

interface Sizes {
  readonly memory: readonly number[]
  readonly sqlite: readonly number[]
  readonly rounds: number
  readonly changes: number
  readonly rolling: number
  readonly pairs: number
}

const perSecond = 500
const upstreamMs = 20
const concurrency = 64

/**
 * Measures what a plane costs at size, each part in processes of its own:
 *
 * - `converge`: CPU and memory for each deployment of a fleet that is declared and converges. At any size the
 *   cost should be the same.
 * - `commits`: how many writes and audit records share a sync to disk, with 64 runs at the same time.
 * - `change`: how long one change of a person waits while the whole fleet resyncs.
 * - `router`: what requests beside a rolling fleet lose, against a run in which another process uses as much CPU.
 *
 * Flags: `--only=converge,commits,change,router`, `--memory=1000,10000,100000`, `--sqlite=1000,10000`, `--rounds=3`,
 * `--changes=100`, `--rolling=2000`, `--pairs=5`.
 */
export async function run(flags: Readonly<Record<string, string>>): Promise<BenchResult> {
  const numbers = (name: string, otherwise: string): number[] =>
    (flags[name] ?? otherwise).split(',').filter(Boolean).map(Number)
  const sizes: Sizes = {
    memory: numbers('memory', '1000,10000,100000'),
    sqlite: numbers('sqlite', '1000,10000'),
    rounds: Number(flags.rounds ?? 3),
    changes: Number(flags.changes ?? 100),
    rolling: Number(flags.rolling ?? 2000),
    pairs: Number(flags.pairs ?? 5),
  }
  const only = (flags.only ?? 'converge,commits,change,router').split(',')
  const rows: BenchRow[] = []
  if (only.includes('converge')) {
    rows.push(...(await converging('memory', sizes, bounds.memoryGrowth)))
    rows.push(...(await converging('sqlite', sizes, bounds.sqliteGrowth)))
  }
  if (only.includes('commits')) rows.push(...(await committing(sizes)))
  if (only.includes('change')) {
    rows.push(...(await changing('memory', sizes)), ...(await changing('sqlite', sizes)))
  }
  if (only.includes('router')) rows.push(...(await beside(sizes)))
  return { name: 'scale', rows }
}

/** Asks one process one question. */
async function ask<Answer>(name: string, question: unknown): Promise<Answer> {
  const child = await start(`scale/${name}`, [], ['--max-old-space-size=8192'])
  try {
    const answer = await child.ask<Answer>(question)
    console.error(name, JSON.stringify(question), JSON.stringify(answer).slice(0, 200))
    return answer
  } finally {
    child.stop()
  }
}

async function converging(stored: StoreName, sizes: Sizes, growth: number): Promise<BenchRow[]> {
  const rows: BenchRow[] = []
  let first: number | undefined
  for (const count of sizes[stored]) {
    const answers: ConvergeAnswer[] = []
    for (let round = 0; round < sizes.rounds; round += 1) {
      const question: ConvergeQuestion = { stored, count }
      answers.push(await ask<ConvergeAnswer>('converge', question))
    }
    const what = `${stored}, ${count.toLocaleString('en')} deployments`
    const micros = median(answers.map(({ microsEach }) => microsEach))
    rows.push({ what: `${what}: CPU each`, value: micros, unit: 'µs' })
    if (first !== undefined) {
      const of = `${what}: against ${sizes[stored][0]?.toLocaleString('en')}`
      rows.push({ what: of, value: micros / first, unit: '×', aim: { atMost: growth } })
    }
    first ??= micros
    if (stored === 'memory') {
      const bytes = median(answers.map(({ bytesEach }) => bytesEach))
      rows.push({
        what: `${what}: heap each`,
        value: bytes,
        unit: 'bytes',
        aim: { atMost: bounds.bytesEach },
      })
    }
  }
  return rows
}

async function committing({ sqlite: [count] }: Sizes): Promise<BenchRow[]> {
  if (count === undefined) return []
  const question: CommitsQuestion = { count, concurrency }
  const { writes, auditRecords, appends, transactions } = await ask<CommitsAnswer>('commits', question)
  const what = `sqlite, ${count.toLocaleString('en')} deployments, ${concurrency} at a time`
  return [
    { what: `${what}: writes for each sync of the store`, value: writes / transactions, unit: 'writes' },
    {
      what: `${what}: writes and audit records for each sync of store and audit log`,
      value: (writes + auditRecords) / (transactions + appends),
      unit: 'writes',
      aim: { atLeast: bounds.writesEachSync },
    },
  ]
}

async function changing(stored: StoreName, { changes, ...sizes }: Sizes): Promise<BenchRow[]> {
  const count = sizes[stored].at(-1)
  if (count === undefined) return []
  const question: ChangeQuestion = { stored, count, changes }
  const { waitsMs, leastQueued } = await ask<ChangeAnswer>('change', question)
  const what = `${stored}, one change while ${count.toLocaleString('en')} resync`
  return [
    { what: `${what}: at least in the queue`, value: leastQueued, unit: 'keys' },
    {
      what: `${what}: 95 of 100 within`,
      value: percentile(waitsMs, 95),
      unit: 'ms',
      aim: { atMost: bounds.changeMs },
    },
    { what: `${what}: the slowest`, value: Math.max(...waitsMs), unit: 'ms' },
  ]
}

async function beside({ rolling, pairs }: Sizes): Promise<BenchRow[]> {
  const upstream = await start('gateway/upstream', [String(upstreamMs)])
  const serving = await start('scale/serving', [upstream.url], ['--max-old-space-size=8192'])
  const load = await start('scale/schedule')
  const burner = await start('scale/burn')
  const measured = async <Answer>(work: () => Promise<Answer>): Promise<[Answer, ScheduleAnswer]> => {
    const begin: ScheduleQuestion = { kind: 'start', url: serving.url, perSecond }
    await load.ask(begin)
    const answer = await work()
    const end: ScheduleQuestion = { kind: 'stop' }
    const requests = await load.ask<ScheduleAnswer>(end)
    if (requests.failed > 0) throw new Error(`${requests.failed} of ${requests.requests} requests failed`)
    return [answer, requests]
  }
  const server = (question: ServingQuestion): Promise<ServingAnswer> => serving.ask(question)
  try {
    await server({ kind: 'fill', count: rolling })
    // The first requests open connections and run code that was never run before.
    await measured(() => server({ kind: 'serve', forMs: 5000 }))
    const [quiet, calm] = await measured(() => server({ kind: 'serve', forMs: 5000 }))
    const rounds: { readonly rolled: number; readonly burnt: number; readonly delayMs: number }[] = []
    for (let pair = 0; pair < pairs; pair += 1) {
      const version = pair % 2 === 0 ? 2 : 1
      const [rolled, rolledRequests] = await measured(() => server({ kind: 'roll', count: rolling, version }))
      const cpuMs = Math.max(0, rolled.cpuMs - (quiet.cpuMs * rolled.tookMs) / quiet.tookMs)
      const question: BurnQuestion = { cpuMs, withinMs: rolled.tookMs }
      const [burnt, burntRequests] = await measured(() => burner.ask<number>(question))
      console.error('router', { ...rolled, cpuMs, burnt, rolledRequests, burntRequests })
      rounds.push({
        rolled: rolledRequests.p99Ms,
        burnt: burntRequests.p99Ms,
        delayMs: rolled.loopDelayMs,
      })
    }
    const of = (value: (round: (typeof rounds)[number]) => number): number => median(rounds.map(value))
    const what = `router at ${perSecond}/s, ${rolling.toLocaleString('en')} roll on SQLite`
    return [
      { what: `${what}: p99 of a quiet plane`, value: calm.p99Ms, unit: 'ms' },
      { what: `${what}: p99 beside another process`, value: of(({ burnt }) => burnt), unit: 'ms' },
      { what: `${what}: p99 beside the loop`, value: of(({ rolled }) => rolled), unit: 'ms' },
      {
        what: `${what}: added by the loop`,
        value: of(({ rolled, burnt }) => rolled - burnt),
        unit: 'ms',
        aim: { atMost: bounds.addedP99Ms },
      },
      {
        what: `${what}: event-loop delay p99`,
        value: of(({ delayMs }) => delayMs),
        unit: 'ms',
        aim: { atMost: bounds.loopDelayMs },
      },
    ]
  } finally {
    for (const child of [upstream, serving, load, burner]) child.stop()
  }
}
