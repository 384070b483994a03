import { setTimeout as wait } from 'node:timers/promises'
import { serve } from '../child.ts'
import { type End, endOf } from './answer.ts'
import { type Contender, type Instance, modelAt, setUp } from './contenders.ts'
import { type Scenario, scenarios, type Upstream } from './scenarios.ts'

/**
 * An app with one contender, over the upstream that misbehaves and the one that is well. For `{ play, maxRetries }` it plays
 * the scenario of that number with one instance, and tells how many requests came to each end. For `{ measure }` it
 * streams so many answers of the well model, and tells the CPU time of each in microseconds. They come in one write, so that
 * each costs the same.
 */
const [, , contender = 'plain', faultyUrl = '', healthyUrl = ''] = process.argv
/** Long enough for the SDK's two retries, which wait 2 s and 4 s, on a machine with other things to do. */
const leaveMs = 20_000
/** Where a silence is to be noticed after a second. */
const leaveSilenceMs = 4000
const atOnce = 16
const wellOnes: ReadonlySet<Upstream> = new Set(['healthy', 'brisk'])

serve('', (message) => {
  const {
    play,
    maxRetries = 0,
    measure = 0,
  } = message as {
    readonly play?: number
    readonly maxRetries?: number
    readonly measure?: number
  }
  const scenario = play === undefined ? undefined : scenarios[play]
  return scenario === undefined ? microsPerStream(measure) : playOut(scenario, maxRetries)
})

function instanceOver(upstreams: readonly Upstream[], noticesSilence?: boolean): Instance {
  const [first = modelAt(healthyUrl, 'healthy'), ...others] = upstreams.map((upstream) =>
    modelAt(wellOnes.has(upstream) ? healthyUrl : faultyUrl, upstream),
  )
  return setUp(contender as Contender, [first, ...others], noticesSilence)
}

async function playOut(scenario: Scenario, maxRetries: number): Promise<Partial<Record<End, number>>> {
  const { models, count, gapMs, noticesSilence = false } = scenario
  const patienceMs = noticesSilence ? leaveSilenceMs : leaveMs
  const instance = instanceOver(models, noticesSilence)
  const ends: Promise<End>[] = []
  for (let sent = 0; sent < count; sent += 1) {
    const end = ask(instance, maxRetries, patienceMs)
    ends.push(end)
    if (gapMs === 'one after another') await end
    else if (gapMs > 0) await wait(gapMs)
  }
  const tally: Partial<Record<End, number>> = {}
  for (const end of await Promise.all(ends)) tally[end] = (tally[end] ?? 0) + 1
  return tally
}

async function ask(instance: Instance, maxRetries: number, patienceMs: number): Promise<End> {
  const abortSignal = AbortSignal.timeout(patienceMs)
  let text = ''
  let failed = false
  try {
    const { fullStream } = await instance.ask({ maxRetries, abortSignal })
    for await (const part of fullStream) {
      if (part.type === 'text-delta') text += part.text
      if (part.type === 'error' || part.type === 'abort') failed = true
    }
  } catch {
    failed = true
  }
  return endOf({ text, failed, left: abortSignal.aborted })
}

async function microsPerStream(count: number): Promise<number> {
  const { model } = instanceOver(['brisk', 'brisk'])
  let left = count
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1
      const prompt = [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'Count.' }] }]
      const { stream } = await model.doStream({ prompt })
      for await (const part of stream) if (part.type === 'error') throw part.error
    }
  }
  const before = process.cpuUsage()
  await Promise.all(Array.from({ length: atOnce }, worker))
  const { user, system } = process.cpuUsage(before)
  return (user + system) / count
}
