import fc from 'fast-check'
import { isModelspineError } from 'modelspine/adapter'
import { describe, expect, it } from 'vitest'
import { failureOf } from '../../../../adapters/shared/google/google-failure.ts'
import { operationReply } from '../../../../adapters/shared/google/google-operations.ts'
import { googlePages } from '../../../../adapters/shared/google/google-pages.ts'
import { googleError } from '../../../../adapters/shared/google/google-words.ts'

const words = {
  vendor: 'Vertex',
  owner: 'vertexTarget',
  unavailable: 'target-unavailable',
  refused: 'target-refused',
} as const
const name = 'projects/p/locations/l/operations/1'

describe('an operation of Google', () => {
  it('runs until it is done, whatever else it has', () => {
    expect(operationReply.parse({ name, done: false, response: {} })).toEqual({
      name,
      metadata: {},
      state: 'running',
    })
    expect(operationReply.parse({ name, metadata: { step: 'build' } })).toMatchObject({
      metadata: { step: 'build' },
      state: 'running',
    })
  })

  it('ends with a response, which may be empty, or a failure', () => {
    expect(operationReply.parse({ name, done: true, response: { x: 1 } })).toMatchObject({
      state: 'succeeded',
      response: { x: 1 },
    })
    expect(operationReply.parse({ name, done: true })).toMatchObject({ state: 'succeeded', response: {} })
    expect(operationReply.parse({ name, done: true, error: { code: 8, message: 'no room' } })).toMatchObject({
      state: 'failed',
      failure: { status: 'RESOURCE_EXHAUSTED', kind: 'throttled', message: 'no room' },
    })
  })

  it.each([{}, { name: '' }, { name, done: 'yes' }, { name, error: 'text' }, null, []])(
    'is not read from %j',
    (value) => {
      expect(operationReply.safeParse(value).success).toBe(false)
    },
  )
})

describe('a failure within an answer', () => {
  it('is read from anything, and becomes an error with a message', () => {
    fc.assert(
      fc.property(fc.anything(), fc.integer({ min: -1, max: 20 }), fc.anything(), (code, number, details) => {
        for (const value of [code, { code, details }, { code: number, message: 'm', details: [details] }]) {
          const error = googleError(failureOf(value), words)
          expect(isModelspineError(error)).toBe(true)
          expect(error.message).toMatch(/^Vertex: [A-Z_]+(: m)?$/)
        }
      }),
    )
  })

  it('has the status of its number', () => {
    expect([3, 5, 7, 10, 14, 16].map((code) => failureOf({ code }).kind)).toEqual([
      'refused',
      'refused',
      'denied',
      'conflict',
      'unavailable',
      'denied',
    ])
  })

  it.each([
    ['3s', 3000],
    ['0.0001s', 1],
    ['1.5s', 1500],
    ['-1s', undefined],
    ['soon', undefined],
    [3, undefined],
  ])('waits for a RetryInfo of %j', (retryDelay, ms) => {
    const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay }]
    expect(failureOf({ code: 14, details }).retryAfterMs).toBe(ms)
  })
})

describe('the pages of a list', () => {
  const all = async (pages: readonly (readonly number[])[], tokens: (page: number) => string | undefined) => {
    const asked: (string | undefined)[] = []
    const items: number[] = []
    const list = googlePages(
      async (token) => {
        asked.push(token)
        return { items: pages[asked.length - 1] ?? [], nextPageToken: tokens(asked.length) }
      },
      'the list of models',
      'target-unavailable',
    )
    for await (const item of list) items.push(item)
    return { asked, items }
  }

  it('are read in order to the last, empty ones as well', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(fc.nat(9)), { minLength: 1, maxLength: 8 }), async (pages) => {
        const next = (page: number) => (page < pages.length ? `t${page}` : '')
        const { asked, items } = await all(pages, next)
        expect(items).toEqual(pages.flat())
        expect(asked).toEqual([undefined, ...pages.slice(1).map((_, place) => `t${place + 1}`)])
      }),
    )
  })

  it('that repeat, or do not end, are an error', async () => {
    await expect(all([], () => 'again')).rejects.toMatchObject({
      code: 'target-unavailable',
      message: 'the list of models goes on without end: its pages repeat, or are more than 100000',
    })
    let last = 0
    const inCircles = all([], (page) => {
      last = page
      return `t${page % 3}`
    })
    await expect(inCircles).rejects.toThrow('without end')
    expect(last).toBeLessThan(6)
    await expect(all([], (page) => `t${page}`)).rejects.toThrow('without end')
  })
})
