/**
 * Callers that ask for minutes while upstreams misbehave. Prints what must not grow, and judges it. `--minutes N` sets how
 * long it takes (default 1), `--seed N` what is drawn. Without a name the subject is gateways, with `ai-sdk` models of the
 * AI SDK.
 */

import { writeFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { collectGarbage } from '../../collect-garbage.ts'
import { beginAiSdk } from './ai-sdk.ts'
import { countedClock } from './counted-clock.ts'
import { beginGateways } from './gateways.ts'
import { headingOf, judge, lineOf, type Sample, type Verdict } from './samples.ts'
import type { BeginSubject } from './subject.ts'

const subjects: Readonly<Record<string, BeginSubject>> = { gateways: beginGateways, 'ai-sdk': beginAiSdk }

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { minutes: { type: 'string' }, seed: { type: 'string' } },
})
const minutes = numberOf('minutes', values.minutes ?? '1')
const seed = numberOf('seed', values.seed ?? '1')
const [name = 'gateways'] = positionals
const begin = Object.hasOwn(subjects, name) ? subjects[name] : undefined
if (begin === undefined) {
  throw new TypeError(`there is no "${name}": give one of ${Object.keys(subjects).join(', ')}`)
}

/** How much faster the clock of the subject and its upstreams goes, so that a silence lasts four seconds at most. */
const speed = 5
/** At most one a second, because collecting garbage takes the time of the callers. */
const samplesInAll = Math.min(60, Math.floor(minutes * 60))

const clock = countedClock(speed)
const subject = await begin({ clock, seed })
const samples: Sample[] = []
const begunAt = performance.now()
for (let taken = 1; taken <= samplesInAll; taken += 1) {
  const dueMs = (taken / samplesInAll) * minutes * 60_000
  await wait(Math.max(0, begunAt + dueMs - performance.now()))
  const sample = take()
  samples.push(sample)
  if (taken === 1) console.log(headingOf(sample))
  if (taken % 3 === 0) console.log(lineOf(sample))
}

await subject.stop()
// What hangs at an upstream without its caller ends by the limits.
await wait(1000)
const atRest = subject.counts()
await subject.close()
await wait(100)
const atEnd = { sockets: socketsOpen(), timers: clock.timers }

const verdicts = [...judge(samples), ...judgeEnd(), ...subject.judge()]
console.log('')
for (const { law, holds, seen } of verdicts) console.log(`${holds ? 'ok    ' : 'FAILED'} ${law}: ${seen}`)
for (const line of subject.unexpected) console.log(`       ${line}`)
const failed = verdicts.filter(({ holds }) => !holds).length
const report = process.env.MODELSPINE_REPORT
if (report !== undefined && report !== '') {
  writeFileSync(report, JSON.stringify({ passed: verdicts.length - failed, failed, skipped: 0 }))
}
process.exitCode = failed === 0 ? 0 : 1

function take(): Sample {
  subject.forget()
  collectGarbage()
  return {
    minute: (performance.now() - begunAt) / 60_000,
    heapMb: process.memoryUsage().heapUsed / 1e6,
    counts: { sockets: socketsOpen(), timers: clock.timers, ...subject.counts() },
  }
}

function socketsOpen(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length
}

function judgeEnd(): readonly Verdict[] {
  const { sockets, timers } = atEnd
  return [
    {
      law: 'nothing is under way without callers',
      holds: Object.values(atRest).every((count) => count === 0),
      seen: Object.entries(atRest)
        .map(([what, count]) => `${count} ${what}`)
        .join(', '),
    },
    {
      law: 'nothing is left when all is closed',
      holds: sockets + timers === 0,
      seen: `${sockets} sockets, ${timers} timers`,
    },
  ]
}

function numberOf(option: string, text: string): number {
  const number = Number(text)
  if (number > 0) return number
  throw new TypeError(`--${option} is "${text}": give a number above 0`)
}
