import { describe, expect, it } from 'vitest'
import { type ErrorCode, ModelspineError } from '../../../../src/errors.ts'
import { isNotCarried, notCarried } from '../../../../src/provider/contract/not-carried.ts'
import { route, scenario, scriptedProvider, tensors, text, vendor } from '../scenario.ts'

const limited = () =>
  new ModelspineError('rate-limited', 'the vendor answered 429: slow down', {
    details: { status: 429 },
    retryAfterMs: 7000,
    cause: new Error('why'),
  })

const failureOf = (...errors: readonly (ErrorCode | ModelspineError)[]) => {
  const providers = Object.fromEntries(
    errors.map((error, place) => [`p${place}`, scriptedProvider(`p${place}`, error)]),
  )
  const [first = '', ...others] = Object.keys(providers)
  const { router } = scenario({
    routes: [
      route([vendor(first)], { fallback: others.map((name) => vendor(name)), attempts: errors.length }),
    ],
    providers,
  })
  return router.infer('m', tensors).then(
    () => undefined,
    (error: ModelspineError) => error,
  )
}

describe('the error of a routed request', () => {
  it('says who failed with what, and its message names the last provider', async () => {
    const original = limited()
    const error = await failureOf('unavailable', original)
    expect(error).toMatchObject({
      code: 'rate-limited',
      message: 'provider p1: the vendor answered 429: slow down',
      retryAfterMs: 7000,
      retryable: true,
    })
    expect(error?.cause).toBe(original.cause)
    expect(error?.details).toEqual({
      status: 429,
      attempts: [
        { provider: 'p0', model: 'p0-model', code: 'unavailable' },
        { provider: 'p1', model: 'p1-model', code: 'rate-limited' },
      ],
    })
  })

  it('leaves the error that the provider threw as it was', async () => {
    const original = limited()
    await failureOf(original)
    await failureOf(original)
    expect(original).toMatchObject({
      message: 'the vendor answered 429: slow down',
      details: { status: 429 },
    })
    expect(original.details).not.toHaveProperty('attempts')
  })

  it('does not name a provider twice', async () => {
    for (const message of ['p0 is busy', 'the stream of provider p0 ended', 'provider p0 gave no answer'])
      expect((await failureOf(new ModelspineError('overloaded', message)))?.message).toBe(message)
  })

  it('is still one that was not carried', async () => {
    const error = await failureOf(notCarried('no such field'))
    expect(isNotCarried(error)).toBe(true)
    expect(error?.message).toBe('provider p0: no such field')
  })

  it('says so for a stream that breaks, before its first output and after it', async () => {
    for (const events of [['overloaded'], [text('half'), 'overloaded']] as const) {
      const a = Object.assign(scriptedProvider('p0'), { events })
      const { router } = scenario({ routes: [route([vendor('p0')])], providers: { p0: a } })
      const read = async (): Promise<void> => {
        const stream = await router.chatStream('m', { messages: [] })
        for await (const _ of stream.events);
      }
      await expect(read()).rejects.toMatchObject({
        code: 'overloaded',
        details: { attempts: [{ provider: 'p0', model: 'p0-model', code: 'overloaded' }] },
      })
    }
  })

  it('has no attempts when nobody was asked', async () => {
    const { router } = scenario({ routes: [], providers: {} })
    const error = await router.infer('nobody', tensors).catch((thrown: unknown) => thrown)
    expect((error as ModelspineError).details).not.toHaveProperty('attempts')
  })

  it('names whom the request waited for when its time is over, and does not blame the one', async () => {
    const { router, clock } = scenario({
      routes: [route([vendor('p0')], { timeout: '5s' })],
      providers: { p0: scriptedProvider('p0', 'hang') },
    })
    const failed = router.infer('m', tensors).catch((thrown: unknown) => thrown)
    await clock.advance(5000)
    expect(await failed).toMatchObject({
      code: 'timeout',
      message: 'route default/m gave no complete answer within 5000 ms',
      details: { timeoutMs: 5000, attempts: [{ provider: 'p0', model: 'p0-model', code: 'timeout' }] },
    })
  })
})
