/**
 * Draws other cases than `npm test`, and more of them, for every test of a property. `--times` is how many times the usual
 * number (default 10), `--seed` repeats a run. Further words choose test files, as vitest does.
 */

import { spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'

const { values, positionals } = parseArgs({
  options: { times: { type: 'string', default: '10' }, seed: { type: 'string' } },
  allowPositionals: true,
})
const seed = Number(values.seed ?? randomInt(2 ** 31))
const times = Number(values.times)
for (const [name, number, least] of [
  ['seed', seed, 0],
  ['times', times, 1],
] as const) {
  if (Number.isSafeInteger(number) && number >= least) continue
  console.error(`--${name} is ${values[name]}: give a whole number from ${least}`)
  process.exit(2)
}

const files = globSync('test/**/*.test.ts').filter(
  (file) =>
    readFileSync(file, 'utf8').includes("from 'fast-check'") &&
    (positionals.length === 0 || positionals.some((each) => file.includes(each))),
)
if (files.length === 0) {
  console.error(`no test of a property is in a file called ${positionals.join(' or ')}`)
  process.exit(2)
}
console.log(`soak: ${files.length} files, ${times} times the usual cases, --seed ${seed}`)
const { status } = spawnSync('vitest', ['run', ...files], {
  stdio: 'inherit',
  env: { ...process.env, MODELSPINE_SEED: `${seed}`, MODELSPINE_SOAK: `${times}` },
})
process.exitCode = status ?? 1
