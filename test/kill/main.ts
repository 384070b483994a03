/**
 * Kills a real control plane at many points and judges the results: with a restart, with a standby that takes
 * over, and with a standby over a vendor whose list lags. `--mode NAME` plays one of these. `--kills N` (default
 * 50) sets the number of kills of each and `--seed N` their seed. `--only K` runs one kill. `--keep` leaves the
 * folder of a run with faults. `--jobs N` sets the number of runs at the same time (default 2, and 6 where runs
 * mostly wait for the vendor).
 *
 * `--vendor NAME` kills a plane over a simulated cloud instead (default 4 kills): see `clouds/`.
 */

import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { cloudNames, isCloud, killCloud } from './clouds/kill-cloud.ts'
import { type PlannedKill, planKill } from './kill-plan.ts'
import { lagMs, type Mode, modes } from './mode.ts'
import { type KillOutcome, runKill } from './run-kill.ts'
import type { KilledAt } from './victim/reach.ts'

const { values } = parseArgs({
  options: {
    kills: { type: 'string' },
    vendor: { type: 'string' },
    seed: { type: 'string' },
    only: { type: 'string' },
    jobs: { type: 'string' },
    mode: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
})
const seed = numberOf('seed', values.seed ?? '1')
const total = numberOf('kills', values.kills ?? (values.vendor === undefined ? '50' : '4'))
const numbers =
  values.only === undefined
    ? Array.from({ length: total }, (_, place) => place + 1)
    : [numberOf('only', values.only)]

const played = modes.filter((mode) => values.mode === undefined || values.mode === mode)
if (played.length === 0) throw new TypeError(`--mode is "${values.mode}": give one of ${modes.join(', ')}`)

/** The time limit of all runs of a mode together. Every run that is left then counts as failed. */
const limitMs = 900_000

const over = new AbortController()
process.once('SIGINT', () => over.abort())
process.once('SIGTERM', () => over.abort())

const titles: Readonly<Record<Mode, string>> = {
  restart: 'the process is started again',
  standby: 'a standby takes over',
  tagged: `a standby takes over, and the vendor's list lags by ${lagMs / 1000} s`,
}

if (values.vendor !== undefined) await killVendor(values.vendor)
else if (process.platform === 'linux') {
  const results: Result[] = []
  for (const mode of played) results.push(await killAll(mode))
  const sum = (count: (result: Result) => number): number =>
    results.reduce((total, result) => total + count(result), 0)
  report({ passed: sum(({ passed }) => passed), failed: sum(({ failed }) => failed), skipped: 0 })
  for (const { mode, passed, failed, killed } of results) {
    const verdict = failed === 0 ? 'each reached the same end' : 'FAILED'
    console.log(`${passed} of ${numbers.length} runs, killed ${killed} times, ${titles[mode]}: ${verdict}`)
  }
  process.exitCode = sum(({ failed }) => failed) === 0 ? 0 : 1
} else skipAll()

interface Result {
  readonly mode: Mode
  readonly passed: number
  readonly failed: number
  readonly killed: number
}

async function killVendor(vendor: string): Promise<void> {
  if (!isCloud(vendor)) throw new TypeError(`--vendor is "${vendor}": give one of ${cloudNames.join(', ')}`)
  const jobs = numberOf('jobs', values.jobs ?? '4')
  const late = AbortSignal.timeout(limitMs)
  const abortSignal = AbortSignal.any([over.signal, late])
  const { passed, failed, killed } = await killCloud(vendor, { numbers, seed, jobs, abortSignal })
  report({ passed, failed, skipped: 0 })
  const verdict = failed === 0 ? 'each reached the same end' : 'FAILED'
  console.log(`${passed} of ${numbers.length} runs, killed ${killed} times, over ${vendor}: ${verdict}`)
  process.exitCode = failed === 0 ? 0 : 1
}

async function killAll(mode: Mode): Promise<Result> {
  console.log(`${numbers.length} kills, seed ${seed}: ${titles[mode]}`)
  const late = new AbortController()
  const limit = setTimeout(() => late.abort(), limitMs)
  const abortSignal = AbortSignal.any([over.signal, late.signal])
  const killed: KilledAt[] = []
  const failed: number[] = []
  const waiting = numbers.map((number) => planKill(seed, number, mode))
  const jobs = numberOf('jobs', values.jobs ?? (mode === 'tagged' ? '6' : '2'))
  let done = 0
  const work = async (): Promise<void> => {
    for (let plan = waiting.shift(); plan !== undefined && !abortSignal.aborted; plan = waiting.shift()) {
      const outcome = await runKill(plan, { keep: values.keep, abortSignal })
      done += 1
      killed.push(...outcome.killed)
      if (outcome.faults.length > 0) failed.push(plan.number)
      tell(plan, outcome)
    }
  }
  await Promise.all(Array.from({ length: jobs }, work))
  clearTimeout(limit)
  histogram(
    'phase it was killed in',
    killed.map(({ phase }) => phase),
  )
  histogram(
    'point',
    killed.map(({ point }) => point.replace(/^random after .*/, 'at random')),
  )
  const left = numbers.length - done
  const again = failed.map((number) => `npm run test:kill -- --mode ${mode} --seed ${seed} --only ${number}`)
  if (left > 0) console.log(`${left} kills were not begun within ${limitMs / 1000} s, or it was interrupted`)
  if (failed.length > 0) console.log(`again: ${again.join('\n       ')}`)
  return { mode, passed: done - failed.length, failed: failed.length + left, killed: killed.length }
}

function skipAll(): void {
  console.log('skipped: the search for orphans reads /proc, which only Linux has')
  report({ passed: 0, failed: 0, skipped: numbers.length * played.length })
}

function tell({ number, title }: PlannedKill, { killed, faults, tookMs }: KillOutcome): void {
  const where = killed.map(({ key, phase }) => `${key ?? 'nothing yet'} ${phase}`).join(', then ')
  const verdict = faults.length === 0 ? 'ok' : 'FAILED'
  console.log(
    `${String(number).padStart(3)} ${verdict.padEnd(6)} ${(tookMs / 1000).toFixed(1)} s  ${title}  (${where})`,
  )
  for (const fault of faults) console.log(`      ${fault.replaceAll('\n', '\n        ')}`)
}

function histogram(title: string, names: readonly string[]): void {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  console.log(`\n${title}`)
  for (const [name, count] of [...counts].sort(([, one], [, other]) => other - one)) {
    console.log(`  ${name.padEnd(24)} ${String(count).padStart(3)} ${'█'.repeat(count)}`)
  }
  console.log('')
}

function report(counts: {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}): void {
  const path = process.env.MODELSPINE_REPORT
  if (path !== undefined && path !== '') writeFileSync(path, JSON.stringify(counts))
}

function numberOf(option: string, text: string): number {
  const number = Number(text)
  if (Number.isSafeInteger(number) && number > 0) return number
  throw new TypeError(`--${option} is "${text}": give a whole number above 0`)
}
