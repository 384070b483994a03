import { describe, expect, it } from 'vitest'
import { bytesReplyOf } from '../../../src/dialects/open-inference/infer-bytes.ts'
import type { Signal, SignalEvent } from '../../../src/feedback/contract.ts'
import {
  createFeedback,
  type FeedbackOptions,
  type FeedbackRoom,
} from '../../../src/feedback/create-feedback.ts'
import type { MetricReading } from '../../../src/telemetry/contract.ts'
import { createFakeClock, type FakeClock } from '../../../src/testing/index.ts'
import { answered, tensorReply } from './replies.ts'

const deployment = 'default/churn'

function started(options: Partial<FeedbackOptions> = {}): {
  clock: FakeClock
  feedback: FeedbackRoom
  startMs: number
} {
  const clock = createFakeClock()
  return { clock, feedback: createFeedback({ clock, ...options }), startMs: clock.now() }
}

function read(
  feedback: FeedbackRoom,
  metric: string,
  fromMs: number,
  toMs: number,
  revision = 'one',
): MetricReading {
  return feedback.query({ metric, labels: { deployment, revision }, interval: { fromMs, toMs } })
}

const label = (requestId: string, value: unknown): Signal => ({ kind: 'label', requestId, value })

describe('labels', () => {
  it('are joined to the prediction, and give the accuracy of the revision', () => {
    const { clock, feedback, startMs } = started()
    feedback.attempted(answered('a', clock.now(), tensorReply(['label', 3])))
    feedback.attempted(answered('b', clock.now(), tensorReply(['label', 4])))
    expect(feedback.record(label('a', 3))).toEqual({ outcome: 'joined' })
    expect(feedback.record(label('b', '5'))).toEqual({ outcome: 'joined' })
    const covered = { fromMs: startMs, toMs: startMs }
    expect(read(feedback, 'labels.accuracy', startMs, startMs + 1000)).toEqual({
      kind: 'ratio',
      hits: 1,
      total: 2,
      covered,
      retried: 0,
      expected: 2,
      heard: 2,
    })
    expect(read(feedback, 'labels.accuracy', startMs, startMs + 1000, 'two').kind).toBe('no-data')
  })

  it.each<[string, unknown[], unknown]>([
    ['FP16', [0.5, -2], [0.5, '-2']],
    ['BF16', [1, 3], [1, 3]],
    ['BYTES', ['ja', 'nein'], ['ja', 'nein']],
    ['INT64', [2n ** 60n, 7], ['1152921504606846976', 7]],
  ])('are joined to predictions of %s, as bytes and as tensors', (datatype, data, value) => {
    const { clock, feedback, startMs } = started()
    const outputs = [
      { name: 'scores', datatype: 'FP32', shape: [2], data: [0.25, 0.75] },
      { name: 'label', datatype, shape: [2], data },
    ]
    const reply = { kind: 'tensors', outputs } as const
    feedback.attempted(answered('a', clock.now(), reply))
    feedback.attempted(
      answered(
        'b',
        clock.now(),
        bytesReplyOf(reply, 'm', () => true),
      ),
    )
    feedback.attempted(
      answered(
        'c',
        clock.now(),
        bytesReplyOf(reply, 'm', (name) => name === 'label'),
      ),
    )
    for (const id of ['a', 'b', 'c']) expect(feedback.record(label(id, value))).toEqual({ outcome: 'joined' })
    expect(read(feedback, 'labels.accuracy', startMs, startMs + 1)).toMatchObject({ hits: 6, total: 6 })
  })

  it('count each instance of a batch', () => {
    const { clock, feedback, startMs } = started()
    feedback.attempted(answered('a', clock.now(), tensorReply(['label', 1, 2, 3, 4])))
    feedback.record(label('a', [1, 2, 3, 9]))
    expect(read(feedback, 'labels.accuracy', startMs, startMs + 1)).toMatchObject({ hits: 3, total: 4 })
  })

  it('count at the time of the prediction, even when they come late', async () => {
    const { clock, feedback, startMs } = started()
    feedback.attempted(answered('a', clock.now(), tensorReply(['label', 3])))
    await clock.advance(600_000)
    const laterMs = clock.now()
    await clock.advance(60_000)
    feedback.attempted(answered('b', clock.now(), tensorReply(['label', 3])))
    await clock.advance(600_000)
    feedback.record(label('a', 0))
    feedback.record(label('b', 3))
    expect(read(feedback, 'labels.accuracy', laterMs, clock.now())).toMatchObject({ hits: 1, total: 1 })
    expect(read(feedback, 'labels.accuracy', startMs, laterMs)).toMatchObject({ hits: 0, total: 1 })
  })

  it('are compared with the attempt that succeeded', () => {
    const { clock, feedback, startMs } = started()
    const other = { deployment, revision: 'two', provider: 'open-inference', model: 'churn' } as const
    feedback.attempted({ ...answered('a', clock.now()), outcome: 'failed', code: 'timeout' })
    feedback.attempted(answered('a', clock.now(), tensorReply(['label', 3]), other))
    feedback.record(label('a', 3))
    expect(read(feedback, 'labels.accuracy', startMs, startMs + 1).kind).toBe('no-data')
    expect(read(feedback, 'labels.accuracy', startMs, startMs + 1, 'two')).toMatchObject({
      hits: 1,
      total: 1,
    })
  })

  it('are unknown when no upstream answered the request', () => {
    const { clock, feedback } = started()
    feedback.attempted({ ...answered('a', clock.now()), outcome: 'failed', code: 'timeout' })
    expect(feedback.record(label('a', 3)).outcome).toBe('unknown')
  })

  it('count once for a request, and the first label stays', () => {
    const { clock, feedback, startMs } = started()
    feedback.attempted(answered('a', clock.now(), tensorReply(['label', 3])))
    feedback.record(label('a', 3))
    expect(feedback.record(label('a', 4))).toEqual({ outcome: 'duplicate' })
    expect(read(feedback, 'labels.accuracy', startMs, startMs + 1)).toMatchObject({ hits: 1, total: 1 })
    expect(feedback.counts).toMatchObject({ joined: 1, duplicate: 1, late: 0, unknown: 0, remembered: 0 })
  })

  it('are late when their prediction made room for newer ones, and unknown when the request is forgotten', () => {
    const { clock, feedback, startMs } = started({ maxPredictions: 2, maxRequests: 4 })
    for (const id of ['a', 'b', 'c', 'd', 'e']) {
      feedback.attempted(answered(id, clock.now(), tensorReply(['label', 3])))
    }
    const outcomes = ['a', 'b', 'c', 'd', 'e', 'never'].map((id) => feedback.record(label(id, 3)).outcome)
    expect(outcomes).toEqual(['unknown', 'late', 'late', 'joined', 'joined', 'unknown'])
    expect(feedback.counts).toMatchObject({ unknown: 2, late: 2, joined: 2 })
    expect(read(feedback, 'labels.accuracy', startMs, startMs + 1)).toMatchObject({ total: 2 })
    expect(read(feedback, 'labels.late', startMs, startMs + 1)).toMatchObject({
      kind: 'ratio',
      hits: 2,
      total: 4,
    })
  })

  it('use a prediction that the caller gives, even when the reply is gone', () => {
    const { clock, feedback, startMs } = started({ maxPredictions: 1 })
    feedback.attempted(answered('a', clock.now(), tensorReply(['label', 3])))
    feedback.attempted(answered('b', clock.now(), tensorReply(['label', 3])))
    expect(feedback.record({ kind: 'label', requestId: 'a', value: 'no', prediction: 'yes' }).outcome).toBe(
      'joined',
    )
    expect(feedback.record({ kind: 'label', requestId: 'b', value: 'yes', prediction: 'yes' }).outcome).toBe(
      'joined',
    )
    expect(read(feedback, 'labels.accuracy', startMs, startMs + 1)).toMatchObject({ hits: 1, total: 2 })
  })

  it('are unreadable when the reply has no prediction, and may come again', () => {
    const { clock, feedback } = started()
    feedback.attempted(answered('scores', clock.now(), tensorReply(['scores', 0.1, 0.9])))
    feedback.attempted(answered('chat', clock.now()))
    expect(feedback.record(label('scores', 1)).outcome).toBe('unreadable')
    expect(feedback.record(label('chat', 1)).outcome).toBe('unreadable')
    expect(feedback.record({ kind: 'label', requestId: 'scores', value: 1, prediction: 1 }).outcome).toBe(
      'joined',
    )
    expect(feedback.counts.unreadable).toBe(2)
  })

  it('are unreadable when the extractor of the deployment throws, and are joined when it gives a prediction', () => {
    const { clock, feedback, startMs } = started({
      predictionOf(reply, key) {
        if (key !== deployment || reply.kind !== 'tensors') throw new Error('not mine')
        return reply.outputs[0]?.data.indexOf(0.9)
      },
    })
    const other = { deployment: 'default/other', revision: 'one', provider: 'p', model: 'm' } as const
    feedback.attempted(answered('a', clock.now(), tensorReply(['scores', 0.1, 0.9])))
    feedback.attempted(answered('b', clock.now(), tensorReply(['scores', 0.1, 0.9]), other))
    expect(feedback.record(label('a', 1)).outcome).toBe('joined')
    expect(feedback.record(label('b', 1)).outcome).toBe('unreadable')
    expect(read(feedback, 'labels.accuracy', startMs, startMs + 1)).toMatchObject({ hits: 1, total: 1 })
  })

  it('are accepted for a deployment when they bring a prediction, and count at the time that they name', async () => {
    const { clock, feedback, startMs } = started()
    await clock.advance(60_000)
    const about = { deployment: 'churn', revision: 'one', atMs: startMs + 1000 } as unknown as {
      deployment: typeof deployment
    }
    expect(feedback.record({ kind: 'label', value: 1, prediction: 1, ...about })).toEqual({
      outcome: 'accepted',
    })
    expect(read(feedback, 'labels.accuracy', startMs, startMs + 2000)).toMatchObject({ hits: 1, total: 1 })
  })
})

describe('ratings and outcomes', () => {
  it('count once for the revision that answered the request', () => {
    const { clock, feedback, startMs } = started()
    feedback.attempted(answered('a', clock.now()))
    feedback.attempted(answered('b', clock.now()))
    const rate = (requestId: string, value: number) =>
      feedback.record({ kind: 'rating', requestId, value }).outcome
    expect([rate('a', 4), rate('a', 1), rate('b', 5), rate('c', 5)]).toEqual([
      'joined',
      'duplicate',
      'joined',
      'unknown',
    ])
    expect(read(feedback, 'ratings.mean', startMs, startMs + 1)).toMatchObject({
      kind: 'distribution',
      count: 2,
      sum: 9,
      sumSquares: 41,
    })
  })

  it('give a ratio for truth values, and a distribution for numbers', () => {
    const { clock, feedback, startMs } = started()
    for (const id of ['a', 'b']) {
      feedback.attempted(answered(id, clock.now()))
      feedback.record({ kind: 'outcome', name: 'churned', requestId: id, value: id === 'a' })
      feedback.record({ kind: 'outcome', name: 'revenue', requestId: id, value: 10 })
    }
    expect(feedback.record({ kind: 'outcome', name: 'churned', requestId: 'a', value: false }).outcome).toBe(
      'duplicate',
    )
    expect(read(feedback, 'outcomes.churned', startMs, startMs + 1)).toMatchObject({
      kind: 'ratio',
      hits: 1,
      total: 2,
    })
    expect(read(feedback, 'outcomes.revenue', startMs, startMs + 1)).toMatchObject({
      kind: 'distribution',
      count: 2,
      sum: 20,
    })
    expect(read(feedback, 'outcomes.never', startMs, startMs + 1)).toMatchObject({ kind: 'no-data' })
  })

  it('count at the present when their time is a little ahead, and are refused when it is far ahead', async () => {
    const { clock, feedback, startMs } = started()
    const rate = (atMs: number) =>
      feedback.record({ kind: 'rating', deployment, revision: 'one', value: 1, atMs })
    expect(rate(startMs + 50_000).outcome).toBe('accepted')
    expect(read(feedback, 'ratings.mean', startMs, startMs + 1)).toMatchObject({ count: 1 })
    // The caller took microseconds for milliseconds.
    expect(() => rate(startMs * 1000)).toThrow(`signal.atMs is ${startMs * 1000}; give milliseconds`)
    await clock.advance(60_000)
    expect(rate(startMs + 60_000).outcome).toBe('accepted')
  })

  it('are late when their time is already forgotten', async () => {
    const { clock, feedback, startMs } = started({ keepMs: 60_000 })
    await clock.advance(60_001)
    const rate = (atMs: number) =>
      feedback.record({ kind: 'rating', deployment, revision: 'one', value: 1, atMs })
    expect([rate(startMs).outcome, rate(startMs + 1).outcome]).toEqual(['late', 'accepted'])
  })

  it('count only for the deployment when they name no revision', () => {
    const { feedback, startMs } = started()
    feedback.record({ kind: 'rating', deployment, value: 2 })
    feedback.record({ kind: 'rating', deployment, revision: 'one', value: 4 })
    expect(read(feedback, 'ratings.mean', startMs, startMs + 1)).toMatchObject({ count: 1, sum: 4 })
    const interval = { fromMs: startMs, toMs: startMs + 1 }
    expect(feedback.query({ metric: 'ratings.mean', labels: { deployment }, interval })).toMatchObject({
      count: 2,
      sum: 6,
    })
  })

  it('refuse a new outcome name beyond the limit, and still take the known names', () => {
    const { feedback } = started({ maxOutcomes: 1 })
    const tell = (name: string) => feedback.record({ kind: 'outcome', name, deployment, value: 1 })
    tell('churned')
    expect(() => tell('revenue')).toThrow(
      'signal.name is "revenue", and 1 other outcomes are counted already',
    )
    expect(tell('churned').outcome).toBe('accepted')
  })
})

describe('the memory of requests', () => {
  it.each([
    ['maxRequests', 0],
    ['maxRequests', Number.NaN],
    ['maxPredictions', -1],
    ['maxPredictionBytes', 0.5],
    ['maxOutcomes', Number.POSITIVE_INFINITY],
  ])('refuses %s of %d, because that is no bound', (option, value) => {
    expect(() => started({ [option]: value })).toThrow(
      new RegExp(`^${option} is ${value}; give a whole number`),
    )
  })

  it.each(['maxPredictions', 'maxPredictionBytes'])('keeps no reply when %s is 0', (option) => {
    const { clock, feedback } = started({ [option]: 0 })
    feedback.attempted(answered('r', clock.now(), tensorReply(['label', 1])))
    expect(feedback.counts.remembered).toBe(0)
    expect(feedback.record(label('r', 1)).outcome).toBe('late')
    expect(feedback.record({ kind: 'rating', requestId: 'r', value: 1 }).outcome).toBe('joined')
  })

  it('keeps replies within its limit of bytes', () => {
    const { clock, feedback } = started({ maxPredictionBytes: 10_000 })
    const chunk = new Uint8Array(65_536)
    for (let index = 0; index < 100; index += 1) {
      const bytes = chunk.subarray(index * 100, index * 100 + 100)
      feedback.attempted(
        answered(`r${index}`, clock.now(), { kind: 'bytes', contentType: 'application/json', bytes }),
      )
    }
    expect(feedback.counts.rememberedBytes).toBeLessThanOrEqual(10_000)
    expect(feedback.counts.remembered).toBe(27)
  })

  it('does not keep a reply that is larger than its whole limit', () => {
    const { clock, feedback } = started({ maxPredictionBytes: 1000 })
    feedback.attempted(answered('small', clock.now(), tensorReply(['label', 3])))
    const bytes = new Uint8Array(5000)
    feedback.attempted(answered('large', clock.now(), { kind: 'bytes', contentType: 'image/png', bytes }))
    expect(feedback.record(label('large', 3)).outcome).toBe('late')
    expect(feedback.record(label('small', 3)).outcome).toBe('joined')
  })

  it('gives an id that comes again to the newer request', () => {
    const { clock, feedback, startMs } = started({ maxRequests: 2 })
    feedback.attempted(answered('a', clock.now(), tensorReply(['label', 1])))
    feedback.attempted(answered('a', clock.now(), tensorReply(['label', 2])))
    feedback.attempted(answered('b', clock.now(), tensorReply(['label', 3])))
    expect(feedback.record(label('a', 2)).outcome).toBe('joined')
    expect(read(feedback, 'labels.accuracy', startMs, startMs + 1)).toMatchObject({ hits: 1, total: 1 })
  })

  it('is found by the id that its caller gave it, while no other remembered request has the same', () => {
    const { clock, feedback } = started({ maxRequests: 2 })
    const called = (requestId: string) => ({ ...answered(requestId, clock.now()), callerId: 'mine' })
    const rate = (requestId: string) => feedback.record({ kind: 'rating', requestId, value: 5 }).outcome
    feedback.attempted(called('a'))
    expect(rate('mine')).toBe('joined')
    feedback.attempted(called('b'))
    expect([rate('mine'), rate('a'), rate('b')]).toEqual(['unknown', 'duplicate', 'joined'])
    feedback.attempted(answered('c', clock.now()))
    feedback.attempted(answered('d', clock.now()))
    feedback.attempted(called('e'))
    expect(rate('mine')).toBe('joined')
  })

  it('is still found by that id when two of its attempts were answered, and not when the id is very long', () => {
    const { clock, feedback } = started()
    const called = (requestId: string, callerId: string) => ({
      ...answered(requestId, clock.now()),
      callerId,
    })
    const rate = (requestId: string) => feedback.record({ kind: 'rating', requestId, value: 5 }).outcome
    feedback.attempted(called('a', 'mine'))
    feedback.attempted(called('a', 'mine'))
    expect(rate('mine')).toBe('joined')
    feedback.attempted(called('b', 'x'.repeat(129)))
    expect([rate('x'.repeat(129)), rate('b')]).toEqual(['unknown', 'joined'])
  })

  it('is late once the metrics do not reach back to it, which is counted for each kind of signal', async () => {
    const { clock, feedback } = started({ keepMs: 60_000 })
    const requestId = 'a'
    feedback.attempted(answered(requestId, clock.now(), tensorReply(['label', 1])))
    await clock.advance(61_000)
    const signals: readonly Signal[] = [
      label(requestId, 1),
      { kind: 'rating', requestId, value: 5 },
      { kind: 'outcome', name: 'bought', requestId, value: true },
      { kind: 'outcome', name: 'sold', requestId, value: true },
      { kind: 'rating', deployment, value: 5, atMs: clock.now() - 61_000 },
    ]
    for (const signal of signals) expect(feedback.record(signal).outcome).toBe('late')
    expect(feedback.counts).toMatchObject({ late: 5, lateOf: { label: 1, rating: 2, outcome: 2 } })
    expect(read(feedback, 'labels.late', clock.now() - 1000, clock.now())).toMatchObject({
      hits: 1,
      total: 1,
    })
    feedback.attempted(answered('b', clock.now(), tensorReply(['label', 1])))
    expect(feedback.record(label('b', 1)).outcome).toBe('joined')
    expect(feedback.counts.late).toBe(5)
  })

  it('can have outcomes of its own names, however many names made-up deployments use', () => {
    const { clock, feedback, startMs } = started({ maxOutcomes: 2, isKnown: (key) => key === deployment })
    for (const name of ['x', 'y'])
      feedback.record({ kind: 'outcome', name, deployment: 'default/made-up', value: true })
    expect(() =>
      feedback.record({ kind: 'outcome', name: 'z', deployment: 'default/made-up', value: true }),
    ).toThrow('2 other outcomes')
    feedback.attempted(answered('a', clock.now()))
    feedback.record({ kind: 'outcome', name: 'bought', requestId: 'a', value: true })
    feedback.record({ kind: 'outcome', name: 'sold', deployment, revision: 'one', value: true })
    expect(read(feedback, 'outcomes.bought', startMs, startMs + 1)).toMatchObject({ hits: 1, total: 1 })
  })

  it('knows a request that a provider answered, but counts nothing for it', () => {
    const { clock, feedback, startMs } = started()
    feedback.attempted(answered('a', clock.now(), undefined, { provider: 'openai', model: 'some-model' }))
    expect(feedback.record({ kind: 'rating', requestId: 'a', value: 5 }).outcome).toBe('joined')
    expect(read(feedback, 'ratings.mean', startMs, startMs + 1).kind).toBe('no-data')
  })
})

describe('listeners of signals', () => {
  it('hear the outcome of each signal until they leave', () => {
    const { clock, feedback, startMs } = started()
    const heard: SignalEvent[] = []
    const leave = feedback.onSignal((event) => heard.push(event))
    feedback.attempted(answered('a', clock.now(), tensorReply(['label', 3])))
    const signal = label('a', 3)
    feedback.record(signal)
    feedback.record({ kind: 'rating', requestId: 'gone', value: 1 })
    leave()
    feedback.record(signal)
    expect(heard).toEqual([
      {
        signal,
        outcome: 'joined',
        receivedAtMs: startMs,
        predictedAtMs: startMs,
        deployment,
        revision: 'one',
      },
      { signal: { kind: 'rating', requestId: 'gone', value: 1 }, outcome: 'unknown', receivedAtMs: startMs },
    ])
  })

  it('are counted when they throw, and the caller and other listeners do not notice', () => {
    const { feedback } = started()
    let heard = 0
    feedback.onSignal(() => {
      throw new Error('broken')
    })
    feedback.onSignal(() => {
      heard += 1
    })
    expect(feedback.record({ kind: 'rating', deployment, value: 1 }).outcome).toBe('accepted')
    expect([heard, feedback.counts.listenerFailures]).toEqual([1, 1])
  })
})

describe('a signal', () => {
  it.each([
    [{ kind: 'lable', requestId: 'a', value: 1 }, 'signal.kind is "lable"; give "label"'],
    [{ kind: 'label', value: 1 }, 'signal.requestId is missing'],
    [{ kind: 'label', requestId: '', value: 1 }, 'signal.requestId is ""'],
    [
      { kind: 'label', requestId: 'a', deployment, value: 1 },
      'signal.deployment is "default/churn"; give no deployment together with a requestId',
    ],
    [{ kind: 'label', requestId: 'a' }, 'signal.value is missing'],
    [{ kind: 'label', deployment, value: 1 }, 'signal.prediction is missing'],
    [{ kind: 'rating', requestId: 'a', value: 'good' }, 'signal.value is "good"; give a number'],
    [{ kind: 'rating', deployment, value: Number.NaN }, 'signal.value is NaN'],
    [{ kind: 'rating', deployment, revision: 3, value: 1 }, 'signal.revision is 3'],
    [{ kind: 'rating', deployment, atMs: -1, value: 1 }, 'signal.atMs is -1'],
    [{ kind: 'outcome', deployment, name: 'a b', value: 1 }, 'signal.name is "a b"'],
    [
      { kind: 'outcome', deployment, name: 'churned', value: 'yes' },
      'signal.value is "yes"; give true, false or a number',
    ],
  ])('is refused with the name of its wrong field: %j', (signal, message) => {
    const { feedback } = started()
    expect(() => feedback.record(signal as unknown as Signal)).toThrow(message)
  })
})
