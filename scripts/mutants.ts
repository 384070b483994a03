/**
 * Puts each committed mutant into a copy of the source tree and runs the tests that must fail because of it.
 * Exits with 1 when no test fails for a mutant, when the mutant's text is not found, or when the tests fail
 * without a mutant. `npm run mutants -- 6` uses only the mutants of law 6, and `npm run mutants -- T8` those of
 * the promise T8 in docs/failure-model.md.
 */

import { spawn } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { mutantFiles } from '../test/mutants/index.ts'
import type { Mutant } from '../test/mutants/mutant.ts'

type Verdict = 'caught' | 'survived' | 'not found' | 'not loaded'

const root = process.cwd()
const copies = 2
/**
 * Much longer than the tests of any mutant take. A run that takes longer counts as failed, because a mutant may never
 * end.
 */
const longestMs = 120_000
/** The run without a mutant has the tests of all of them. */
const longestCalmMs = 900_000

const only = process.argv[2]
const mutants = Object.values(mutantFiles)
  .flat()
  .filter(({ law }) => only === undefined || String(law) === only)
const base = mkdtempSync(join(tmpdir(), 'mutants-'))
process.once('exit', () => rmSync(base, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

const trees = Array.from({ length: copies }, (_, place) => copyTree(join(base, String(place))))
const calm = await testsFail(
  trees[0] ?? root,
  [...new Set(mutants.flatMap(({ tests }) => tests))],
  longestCalmMs,
)
if (calm !== 'passed') {
  console.error(`The tests do not pass without a mutant (${calm}).`)
  for (const name of failedIn(trees[0] ?? root)) console.error(`  ${name}`)
  report(0, 1)
  process.exit(1)
}

const waiting = [...mutants]
const verdicts = new Map<Mutant, Verdict>()
await Promise.all(
  trees.map(async (tree) => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      verdicts.set(next, await plant(tree, next))
    }
  }),
)

for (const mutant of mutants) {
  const { law, what, file } = mutant
  console.log(
    `law ${String(law).padEnd(3)} ${(verdicts.get(mutant) ?? '').padEnd(11)} ${what.padEnd(76)} ${file}`,
  )
}
const caught = mutants.filter((mutant) => verdicts.get(mutant) === 'caught').length
console.log(`${caught} of ${mutants.length} mutants caught`)
report(caught, mutants.length - caught)
if (caught < mutants.length || mutants.length === 0) process.exitCode = 1

/** Copies everything that the tests read. Links the packages one by one, so that caches stay in the copy. */
function copyTree(to: string): string {
  const left = new Set(['node_modules', 'dist', 'reports', 'coverage'])
  const entries = readdirSync(root).filter((entry) => !left.has(entry) && !entry.startsWith('.'))
  mkdirSync(join(to, 'node_modules'), { recursive: true })
  for (const entry of entries) cpSync(join(root, entry), join(to, entry), { recursive: true })
  for (const entry of readdirSync(join(root, 'node_modules'))) {
    if (!entry.startsWith('.'))
      symlinkSync(join(root, 'node_modules', entry), join(to, 'node_modules', entry))
  }
  return to
}

async function plant(tree: string, { file, find, replace, tests }: Mutant): Promise<Verdict> {
  const path = join(tree, file)
  const text = readFileSync(path, 'utf8')
  if (text.split(find).length !== 2) return 'not found'
  writeFileSync(
    path,
    text.replace(find, () => replace),
  )
  const result = await testsFail(tree, tests)
  writeFileSync(path, text)
  return result === 'failed' ? 'caught' : result === 'passed' ? 'survived' : 'not loaded'
}

/** A test file that cannot be loaded is not a failed test. A mutant that causes this would prove nothing. */
async function testsFail(
  tree: string,
  tests: readonly string[],
  limitMs: number = longestMs,
): Promise<'failed' | 'passed' | 'not loaded'> {
  const output = join(tree, 'mutant-report.json')
  rmSync(output, { force: true })
  const vitest = join('node_modules', 'vitest', 'vitest.mjs')
  // Two copies run at the same time, so none takes more than the processors that there are.
  const workers = `--maxWorkers=${availableParallelism()}`
  const flags = ['--bail=1', workers, '--reporter=json', `--outputFile=${output}`]
  const ended = await run(tree, [vitest, 'run', ...flags, ...tests], limitMs)
  if (ended === 'too late') return 'failed'
  try {
    const { numFailedTests, numPassedTests, success } = JSON.parse(readFileSync(output, 'utf8'))
    if (numFailedTests > 0) return 'failed'
    return success === true && numPassedTests > 0 ? 'passed' : 'not loaded'
  } catch {
    return 'not loaded'
  }
}

/** The tests that failed in the last run of a tree, each with the beginning of its reason. */
function failedIn(tree: string): readonly string[] {
  try {
    const { testResults } = JSON.parse(readFileSync(join(tree, 'mutant-report.json'), 'utf8')) as Report
    return testResults.flatMap(({ assertionResults }) =>
      assertionResults
        .filter(({ status }) => status === 'failed')
        .map(({ fullName, failureMessages }) => `${fullName}: ${failureMessages.join(' ').slice(0, 300)}`),
    )
  } catch {
    return ['the run left no report']
  }
}

interface Report {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly status: string
      readonly fullName: string
      readonly failureMessages: readonly string[]
    }[]
  }[]
}

function run(cwd: string, args: readonly string[], limitMs: number): Promise<'ended' | 'too late'> {
  return new Promise((resolve) => {
    const env = { MODELSPINE_LIVES: '1000', MODELSPINE_DRAWS: 'all', ...process.env }
    const child = spawn(process.execPath, args, { cwd, env, stdio: 'ignore' })
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      resolve('too late')
    }, limitMs)
    child.once('close', () => {
      clearTimeout(timer)
      resolve('ended')
    })
  })
}

function report(passed: number, failed: number): void {
  const path = process.env.MODELSPINE_REPORT
  if (path !== undefined) writeFileSync(path, JSON.stringify({ passed, failed, skipped: 0 }))
}
