/**
 * Disturbs each part of a plane in each way and prints what that did to the deployments. `npm run chaos --
 * safety` measures how long a bad revision goes on getting requests instead. Exits with 1 when a line does not
 * hold. `--seed N` sets the seed, `--deployments N` the size of the fleet (default 200), and `--only TEXT`
 * plays the lines that contain the text.
 */

import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { modes, slowMs } from './disturb.ts'
import { parts } from './fleet.ts'
import { type Judged, judge, spreadOf } from './judge.ts'
import { type Line, type PlayOptions, playLine } from './play.ts'
import { awayBeforeMs } from './safety/measure.ts'
import { playRow, type Row, rows, safetyTable } from './safety/safety.ts'
import { seconds, tableOf } from './table.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: '1' },
    deployments: { type: 'string', default: '200' },
    only: { type: 'string', default: '' },
  },
})

const lines = positionals.includes('safety') ? await safety() : await chaos()
const failed = lines.filter(({ faults }) => faults.length > 0).length
const { user, system } = process.cpuUsage()
console.log(
  `\n${lines.length - failed} of ${lines.length} lines hold. ${seconds((user + system) / 1000)} of CPU.`,
)
const report = process.env.MODELSPINE_REPORT
if (report !== undefined && report !== '') {
  writeFileSync(report, JSON.stringify({ passed: lines.length - failed, failed, skipped: 0 }))
}
// Calls that hang for ever are left.
process.exit(failed === 0 && lines.length > 0 ? 0 : 1)

async function chaos(): Promise<readonly Judged[]> {
  const options: PlayOptions = {
    seed: Number(values.seed),
    deployments: Number(values.deployments),
    disturbedMs: 300_000,
  }
  const { outcome: calm, placed } = await playLine(options)
  const { median, p95, max } = spreadOf(
    calm,
    placed.map(({ name }) => name),
  )
  console.log(
    `A new version of ${placed.length} deployments is declared while one part is disturbed for ${seconds(options.disturbedMs)}. Seed ${options.seed}.`,
  )
  console.log(
    `Undisturbed it takes ${seconds(median)} / ${seconds(p95)} / ${seconds(max)} (median / p95 / max). A slow call takes ${seconds(slowMs)}.\n`,
  )
  const judged: Judged[] = []
  for (const part of parts) {
    for (const mode of modes) {
      const line: Line = { part, mode }
      if (!`${part} ${mode}`.includes(values.only)) continue
      const { outcome } = await playLine(options, line)
      judged.push(judge(line, outcome, calm, placed))
    }
  }
  console.log(tableOf(judged))
  return judged
}

async function safety(): Promise<readonly Row[]> {
  const awayAfterMs = 60_000
  console.log(
    `From the trigger until the bad revision gets no request any more. The API of the target is away from ${seconds(awayBeforeMs)} before the trigger until ${seconds(awayAfterMs)} after it.\n`,
  )
  const played: Row[] = []
  for (const row of rows) {
    if (Object.values(row).join(' ').includes(values.only)) played.push(await playRow(row, awayAfterMs))
  }
  console.log(safetyTable(played))
  return played
}
