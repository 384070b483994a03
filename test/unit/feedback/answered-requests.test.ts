import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createFeedback, type FeedbackRoom } from '../../../src/feedback/create-feedback.ts'
import { signalCells } from '../../../src/feedback/signal-windows.ts'
import type { MetricReading, RatioReading } from '../../../src/telemetry/contract.ts'
import { createFakeClock, type FakeClock } from '../../../src/testing/index.ts'
import { mergeMessage, takeMessage } from '../../../src/windows/count-message.ts'
import { SharedCounts } from '../../../src/windows/shared-counts.ts'
import { SteadyTime } from '../../../src/windows/steady-time.ts'
import { answered, tensorReply } from './replies.ts'

const deployment = 'default/churn'

function read(
  feedback: FeedbackRoom,
  metric: string,
  [fromMs, toMs]: readonly [number, number],
  revision = 'one',
): MetricReading {
  return feedback.query({ metric, labels: { deployment, revision }, interval: { fromMs, toMs } })
}

/** A process that tells another one what it counts. */
function member(clock: FakeClock) {
  const startedAtMs = clock.now()
  const bounds = { ...signalCells, keepMs: 86_400_000, maxBytes: 1_000_000, startedAtMs }
  const shared = new SharedCounts({ ...bounds, time: new SteadyTime(clock) })
  const feedback = createFeedback({ clock, shared })
  const tell = (): string | undefined => {
    feedback.closeCounts()
    return takeMessage({ signals: shared }, 1_000_000)
  }
  const hear = (body: string | undefined): void => {
    if (body !== undefined) mergeMessage({ signals: shared }, body, clock.now())
    shared.readAt(clock.now())
  }
  return { feedback, tell, hear }
}

describe('a reading of signals', () => {
  it('tells how many requests were answered, and how many of these have a signal', async () => {
    const clock = createFakeClock()
    const feedback = createFeedback({ clock })
    const span = [clock.now(), clock.now() + 1000] as const
    for (const id of ['a', 'b', 'c']) {
      feedback.attempted(answered(id, clock.now(), tensorReply(['label', 3, 4])))
    }
    feedback.attempted({ ...answered('d', clock.now()), outcome: 'failed' })
    feedback.attempted(answered('e', clock.now(), undefined, { provider: 'openai', model: 'm' }))
    feedback.record({ kind: 'label', requestId: 'a', value: [3, 4] })
    feedback.record({ kind: 'label', requestId: 'a', value: [3, 4] })
    feedback.record({ kind: 'label', deployment, revision: 'one', value: 1, prediction: 2 })
    feedback.record({ kind: 'rating', requestId: 'a', value: 3 })
    feedback.record({ kind: 'rating', requestId: 'b', value: 3 })
    feedback.record({ kind: 'outcome', name: 'kept', requestId: 'b', value: true })
    expect(read(feedback, 'labels.accuracy', span)).toMatchObject({
      hits: 2,
      total: 3,
      expected: 3,
      heard: 1,
    })
    expect(read(feedback, 'ratings.mean', span)).toMatchObject({ count: 2, expected: 3, heard: 2 })
    expect(read(feedback, 'outcomes.kept', span)).toMatchObject({ total: 1, expected: 3, heard: 1 })
    expect(read(feedback, 'labels.late', span)).not.toHaveProperty('expected')
    expect(read(feedback, 'labels.late', span)).not.toHaveProperty('heard')
  })

  it('tells how many samples are of requests that another revision had failed', () => {
    const clock = createFakeClock()
    const feedback = createFeedback({ clock })
    const span = [clock.now(), clock.now() + 1000] as const
    const reply = tensorReply(['label', 3, 4])
    feedback.attempted({ ...answered('a', clock.now(), reply), retriedFrom: 'two' })
    feedback.attempted({ ...answered('b', clock.now(), reply), retriedFrom: 'one' })
    feedback.attempted(answered('c', clock.now(), reply))
    for (const requestId of ['a', 'b', 'c']) {
      feedback.record({ kind: 'label', requestId, value: [3, 5] })
      feedback.record({ kind: 'rating', requestId, value: 1 })
    }
    expect(read(feedback, 'labels.accuracy', span)).toMatchObject({ total: 6, retried: 2 })
    expect(read(feedback, 'ratings.mean', span)).toMatchObject({ count: 3, retried: 1 })
  })

  it('counts both in the same buckets, however late the signals come and wherever the interval cuts', async () => {
    const pause = fc.integer({ min: 1, max: 60_000 })
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ pauseMs: pause, next: fc.nat() }), { minLength: 40, maxLength: 120 }),
        fc.nat(60),
        fc.integer({ min: 0, max: 3_000_000 }),
        fc.integer({ min: 0, max: 3_000_000 }),
        async (requests, lateBy, fromMs, lengthMs) => {
          const clock = createFakeClock()
          const feedback = createFeedback({ clock })
          const startMs = clock.now()
          const waiting: string[] = []
          const label = (next: number): void => {
            const [requestId = ''] = waiting.splice(next % waiting.length, 1)
            feedback.record({ kind: 'label', requestId, value: 3 })
          }
          for (const [place, { pauseMs, next }] of requests.entries()) {
            await clock.advance(pauseMs)
            feedback.attempted(answered(`r${place}`, clock.now(), tensorReply(['label', 3])))
            waiting.push(`r${place}`)
            if (waiting.length > lateBy) label(next)
          }
          while (waiting.length > 0) label(waiting.length * 7)
          const span = [startMs + fromMs, startMs + fromMs + lengthMs] as const
          const reading = read(feedback, 'labels.accuracy', span)
          if (reading.kind === 'no-data') return
          const { total, expected, heard } = reading as RatioReading
          expect([expected, heard]).toEqual([total, total])
        },
      ),
    )
  })

  it('tells how many answers wait while no signal has come', async () => {
    const clock = createFakeClock()
    const { feedback } = member(clock)
    const startMs = clock.now()
    feedback.attempted(answered('r', startMs, tensorReply(['label', 3])))
    await clock.advance(1000)
    const waiting = { kind: 'no-data', expected: 1, heard: 0 }
    expect(read(feedback, 'labels.accuracy', [startMs, clock.now()])).toMatchObject(waiting)
  })

  it('adds up what all processes answered', async () => {
    const clock = createFakeClock()
    const startMs = clock.now()
    const [one, two] = [member(clock), member(clock)]
    for (let second = 0; second < 10; second += 1) {
      for (const { feedback } of [one, two]) {
        const id = clock.id()
        feedback.attempted(answered(id, clock.now(), tensorReply(['label', 3])))
        if (second % 2 === 0) feedback.record({ kind: 'label', requestId: id, value: 3 })
      }
      await clock.advance(1000)
    }
    const told = two.tell()
    await clock.advance(4000)
    one.hear(told)
    expect(read(one.feedback, 'labels.accuracy', [startMs, startMs + 10_000])).toMatchObject({
      total: 10,
      expected: 20,
      heard: 10,
    })
  })

  it('reads the signals of processes that do not tell of answered requests', async () => {
    const clock = createFakeClock()
    const startMs = clock.now()
    const { feedback, hear } = member(clock)
    await clock.advance(10_000)
    const rows = [[`labels.accuracy ${deployment}`, 'one', startMs, [3, 2, 2, 3], []]]
    hear(JSON.stringify({ signals: { rows, lostUntilMs: 0 } }))
    expect(read(feedback, 'labels.accuracy', [startMs, startMs + 5000])).toEqual({
      kind: 'ratio',
      hits: 2,
      total: 3,
      covered: { fromMs: startMs, toMs: startMs + 5000 },
      retried: 0,
      expected: 0,
      heard: 0,
    })
  })
})
