/**
 * Runs the tests of properties with other seeds than `npm test`, one after another, until one fails. `--times` is how many
 * seeds (default 10), `--seed` the first one. Further words choose test files, as vitest does.
 */

import { spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'

const { values, positionals } = parseArgs({
  options: { times: { type: 'string', default: '10' }, seed: { type: 'string' } },
  allowPositionals: true,
})
const first = Number(values.seed ?? randomInt(2 ** 31))
const times = Number(values.times)
for (const [name, number, least] of [
  ['seed', first, 0],
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
for (let seed = first; seed < first + times; seed += 1) {
  console.log(`soak: ${files.length} files, seed ${seed}`)
  const { status } = spawnSync('vitest', ['run', '--reporter=dot', ...files], {
    stdio: 'inherit',
    env: { ...process.env, MODELSPINE_SEED: `${seed}` },
  })
  if (status === 0) continue
  console.error(
    `soak: failed. To repeat it: ${['npm run soak -- --times 1 --seed', seed, ...positionals].join(' ')}`,
  )
  process.exit(1)
}
