import { APICallError } from '@ai-sdk/provider'
import { type FallbackAttempt, type FallbackOptions, fallback } from 'modelspine/ai-sdk'
import { createFakeClock } from 'modelspine/testing'
import { describe, expect, it } from 'vitest'
import { apiError, finishReason, plain, prompt, scriptedModel, Throws, usage } from './scripted-model.ts'

const failing = (name: string, error: unknown) => scriptedModel(name, { opening: new Throws(error) })

describe('a reply', () => {
  it('is the one that the model gave, and says in addition who answered', async () => {
    const a = scriptedModel('a')
    const reply = await fallback([a]).doGenerate(prompt)
    expect(plain(reply)).toEqual(await a.doGenerate(prompt))
    expect(reply.providerMetadata).toEqual({
      scripted: { seed: 1 },
      modelspine: { provider: 'scripted', model: 'a', attempts: 1, requestId: expect.any(String) },
    })
  })

  it('is asked for with everything that the caller said', async () => {
    const a = scriptedModel('a')
    const call = {
      ...prompt,
      temperature: 0.5,
      headers: { 'x-a': '1' },
      providerOptions: { p: { q: 1 } },
      seed: 1,
    }
    await fallback([a]).doGenerate(call)
    expect(a.calls).toEqual([{ ...call, abortSignal: expect.any(AbortSignal) }])
  })

  it('that is none, or that is empty because of an error, is a failed attempt', async () => {
    const replies = [
      undefined,
      {},
      { content: [], finishReason: { unified: 'error', raw: undefined }, usage, warnings: [] },
    ]
    for (const reply of replies) {
      const a = scriptedModel('a')
      a.doGenerate = async () => reply as never
      const model = fallback([a, scriptedModel('b')], { rest: false })
      expect((await model.doGenerate(prompt)).content).toEqual([{ type: 'text', text: 'b' }])
    }
    const a = scriptedModel('a')
    a.doGenerate = async () => ({ content: [], finishReason, usage, warnings: [] })
    expect(plain(await fallback([a]).doGenerate(prompt))).toMatchObject({ content: [] })
  })
})

describe('an error', () => {
  const asked = async (error: unknown, options: FallbackOptions = {}): Promise<number> => {
    const b = scriptedModel('b')
    await fallback([failing('a', error), b], options)
      .doGenerate(prompt)
      .then(undefined, () => {})
    return b.calls.length
  }

  it.each([401, 403, 404, 408, 409, 413, 429, 500, 502, 503, 529, undefined])(
    'with status %s leads to the next model',
    async (status) => {
      expect(await asked(apiError(status))).toBe(1)
    },
  )

  it.each([400, 422])('with status %s is final', async (status) => {
    expect(await asked(apiError(status))).toBe(0)
  })

  it('is final, or leads on, as the option says', async () => {
    expect(await asked(apiError(400), { shouldFailover: () => true })).toBe(1)
    expect(await asked(apiError(401), { shouldFailover: () => false })).toBe(0)
    expect(await asked(apiError(500), { shouldFailover: () => false })).toBe(0)
    expect(await asked(apiError(500), { shouldFailover: () => undefined })).toBe(1)
    const throwing = (): never => {
      throw new Error('no')
    }
    expect(await asked(apiError(500), { shouldFailover: throwing })).toBe(1)
    expect(await asked(apiError(400), { shouldFailover: throwing })).toBe(0)
    const rejecting = (async () => throwing()) as unknown as () => boolean
    expect(await asked(apiError(500), { shouldFailover: rejecting })).toBe(1)
    expect(await asked(apiError(400), { shouldFailover: rejecting })).toBe(0)
  })

  it('is told to the option with the model that it came from', async () => {
    const heard: unknown[] = []
    const error = apiError(500)
    const same = [failing('a', error), failing('a', error)]
    const model = fallback(same, { shouldFailover: (...all) => void heard.push(all) })
    await expect(model.doGenerate(prompt)).rejects.toThrow()
    expect(heard).toEqual([
      [error, { provider: 'scripted', modelId: 'a', place: 0 }],
      [error, { provider: 'scripted', modelId: 'a', place: 1 }],
    ])
  })

  it('that the models agree on with the same id is still asked of both', async () => {
    const models = [failing('a', apiError(404)), scriptedModel('a')] as const
    expect((await fallback(models).doGenerate(prompt)).providerMetadata).toMatchObject({
      modelspine: { model: 'a', attempts: 2 },
    })
  })
})

describe('the last error', () => {
  const last = async (error: unknown, ...others: readonly unknown[]) =>
    (await fallback([error, ...others].map((each, place) => failing(`m${place}`, each)))
      .doGenerate(prompt)
      .then(undefined, (cause: unknown) => cause)) as unknown as APICallError & {
      code: string
      details: Record<string, unknown>
    }

  it('is an APICallError of the AI SDK with its fields, which the AI SDK does not retry', async () => {
    const vendor = apiError(503, { headers: { 'retry-after': '3' }, body: 'busy' })
    const error = await last(vendor)
    expect(APICallError.isInstance(error)).toBe(true)
    expect(vendor.isRetryable).toBe(true)
    expect(error).toMatchObject({
      isRetryable: false,
      code: 'overloaded',
      retryAfterMs: 3000,
      message: 'scripted m0: status 503',
    })
    const { statusCode, url, responseHeaders, responseBody, requestBodyValues } = error
    expect({ statusCode, url, responseHeaders, responseBody, requestBodyValues }).toEqual({
      statusCode: 503,
      url: vendor.url,
      responseHeaders: { 'retry-after': '3' },
      responseBody: 'busy',
      requestBodyValues: vendor.requestBodyValues,
    })
    expect(error.cause).toBe(vendor)
    expect(JSON.stringify(error)).not.toContain('secret plan')
  })

  it('says in words what plain objects say that streams carry as errors, without credentials', async () => {
    const error = await last(
      { type: 'server_error', message: 'the engine is overloaded' },
      { error: { message: 'Incorrect API key provided: sk-proj-Abcdefghijklmnop0123456789' } },
    )
    expect(error.message).toMatch(/^2 models failed: .*: the engine is overloaded; .*: Incorrect API key/)
    expect(error.message).not.toContain('bcdefghijklmnop')
  })

  it('tells all attempts, and keeps the last one as cause', async () => {
    const second = new Error('reset')
    const error = await last(apiError(503), second)
    expect(error.message).toBe(
      '2 models failed: scripted m0 (overloaded): status 503; scripted m1 (unavailable): reset',
    )
    expect(error.cause).toBe(second)
    expect(APICallError.isInstance(error)).toBe(false)
    expect(error.details.attempts).toMatchObject([
      { place: 0, modelId: 'm0', code: 'overloaded', outcome: 'failed' },
      { place: 1, modelId: 'm1', code: 'unavailable', outcome: 'failed' },
    ])
  })

  it('hides keys and is short, however many models failed and whatever they say', async () => {
    const key = 'Bearer abcdef123456'
    const said = { type: 'error', error: { message: `busy, ${key}` } }
    const error = await last(new Error(`no, ${key}, ${'x'.repeat(1_000_000)}`), said)
    expect(error.message).not.toContain('abcdef123456')
    expect(error.message).toContain('scripted m1 (unavailable): busy')
    expect(error.message.length).toBeLessThan(3000)
  })

  it('is the reason of the caller, when the caller aborted', async () => {
    const caller = new AbortController()
    const model = fallback([scriptedModel('a', { opening: 'hang' })])
    const reply = Promise.resolve(model.doGenerate({ ...prompt, abortSignal: caller.signal }))
    caller.abort('enough')
    await expect(reply).rejects.toBe('enough')
    await expect(model.doGenerate({ ...prompt, abortSignal: caller.signal })).rejects.toBe('enough')
  })
})

describe('limits', () => {
  it('end an attempt after attemptMs, and the request after requestMs', async () => {
    const clock = createFakeClock()
    const heard: FallbackAttempt[] = []
    const models = [scriptedModel('a', { opening: 'hang' }), scriptedModel('b', { opening: 'hang' })]
    const reply = Promise.resolve(
      fallback(models, {
        clock,
        timeouts: { attemptMs: 300, requestMs: 500 },
        onAttempt: (attempt) => heard.push(attempt),
      }).doGenerate(prompt),
    )
    const failed = expect(reply).rejects.toMatchObject({ code: 'timeout' })
    await clock.advance(500)
    await failed
    expect(heard.map(({ code, durationMs, error }) => [code, durationMs, (error as Error).name])).toEqual([
      ['timeout', 300, 'ModelspineError'],
      ['timeout', 200, 'ModelspineError'],
    ])
    expect([clock.pendingTimers, models.every(({ calls }) => calls[0]?.abortSignal?.aborted)]).toEqual([
      0,
      true,
    ])
  })

  it('lead to the next model whatever the option says, and whatever the model does after its end', async () => {
    const clock = createFakeClock()
    const heard: unknown[] = []
    const models = [scriptedModel('a', { opening: 'hang' }), scriptedModel('b', { opening: 'hang' })]
    const c = scriptedModel('c')
    const reply = fallback([...models, c], {
      clock,
      timeouts: { attemptMs: 300 },
      shouldFailover: (error) => {
        heard.push(error)
        return false
      },
    }).doGenerate(prompt)
    await clock.advance(600)
    expect((await reply).content).toEqual([{ type: 'text', text: 'c' }])
    expect(heard).toEqual([])
  })

  it('leave the next model its share of the time, when nothing is said', async () => {
    const clock = createFakeClock()
    const reply = fallback([scriptedModel('a', { opening: 'hang' }), scriptedModel('b')], {
      clock,
    }).doGenerate(prompt)
    await clock.advance(300_000)
    expect((await reply).content).toEqual([{ type: 'text', text: 'b' }])
  })

  it('bound a stream to its end only when they are given', async () => {
    for (const requestMs of [undefined, 400_000]) {
      const clock = createFakeClock()
      const a = scriptedModel('a', { parts: [{ type: 'text-delta', id: '1', delta: 'he' }, 'hang'] })
      const { stream } = await fallback([a], {
        clock,
        timeouts: { idleMs: 1e9, ...(requestMs && { requestMs }) },
      }).doStream(prompt)
      await stream.getReader().read()
      await clock.advance(700_000)
      expect(a.calls[0]?.abortSignal?.aborted).toBe(requestMs !== undefined)
    }
  })

  it('allow so many attempts', async () => {
    const c = scriptedModel('c')
    const models = [failing('a', apiError(500)), failing('b', apiError(500)), c]
    await expect(fallback(models, { attempts: 2 }).doGenerate(prompt)).rejects.toThrow('2 models failed')
    expect((await fallback(models).doGenerate(prompt)).content).toHaveLength(1)
  })

  it.each([
    [{ attempts: 0 }, 'attempts'],
    [{ timeouts: { idleMs: 0 } }, 'timeouts.idleMs'],
    [{ timeouts: { requestMs: 0.5 } }, 'timeouts.requestMs'],
    [{ rest: { restMs: -1 } }, 'restMs'],
  ] as const)('must be such that can be meant: %j', (options, field) => {
    expect(() => fallback([scriptedModel('a')], options)).toThrow(
      expect.objectContaining({ code: 'invalid-options', details: { field } }),
    )
  })
})

describe('attempts', () => {
  it('are told with the error of the model, and by one request id', async () => {
    const clock = createFakeClock()
    const heard: FallbackAttempt[] = []
    const error = apiError(429)
    const model = fallback([failing('a', error), scriptedModel('b')], {
      clock,
      onAttempt: (each) => void heard.push(each),
    })
    const { providerMetadata } = await model.doGenerate(prompt)
    const requestId = String(providerMetadata?.modelspine?.requestId)
    const common = { requestId, provider: 'scripted', startedAtMs: clock.now(), durationMs: 0 }
    expect(heard).toEqual([
      { ...common, place: 0, modelId: 'a', outcome: 'failed', code: 'rate-limited', error },
      { ...common, place: 1, modelId: 'b', outcome: 'ok' },
    ])
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('no')
      },
    ],
    [
      'rejects',
      async () => {
        throw new Error('no')
      },
    ],
  ])('disturb nothing when who hears of them %s', async (_how, onAttempt) => {
    const model = fallback([failing('a', apiError(429)), scriptedModel('b')], { onAttempt })
    expect((await model.doGenerate(prompt)).content).toHaveLength(1)
  })
})

describe('a dead model', () => {
  it('costs no answer when 200 requests come at once', async () => {
    const a = failing('a', apiError(500))
    const b = scriptedModel('b')
    const model = fallback([a, b])
    const replies = await Promise.all(Array.from({ length: 200 }, () => model.doGenerate(prompt)))
    expect(replies.filter(({ content }) => content.length === 1)).toHaveLength(200)
    expect([a.calls.length, b.calls.length]).toEqual([200, 200])
    await model.doGenerate(prompt)
    expect(a.calls).toHaveLength(200)
  })

  it('is called once by 50 requests one after another, and probed when its rest is over', async () => {
    const clock = createFakeClock()
    const a = failing('a', apiError(500))
    const model = fallback([a, scriptedModel('b')], { clock })
    for (let asked = 0; asked < 50; asked += 1) await model.doGenerate(prompt)
    expect(a.calls).toHaveLength(1)
    a.opening = undefined
    await clock.advance(30_000)
    expect((await model.doGenerate(prompt)).providerMetadata).toMatchObject({ modelspine: { model: 'a' } })
  })

  it('rests as long as it asked for, or not at all', async () => {
    const clock = createFakeClock()
    const a = failing('a', apiError(429, { headers: { 'retry-after': '2' } }))
    const model = fallback([a, scriptedModel('b')], { clock })
    await model.doGenerate(prompt)
    await clock.advance(1999)
    await model.doGenerate(prompt)
    expect(a.calls).toHaveLength(1)
    await clock.advance(1)
    await model.doGenerate(prompt)
    expect(a.calls).toHaveLength(2)
    const restless = fallback([a, scriptedModel('b')], { clock, rest: false })
    await restless.doGenerate(prompt)
    await restless.doGenerate(prompt)
    expect(a.calls).toHaveLength(4)
  })

  it('is asked all the same when no other is left', async () => {
    const a = failing('a', apiError(500))
    const model = fallback([a, failing('b', apiError(500))])
    await expect(model.doGenerate(prompt)).rejects.toThrow('2 models failed')
    a.opening = undefined
    expect((await model.doGenerate(prompt)).content).toHaveLength(1)
  })
})
