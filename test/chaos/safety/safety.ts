import { columns, seconds } from '../table.ts'
import { type Measured, measure, tickMs } from './measure.ts'
import { apis, applies, type Cell, gatePollMs, splitters, strategies, triggers } from './scene.ts'

/** One row of the table: the same rollout and trigger in each state of the target's API. */
export interface Row extends Pick<Cell, 'strategy' | 'trigger' | 'splitter'> {
  readonly measured: readonly Measured[]
  /** Empty when all is well. */
  readonly faults: readonly string[]
}

export const rows: readonly Pick<Cell, 'strategy' | 'trigger' | 'splitter'>[] = splitters.flatMap(
  (splitter) =>
    strategies.flatMap((strategy) =>
      triggers.map((trigger) => ({ strategy, trigger, splitter })).filter(applies),
    ),
)

/** From the trigger, where nothing but the plane's own work lies between. */
const mostSafeMs = 1000
/** Where the target splits: from the moment when its API is back. The plane asks it at least once a minute. */
const mostTurnedMs = 60_000

export async function playRow(row: (typeof rows)[number], awayAfterMs: number): Promise<Row> {
  const measured: Measured[] = []
  for (const api of apis) measured.push(await measure({ ...row, api }, awayAfterMs))
  return { ...row, measured, faults: judge(row, measured, awayAfterMs) }
}

function judge(
  { trigger, splitter }: (typeof rows)[number],
  measured: readonly Measured[],
  awayAfterMs: number,
): readonly string[] {
  // A gate fails when it is read, and not before.
  const allowedMs = mostSafeMs + (trigger === 'a failing gate' ? gatePollMs : 0)
  const faults = measured.flatMap(({ api, safeAfterMs, endedAfterMs }) => {
    const mostMs =
      api === 'up' || splitter === 'our router' ? allowedMs : awayAfterMs + mostTurnedMs + allowedMs
    return [
      ...(safeAfterMs > mostMs ? [`${api}: safe after ${seconds(safeAfterMs)}, not ${seconds(mostMs)}`] : []),
      ...(Number.isFinite(endedAfterMs) ? [] : [`${api}: never turned back`]),
    ]
  })
  const times = measured.map(({ safeAfterMs }) => safeAfterMs)
  const differsMs = Math.max(...times) - Math.min(...times)
  // Each state has its own moments at which it reads the gate.
  const sameMs = trigger === 'a failing gate' ? gatePollMs : tickMs
  if (splitter === 'our router' && !(differsMs <= sameMs)) {
    faults.push('our router splits, and the states of the API differ')
  }
  return faults
}

/** The rows as text in columns. */
export function safetyTable(played: readonly Row[]): string {
  const heads = ['who splits', 'strategy', 'trigger', ...apis.map((api) => `API ${api}`), 'verdict']
  const lines = played.map(({ strategy, trigger, splitter, measured, faults }) => [
    splitter,
    strategy,
    trigger,
    ...measured.map(({ safeAfterMs }) => seconds(safeAfterMs, 2)),
    faults.length === 0 ? 'ok' : `FAILED: ${faults.join('; ')}`,
  ])
  return columns([heads, ...lines])
}
