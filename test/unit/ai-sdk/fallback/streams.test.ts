import { type FallbackAttempt, fallback } from 'modelspine/ai-sdk'
import { createFakeClock } from 'modelspine/testing'
import { describe, expect, it } from 'vitest'
import {
  type Act,
  answer,
  apiError,
  begin,
  delta,
  finish,
  partsOf,
  plain,
  prompt,
  scriptedModel,
  start,
  Throws,
} from './scripted-model.ts'

const down = new Throws(new Error('down'))

/** A stream of a model with this script, before a healthy one, which gives `b`. */
async function streamed(
  first: { readonly opening?: Throws | 'hang'; readonly parts?: readonly Act[] },
  options = {},
) {
  const a = scriptedModel('a', first)
  const b = scriptedModel('b')
  const { stream, ...opened } = await fallback([a, b], options).doStream(prompt)
  const { parts, error } = await partsOf(stream)
  return { a, b, opened, error, parts: parts.map(plain) }
}

describe('a stream that fails before its first output', () => {
  const failures: readonly (readonly [string, { opening?: Throws; parts?: readonly Act[] }])[] = [
    ['before it begins', { opening: down }],
    ['with undefined', { opening: new Throws(undefined) }],
    ['at once', { parts: [down] }],
    [
      'after its frame',
      { parts: [start, { type: 'raw', rawValue: 1 }, { type: 'ping' }, begin, delta(''), down] },
    ],
    [
      'with an error part',
      { parts: [start, begin, { type: 'error', error: { message: 'Overloaded' } }, finish] },
    ],
    ['with an error part that is undefined', { parts: [{ type: 'error', error: undefined }] }],
    ['by its end', { parts: [start, begin] }],
    ['by an end without anything', { parts: [] }],
    [
      'by a finish that is an error',
      { parts: [start, { ...finish, finishReason: { unified: 'error', raw: undefined } } as Act] },
    ],
    ['with something that is no part', { parts: [null as unknown as Act] }],
  ]
  it.each(failures)('%s leaves nothing behind, and the next model answers', async (_when, script) => {
    const { a, parts, opened, error } = await streamed(script)
    expect(error).toBeUndefined()
    expect(parts).toEqual(answer('b'))
    expect(opened).toEqual({ request: { body: 'b' }, response: { headers: { 'x-model': 'b' } } })
    expect(a.calls).toHaveLength(1)
  })

  it('cannot be one that throws instead of rejecting', async () => {
    const a = scriptedModel('a')
    a.doStream = () => {
      throw new Error('sync')
    }
    a.doGenerate = a.doStream as never
    const model = fallback([a, scriptedModel('b')], { rest: false })
    expect((await partsOf((await model.doStream(prompt)).stream)).parts.map(plain)).toEqual(answer('b'))
    expect((await model.doGenerate(prompt)).content).toEqual([{ type: 'text', text: 'b' }])
  })

  it('is not waited for longer than firstOutputMs', async () => {
    const clock = createFakeClock()
    for (const first of [{ opening: 'hang' as const }, { parts: [start, begin, 'hang' as const] }]) {
      const running = streamed(first, { clock, timeouts: { firstOutputMs: 500 } })
      await clock.advance(499)
      await clock.advance(1)
      const { a, parts } = await running
      expect(parts).toEqual(answer('b'))
      expect(a.calls[0]?.abortSignal?.aborted).toBe(true)
      expect(clock.pendingTimers).toBe(0)
    }
  })

  it('is cancelled although its model heeds no abort and answers late', async () => {
    const clock = createFakeClock()
    const a = scriptedModel('a')
    let open = (): void => {}
    const opened = new Promise<void>((resolve) => {
      open = resolve
    })
    const { doStream } = a
    a.doStream = async (options) => {
      await opened
      return await doStream(options)
    }
    const running = fallback([a, scriptedModel('b')], { clock, timeouts: { firstOutputMs: 500 } }).doStream(
      prompt,
    )
    await clock.advance(500)
    expect((await partsOf((await running).stream)).parts.map(plain)).toEqual(answer('b'))
    open()
    await clock.advance(0)
    expect(a.cancelled).toBe(1)
  })
})

describe('a stream that fails after output', () => {
  it.each([
    ['is cut', [start, begin, delta('he'), new Throws(new Error('reset'))], 'reset'],
    ['ends without finish', [start, begin, delta('he')], 'the stream ended without a finish'],
  ] as const)('that %s is an error, and nothing is said twice', async (_how, script, message) => {
    const told: FallbackAttempt[] = []
    const decided: unknown[] = []
    const { parts, error, b } = await streamed(
      { parts: script },
      { onAttempt: told.push.bind(told), shouldFailover: (cause: unknown) => decided.push(cause) > 0 },
    )
    expect(decided).toEqual([])
    expect(told).toMatchObject([{ outcome: 'failed', error: { message } }])
    expect(parts).toEqual([start, begin, delta('he')])
    expect(error).toMatchObject({ name: 'ModelspineError', message: expect.stringContaining(message) })
    expect(b.calls).toHaveLength(0)
  })

  it('is one after reasoning, a tool call, a source or a file, too', async () => {
    const outputs: readonly Act[] = [
      { type: 'reasoning-delta', id: '1', delta: 'hm' },
      { type: 'tool-input-delta', id: '1', delta: '{' },
      { type: 'tool-call', toolCallId: '1', toolName: 't', input: '{}' },
      { type: 'tool-result', toolCallId: '1', toolName: 't', result: 1 },
      { type: 'tool-approval-request', approvalId: '1', toolCallId: '1' },
      { type: 'source', sourceType: 'url', id: '1', url: 'http://127.0.0.1' },
      { type: 'file', mediaType: 'a/b', data: { type: 'data', data: '' } },
      { type: 'reasoning-file', mediaType: 'a/b', data: { type: 'data', data: '' } },
      { type: 'custom', kind: 'a.b' },
      { type: 'of-tomorrow' } as unknown as Act,
    ]
    for (const output of outputs) {
      const { parts, error, b } = await streamed({ parts: [output, down] })
      expect([parts, error instanceof Error, b.calls.length]).toEqual([[output], true, 0])
    }
  })

  it('passes an error part on, and what follows, and never looks complete', async () => {
    const error = { type: 'error', error: { message: 'Overloaded' } } as const
    const attempts: unknown[] = []
    const told = await streamed(
      { parts: [start, delta('he'), error, delta('llo'), finish] },
      {
        onAttempt: ({ outcome, error: cause }: { outcome: string; error: unknown }) =>
          attempts.push([outcome, cause]),
      },
    )
    expect(told.parts).toEqual([
      start,
      delta('he'),
      error,
      delta('llo'),
      { ...finish, finishReason: { unified: 'error', raw: 'end_turn' } },
    ])
    expect(told.error).toBeUndefined()
    expect(attempts).toEqual([['failed', { message: 'Overloaded' }]])
    const cut = await streamed({ parts: [start, delta('he'), error] })
    expect([cut.parts, cut.error]).toEqual([[start, delta('he'), error], undefined])
  })

  it('passes on what the model itself says of an answer that broke off', async () => {
    const broken = { ...finish, finishReason: { unified: 'interrupted', raw: undefined } } as Act
    const { parts, error } = await streamed({ parts: [start, delta('he'), broken] })
    expect([parts, error]).toEqual([[start, delta('he'), broken], undefined])
  })

  it('is none when its finish has come already', async () => {
    const late = { type: 'error', error: new Error('late') } as const
    for (const [after, more] of [
      [down, []],
      [late, [late]],
    ] as const) {
      const outcomes: string[] = []
      const onAttempt = ({ outcome }: FallbackAttempt) => outcomes.push(outcome)
      const { parts, error } = await streamed({ parts: [start, delta('he'), finish, after] }, { onAttempt })
      expect([parts, error, outcomes]).toEqual([[start, delta('he'), finish, ...more], undefined, ['ok']])
    }
  })

  it('is none when it hangs after its finish', async () => {
    const clock = createFakeClock()
    const outcomes: string[] = []
    const onAttempt = ({ outcome }: FallbackAttempt) => outcomes.push(outcome)
    const running = streamed({ parts: [start, delta('he'), finish, 'hang'] }, { clock, onAttempt })
    await clock.advance(0)
    const { parts, error, a } = await running
    expect([parts, error, outcomes]).toEqual([[start, delta('he'), finish], undefined, ['ok']])
    // Its end is awaited behind the caller's back, for a while.
    expect([a.cancelled, clock.pendingTimers]).toEqual([0, 1])
    await clock.advance(10_000)
    expect([a.cancelled, clock.pendingTimers]).toEqual([1, 0])
  })

  it('is read to its end, so that the middleware of a model hears of it', async () => {
    let isFlushed = false
    const a = scriptedModel('a')
    const { doStream } = a
    a.doStream = async (options) => {
      const { stream, ...rest } = await doStream(options)
      const flush = (): void => {
        isFlushed = true
      }
      return { ...rest, stream: stream.pipeThrough(new TransformStream({ flush })) }
    }
    await partsOf((await fallback([a]).doStream(prompt)).stream)
    expect(isFlushed).toBe(true)
  })

  it('is cut when it pauses for idleMs', async () => {
    const clock = createFakeClock()
    const told: FallbackAttempt[] = []
    const options = { clock, timeouts: { idleMs: 700 }, onAttempt: told.push.bind(told) }
    const running = streamed({ parts: [start, delta('he'), 'hang'] }, options)
    await clock.advance(699)
    await clock.advance(1)
    const { parts, error, a, b } = await running
    expect([parts, b.calls.length, a.cancelled]).toEqual([[start, delta('he')], 0, 1])
    expect(error).toMatchObject({ code: 'timeout' })
    expect(told).toMatchObject([{ error: { code: 'timeout', message: 'scripted a paused for too long' } }])
    expect(clock.pendingTimers).toBe(0)
  })
})

describe('a caller who leaves', () => {
  it.each(['before there is a stream', 'in the middle of a stream'])(
    '%s aborts the attempt, with the reason that was given',
    async (when) => {
      const clock = createFakeClock()
      const isEarly = when.startsWith('before')
      const a = scriptedModel('a', isEarly ? { opening: 'hang' } : { parts: [start, delta('he'), 'hang'] })
      const b = scriptedModel('b')
      const caller = new AbortController()
      const listeners = counted(caller.signal)
      const attempts: string[] = []
      const model = fallback([a, b], { clock, onAttempt: ({ outcome }) => attempts.push(outcome) })
      const opening = model.doStream({ ...prompt, abortSignal: caller.signal })
      const running = isEarly ? opening : opening.then(({ stream }) => partsOf(stream))
      const seen = Promise.resolve(running).then(
        (value) => value,
        (error: unknown) => ({ error }),
      )
      await clock.advance(0)
      const reason = new DOMException('enough', 'AbortError')
      caller.abort(reason)
      expect(((await seen) as { error: unknown }).error).toBe(reason)
      expect(a.calls[0]?.abortSignal?.aborted).toBe(true)
      expect([b.calls.length, listeners(), clock.pendingTimers, attempts]).toEqual([0, 0, 0, ['aborted']])
    },
  )

  it('by cancelling the stream ends the call', async () => {
    const clock = createFakeClock()
    const a = scriptedModel('a', { parts: [start, delta('he'), 'hang'] })
    const { stream } = await fallback([a], { clock }).doStream(prompt)
    const reader = stream.getReader()
    await reader.read()
    await reader.cancel()
    expect([a.calls[0]?.abortSignal?.aborted, a.cancelled, clock.pendingTimers]).toEqual([true, 1, 0])
  })

  it('leaves no listener when everything went well', async () => {
    const caller = new AbortController()
    const listeners = counted(caller.signal)
    const model = fallback([scriptedModel('a', { opening: down }), scriptedModel('b')])
    await model.doGenerate({ ...prompt, abortSignal: caller.signal })
    await partsOf((await model.doStream({ ...prompt, abortSignal: caller.signal })).stream)
    expect(listeners()).toBe(0)
  })
})

/** How many listeners the signal has. */
function counted(signal: AbortSignal): () => number {
  let count = 0
  const { addEventListener, removeEventListener } = signal
  signal.addEventListener = (...listener: Parameters<typeof addEventListener>) => {
    count += 1
    addEventListener.apply(signal, listener)
  }
  signal.removeEventListener = (...listener: Parameters<typeof removeEventListener>) => {
    count -= 1
    removeEventListener.apply(signal, listener)
  }
  return () => (signal.aborted ? Math.max(0, count - 1) : count)
}

describe('parts', () => {
  it('are read only when the caller reads', async () => {
    const a = scriptedModel('a', { parts: [start, delta('1'), delta('2'), delta('3'), finish] })
    let given = 0
    const { doStream } = a
    a.doStream = async (options) => {
      const { stream, ...rest } = await doStream(options)
      const counting = new TransformStream(
        {
          transform(part, controller) {
            given += 1
            controller.enqueue(part)
          },
        },
        { highWaterMark: 1 },
        { highWaterMark: 0 },
      )
      return { ...rest, stream: stream.pipeThrough(counting) }
    }
    const { stream } = await fallback([a]).doStream(prompt)
    const reader = stream.getReader()
    await reader.read()
    await reader.read()
    expect(given).toBeLessThanOrEqual(3)
    await reader.cancel()
  })

  it('without output are held back up to a bound', async () => {
    const raw = Array.from({ length: 1500 }, (_, rawValue) => ({ type: 'raw', rawValue }) as const)
    const { parts, error, b } = await streamed({ parts: [...raw, down] })
    expect(parts.length).toBeGreaterThanOrEqual(1000)
    expect([error instanceof Error, b.calls.length]).toEqual([true, 0])
  })
})

describe('an API call that fails', () => {
  it('in a stream is final when no model would take the request', async () => {
    const b = scriptedModel('b')
    const model = fallback([scriptedModel('a', { opening: new Throws(apiError(400)) }), b])
    await expect(model.doStream(prompt)).rejects.toMatchObject({ code: 'bad-request', statusCode: 400 })
    expect(b.calls).toHaveLength(0)
  })
})
