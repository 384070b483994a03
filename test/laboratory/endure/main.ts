/**
 * 32 streams and 32 whole answers at a time, through two gateways whose upstreams misbehave in every way, while the table
 * changes every second. Some callers leave, and some stall and return. Prints what must not grow, and judges it.
 * `--minutes N` sets how long it takes (default 1), `--seed N` what is drawn.
 */

import { writeFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { collectGarbage } from '../../collect-garbage.ts'
import { faultNames } from '../faults.ts'
import { openSwapWorld } from '../swap-world.ts'
import { openaiVendor, openInferenceVendor } from '../vendors.ts'
import { beginCallers } from './callers.ts'
import { countedClock } from './counted-clock.ts'
import { heading, judge, lineOf, type Sample, type Verdict } from './samples.ts'

const { values } = parseArgs({ options: { minutes: { type: 'string' }, seed: { type: 'string' } } })
const minutes = numberOf('minutes', values.minutes ?? '1')
const seed = numberOf('seed', values.seed ?? '1')

/** How much faster the clock of the gateways and upstreams goes, so that a silence lasts four seconds at most. */
const speed = 5
const swapMs = 1000
/** Every so many swaps a provider is replaced, too. */
const swapsToReplacement = 10
const samplesInAll = 60
/** Answers may be late that often, where the machine has other things to do. */
const mostLate = 0.05

const clock = countedClock(speed)
const sharesWithDeployment = (): boolean => true
const [openai, openInference] = await Promise.all([
  openSwapWorld({ clock, vendor: openaiVendor, faults: faultNames, sharesWithDeployment }),
  openSwapWorld({ clock, vendor: openInferenceVendor, faults: faultNames, sharesWithDeployment }),
])
const worlds = [openai, openInference]
const callers = [
  beginCallers({ url: openai.listening.url, form: 'chat-stream', count: 32, seed }),
  beginCallers({ url: openai.listening.url, form: 'chat', count: 12, seed: seed + 1 }),
  beginCallers({ url: openai.listening.url, form: 'embed', count: 10, seed: seed + 2 }),
  beginCallers({ url: openInference.listening.url, form: 'infer', count: 10, seed: seed + 3 }),
]

let swaps = 0
const swapping = setInterval(() => {
  swaps += 1
  for (const world of worlds) swaps % swapsToReplacement === 0 ? world.replace() : world.move()
}, swapMs)

console.log(heading)
const samples: Sample[] = []
const begunAt = performance.now()
for (let taken = 1; taken <= samplesInAll; taken += 1) {
  const dueMs = (taken / samplesInAll) * minutes * 60_000
  await wait(Math.max(0, begunAt + dueMs - performance.now()))
  const sample = take()
  samples.push(sample)
  if (taken % 3 === 0) console.log(lineOf(sample))
}
clearInterval(swapping)

await Promise.all(callers.map((each) => each.stop()))
// What hangs at an upstream without its caller ends by the limits.
await wait(1000)
const atRest = take()
await Promise.all(worlds.map((world) => world.close()))
await wait(100)
const atEnd = { sockets: socketsOpen(), timers: clock.timers }

const verdicts = [...judge(samples), ...judgeEnd(), ...judgeAnswers()]
console.log('')
for (const { law, holds, seen } of verdicts) console.log(`${holds ? 'ok    ' : 'FAILED'} ${law}: ${seen}`)
for (const line of callers.flatMap(({ unexpected }) => unexpected)) console.log(`       ${line}`)
const failed = verdicts.filter(({ holds }) => !holds).length
const report = process.env.MODELSPINE_REPORT
if (report !== undefined && report !== '') {
  writeFileSync(report, JSON.stringify({ passed: verdicts.length - failed, failed, skipped: 0 }))
}
process.exitCode = failed === 0 ? 0 : 1

function take(): Sample {
  // Upstreams remember every call, and that is no leak of ours.
  for (const laboratory of worlds.flatMap(({ laboratories }) => laboratories)) laboratory.forget()
  collectGarbage()
  return {
    minute: (performance.now() - begunAt) / 60_000,
    heapMb: process.memoryUsage().heapUsed / 1e6,
    sockets: socketsOpen(),
    timers: clock.timers,
    requests: worlds.reduce((sum, { inFlight }) => sum + inFlight, 0),
    calls: worlds.reduce((sum, { callsInFlight }) => sum + callsInFlight, 0),
  }
}

function socketsOpen(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length
}

function judgeEnd(): readonly Verdict[] {
  const { requests, calls } = atRest
  const { sockets, timers } = atEnd
  return [
    {
      law: 'nothing is under way without callers',
      holds: requests + calls === 0,
      seen: `${requests} requests, ${calls} calls`,
    },
    {
      law: 'nothing is left when all is closed',
      holds: sockets + timers === 0,
      seen: `${sockets} sockets, ${timers} timers`,
    },
  ]
}

function judgeAnswers(): readonly Verdict[] {
  const count = (end: keyof (typeof callers)[number]['ends']): number =>
    callers.reduce((sum, { ends }) => sum + ends[end], 0)
  const [expected, left, late, unexpected] = [
    count('as expected'),
    count('left'),
    count('late'),
    count('unexpected'),
  ]
  const all = expected + left + late + unexpected
  const seconds = Math.max(...callers.map(({ longestMs }) => longestMs)) / 1000
  return [
    {
      law: 'every answer is one that the table of faults has',
      holds: unexpected === 0 && expected > 0,
      seen: `${expected} as expected, ${left} callers left, ${unexpected} unexpected, ${swaps} swaps`,
    },
    { law: 'no limit is missed', holds: late <= all * mostLate, seen: `${late} of ${all} answers late` },
    {
      law: 'no caller waits for ever',
      holds: seconds < 30,
      seen: `the longest took ${seconds.toFixed(1)} s`,
    },
  ]
}

function numberOf(option: string, text: string): number {
  const number = Number(text)
  if (number > 0) return number
  throw new TypeError(`--${option} is "${text}": give a number above 0`)
}
