/**
 * Kills a real control plane at many points and judges the results. `--kills N` (default 50) sets the number
 * of kills and `--seed N` their seed. `--only K` runs one kill. `--keep` leaves the folder of a run with
 * faults. `--jobs N` sets the number of runs at the same time (default 2).
 */

import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type PlannedKill, planKill } from './kill-plan.ts'
import { type KillOutcome, runKill } from './run-kill.ts'
import type { KilledAt } from './victim/reach.ts'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '50' },
    seed: { type: 'string' },
    only: { type: 'string' },
    jobs: { type: 'string', default: '2' },
    keep: { type: 'boolean', default: false },
  },
})
const seed = numberOf('seed', values.seed ?? '1')
const total = numberOf('kills', values.kills)
const numbers =
  values.only === undefined
    ? Array.from({ length: total }, (_, place) => place + 1)
    : [numberOf('only', values.only)]

/** The time limit of all runs together. Every run that is left then counts as failed. */
const limitMs = 330_000

const over = new AbortController()
process.once('SIGINT', () => over.abort())
process.once('SIGTERM', () => over.abort())
const limit = setTimeout(() => over.abort(), limitMs)

if (process.platform === 'linux') await killAll()
else skipAll()
clearTimeout(limit)

async function killAll(): Promise<void> {
  console.log(`${numbers.length} kills, seed ${seed}`)
  const killed: KilledAt[] = []
  const failed: number[] = []
  const waiting = numbers.map((number) => planKill(seed, number))
  let done = 0
  const work = async (): Promise<void> => {
    for (let plan = waiting.shift(); plan !== undefined && !over.signal.aborted; plan = waiting.shift()) {
      const outcome = await runKill(plan, { keep: values.keep, abortSignal: over.signal })
      done += 1
      killed.push(...outcome.killed)
      if (outcome.faults.length > 0) failed.push(plan.number)
      tell(plan, outcome)
    }
  }
  await Promise.all(Array.from({ length: numberOf('jobs', values.jobs) }, work))
  histogram(
    'phase it was killed in',
    killed.map(({ phase }) => phase),
  )
  histogram(
    'point',
    killed.map(({ point }) => point.replace(/^random after .*/, 'at random')),
  )
  const left = numbers.length - done
  report({ passed: done - failed.length, failed: failed.length + left, skipped: 0 })
  const again = failed.map((number) => `npm run test:kill -- --seed ${seed} --only ${number}`)
  if (left > 0) console.log(`${left} kills were not begun within ${limitMs / 1000} s, or it was interrupted`)
  if (failed.length > 0) console.log(`again: ${again.join('\n       ')}`)
  const verdict = failed.length + left === 0 ? 'each reached the same end' : 'FAILED'
  console.log(`${done - failed.length} of ${numbers.length} runs, killed ${killed.length} times: ${verdict}`)
  process.exitCode = failed.length + left === 0 ? 0 : 1
}

function skipAll(): void {
  console.log('skipped: the search for orphans reads /proc, which only Linux has')
  report({ passed: 0, failed: 0, skipped: numbers.length })
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
