import type { BenchResult, BenchRow } from './bench.ts'
import { type Child, start } from './child.ts'
import type { End } from './failover/answer.ts'
import type { Contender } from './failover/contenders.ts'
import { type Added, type Line, tablesAsText, writePage } from './failover/page.ts'
import { scenarios } from './failover/scenarios.ts'

const contenders: readonly Contender[] = ['modelspine', 'ai-fallback', 'ai-retry']
const rounds = 25
const perRound = 64
const warmUp = 640

interface Lane {
  readonly contender: Contender
  readonly app: Child
  readonly faulty: Child
}

/**
 * Plays failures of models with libraries for failover in the AI SDK, each with one shared instance in a process of its
 * own, over real HTTP streams. The contenders play each scenario at the same time, with upstreams of their own. The CPU
 * time is measured afterwards, by turns. `--write` puts the tables into `docs/ai-sdk.md`.
 */
export async function run(flags: Readonly<Record<string, unknown>> = {}): Promise<BenchResult> {
  const healthy = await start('failover/upstream')
  const lanes = await Promise.all(contenders.map((contender) => laneFor(contender, healthy.url)))
  try {
    for (const { app } of lanes) await app.ask({ measure: warmUp })
    const lines: Line[] = []
    for (const maxRetries of [0, 2]) {
      for (const place of scenarios.keys()) lines.push(...(await play(lanes, place, maxRetries)))
    }
    const added = await addedMicros(healthy.url)
    console.log(tablesAsText(lines, added))
    if (flags.write !== undefined) writePage(lines, added)
    return { name: 'failover', rows: [...lines.flatMap(aimsFor), ...added.map(cpuRow)] }
  } finally {
    for (const child of [healthy, ...lanes.flatMap(({ app, faulty }) => [app, faulty])]) child.stop()
  }
}

async function laneFor(contender: Contender, healthyUrl: string): Promise<Lane> {
  const faulty = await start('failover/upstream')
  return { contender, faulty, app: await start('failover/app', [contender, faulty.url, healthyUrl]) }
}

function play(lanes: readonly Lane[], place: number, maxRetries: number): Promise<readonly Line[]> {
  const scenario = scenarios[place]
  if (scenario === undefined) throw new Error(`there is no scenario ${place}`)
  const { what, diesMs } = scenario
  return Promise.all(
    lanes.map(async ({ contender, app, faulty }) => {
      await faulty.ask('calls')
      const death = diesMs === undefined ? undefined : setTimeout(() => void faulty.ask('die'), diesMs)
      const ends = await app.ask<Partial<Record<End, number>>>({ play: place, maxRetries })
      clearTimeout(death)
      const calls = await faulty.ask<number>('calls')
      return { what, contender, maxRetries, ends, calls }
    }),
  )
}

/** Compares each contender with the well model alone, in new processes that take turns: the best of all rounds. */
async function addedMicros(healthyUrl: string): Promise<readonly Added[]> {
  const names: readonly Contender[] = ['plain', ...contenders]
  const apps = await Promise.all(names.map((name) => start('failover/app', [name, healthyUrl, healthyUrl])))
  try {
    for (const app of apps) await app.ask({ measure: warmUp })
    const best = apps.map(() => Number.POSITIVE_INFINITY)
    for (let round = 0; round < rounds; round += 1) {
      for (const [place, app] of apps.entries()) {
        best[place] = Math.min(best[place] ?? Number.NaN, await app.ask<number>({ measure: perRound }))
      }
    }
    const [plainMicros = Number.NaN, ...others] = best
    return contenders.map((contender, place) => ({
      contender,
      micros: (others[place] ?? Number.NaN) - plainMicros,
      plainMicros,
    }))
  } finally {
    for (const app of apps) app.stop()
  }
}

/** What ours must keep: nothing lost while a model is well, nothing twice, a dead model left alone. */
function aimsFor({ what, contender, maxRetries, ends, calls }: Line): readonly BenchRow[] {
  if (contender !== 'modelspine') return []
  const retries = maxRetries === 0 ? '' : `, and ${maxRetries} retries of the SDK`
  const bad = (['lost', 'gave up', 'twice', 'feigned'] as const).reduce(
    (sum, end) => sum + (ends[end] ?? 0),
    0,
  )
  const row = {
    what: `${what}${retries}: lost, twice, or feigned`,
    value: bad,
    unit: 'answers',
    aim: { atMost: 0 },
  }
  if (!what.startsWith('50 one after another')) return [row]
  return [row, { what: `${what}${retries}: calls to it`, value: calls, unit: 'calls', aim: { atMost: 3 } }]
}

function cpuRow({ contender, micros }: Added): BenchRow {
  return { what: `CPU that ${contender} adds to a stream of a model that is well`, value: micros, unit: 'µs' }
}
