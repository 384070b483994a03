import {
  EmptyResponseBodyError,
  InvalidPromptError,
  LoadAPIKeyError,
  NoSuchProviderReferenceError,
  UnsupportedFunctionalityError,
} from '@ai-sdk/provider'
import { StreamProviderError } from 'ai'
import { describe, expect, it } from 'vitest'
import { modelFailure } from '../../../src/ai-sdk/model-failure.ts'
import { upstreamFailure } from '../../../src/ai-sdk/provider/upstream-failure.ts'
import { ModelspineError } from '../../../src/errors.ts'
import { isNotCarried } from '../../../src/provider/contract/not-carried.ts'
import { apiError } from './fallback/scripted-model.ts'

const codeOf = (cause: unknown): string => modelFailure(cause, { provider: 'p', modelId: 'm' }, 0).code
const body = (error: unknown): string => JSON.stringify({ error })

describe('an error of the AI SDK', () => {
  it.each([
    ['a status', apiError(503), 'overloaded'],
    ['a network that failed', apiError(undefined), 'unavailable'],
    ['a wrong key', apiError(401), 'auth'],
    ['an unknown model', apiError(404), 'not-found'],
    ['a wrong request', apiError(400), 'bad-request'],
    ['a status that may pass', apiError(409), 'unavailable'],
    ['a reply with status 200 that is none', apiError(200), 'malformed-reply'],
    [
      'too long a prompt',
      apiError(400, { body: body({ code: 'context_length_exceeded' }) }),
      'context-length',
    ],
    ['no money', apiError(429, { body: body({ code: 'insufficient_quota' }) }), 'quota'],
    ['an overloaded vendor', apiError(529, { body: body({ type: 'overloaded_error' }) }), 'overloaded'],
    [
      'an error in an answer with status 200',
      apiError(200, { body: body({ type: 'overloaded_error' }) }),
      'overloaded',
    ],
    ['a body that is no JSON', apiError(500, { body: '<html>' }), 'unavailable'],
    ['what a model cannot do', new UnsupportedFunctionalityError({ functionality: 'images' }), 'unsupported'],
    [
      'a file of another vendor',
      new NoSuchProviderReferenceError({ provider: 'p', reference: {} }),
      'unsupported',
    ],
    ['a key that is missing', new LoadAPIKeyError({ message: 'none' }), 'auth'],
    ['a prompt that is none', new InvalidPromptError({ prompt: 1, message: 'no' }), 'bad-request'],
    ['a reply without a body', new EmptyResponseBodyError(), 'malformed-reply'],
    ['an error of a stream', new StreamProviderError({ message: 'no', statusCode: 429 }), 'rate-limited'],
    ['a plain object of a stream', { type: 'error', error: { type: 'overloaded_error' } }, 'overloaded'],
    ['a text', 'Overloaded', 'unavailable'],
    ['undefined', undefined, 'unavailable'],
    ['null', null, 'unavailable'],
    ['a limit of time of its own', new DOMException('late', 'TimeoutError'), 'timeout'],
    ['an abort of its own', new DOMException('gone', 'AbortError'), 'interrupted'],
    ['any other error', new TypeError('x is undefined'), 'unavailable'],
  ])('that tells of %s has its code', (_what, cause, code) => {
    expect(codeOf(cause)).toBe(code)
  })

  it('of a package that cannot say the call tells that nothing was sent, and no answer does', () => {
    const refused = new UnsupportedFunctionalityError({ functionality: 'images' })
    const facts = { model: 'm', abortSignal: new AbortController().signal, hasBegun: false, nowMs: 0 }
    for (const [cause, unsent] of [
      [refused, true],
      [apiError(501), false],
    ] as const) {
      const errors = [modelFailure(cause, { provider: 'p', modelId: 'm' }, 0), upstreamFailure(cause, facts)]
      expect(errors.map((error) => [error.code, isNotCarried(error)])).toEqual(
        Array(2).fill(['unsupported', unsent]),
      )
    }
  })

  it('of another copy of the package is known by its marker', () => {
    const copy = { [Symbol.for('vercel.ai.error.AI_APICallError')]: true, message: 'm', statusCode: 429 }
    expect(codeOf(copy)).toBe('rate-limited')
  })

  it('stays as it is when it is ours', () => {
    const error = new ModelspineError('not-ready', 'soon')
    expect(modelFailure(error, { provider: 'p', modelId: 'm' }, 0)).toBe(error)
  })

  it.each([
    ['no-route', 'not-found'],
    ['stopped', 'unavailable'],
    ['aborted', 'interrupted'],
    ['policy-denied', 'policy-denied'],
  ] as const)('of a route that is a model has the code of a provider: %s', (code, failure) => {
    expect(codeOf(new ModelspineError(code, 'no'))).toBe(failure)
  })

  it('keeps the error as cause, says who failed, and hides keys', () => {
    const cause = apiError(401, { message: 'Incorrect API key provided: Bearer abcdef123456' })
    const failure = modelFailure(cause, { provider: 'openai', modelId: 'gpt' }, 0)
    expect(failure.cause).toBe(cause)
    expect(failure.message).toMatch(/^openai gpt: Incorrect API key/)
    expect(failure.message).not.toContain('abcdef123456')
  })

  it.each([
    [{ 'retry-after': '7' }, 7000],
    [{ 'retry-after-ms': '80' }, 80],
    [{ 'retry-after': 'Thu, 01 Jan 1970 00:00:03 GMT' }, 2000],
    [{}, undefined],
  ])('tells how long to wait: %j', (headers, waitMs) => {
    expect(modelFailure(apiError(429, { headers }), { provider: 'p', modelId: 'm' }, 1000).retryAfterMs).toBe(
      waitMs,
    )
  })
})
