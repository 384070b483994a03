/**
 * Disturbs each part of a plane in each way and prints what that did to the deployments. Exits with 1 when a
 * line does not hold. `--seed N` sets the seed, `--deployments N` the size of the fleet (default 200), and
 * `--only TEXT` plays the lines whose part or mode contains the text.
 */

import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { modes, slowMs } from './disturb.ts'
import { parts } from './fleet.ts'
import { judge, spreadOf } from './judge.ts'
import { type Line, type PlayOptions, playLine } from './play.ts'
import { seconds, tableOf } from './table.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    deployments: { type: 'string', default: '200' },
    only: { type: 'string', default: '' },
  },
})
const options: PlayOptions = {
  seed: Number(values.seed),
  deployments: Number(values.deployments),
  disturbedMs: 300_000,
}
const lines = parts
  .flatMap((part) => modes.map((mode): Line => ({ part, mode })))
  .filter(({ part, mode }) => `${part} ${mode}`.includes(values.only))

const { outcome: calm, placed } = await playLine(options)
const judged = []
for (const line of lines) {
  const { outcome } = await playLine(options, line)
  judged.push(judge(line, outcome, calm, placed))
}

const undisturbed = spreadOf(
  calm,
  placed.map(({ name }) => name),
)
console.log(
  `A new version of ${placed.length} deployments is declared while one part is disturbed for ${seconds(options.disturbedMs)}. Seed ${options.seed}.`,
)
console.log(
  `Undisturbed, it takes ${seconds(undisturbed.median)} (median), ${seconds(undisturbed.p95)} (p95), ${seconds(undisturbed.max)} (max). Slow is ${seconds(slowMs)} a call.\n`,
)
console.log(tableOf(judged))
const failed = judged.filter(({ faults }) => faults.length > 0).length
const { user, system } = process.cpuUsage()
console.log(
  `\n${judged.length - failed} of ${judged.length} lines hold. ${seconds((user + system) / 1000)} of CPU.`,
)
const report = process.env.MODELSPINE_REPORT
if (report !== undefined && report !== '') {
  writeFileSync(report, JSON.stringify({ passed: judged.length - failed, failed, skipped: 0 }))
}
// Calls that hang for ever are left.
process.exit(failed === 0 ? 0 : 1)
