import { inspect } from 'node:util'
import fc from 'fast-check'
import { type ModelspineError, secretOf } from 'modelspine/adapter'
import { createFakeClock, type FakeClock } from 'modelspine/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  createGoogleClient,
  type GoogleConnection,
} from '../../../../adapters/shared/google/google-client.ts'
import type { GoogleWords } from '../../../../adapters/shared/google/google-words.ts'
import { googlePath, resourcePath } from '../../../../adapters/shared/google/resource-path.ts'
import type { VendorClient } from '../../../../adapters/shared/vendor-client.ts'
import { type GoogleReply, type SmallGoogle, smallGoogle, statusError } from './small-google.ts'

const words: GoogleWords = {
  vendor: 'Vertex',
  owner: 'vertexTarget',
  unavailable: 'target-unavailable',
  refused: 'target-refused',
}
const forProviders: GoogleWords = {
  ...words,
  unavailable: 'unavailable',
  throttled: 'rate-limited',
  refused: 'bad-request',
  oneAttempt: true,
}
const service = { host: 'aiplatform.googleapis.com' }

let ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.reverse()) await end()
  ends = []
})

interface Scene {
  readonly google: SmallGoogle
  readonly client: VendorClient
  readonly clock: FakeClock
}

async function scene(
  replies: readonly GoogleReply[],
  connection: GoogleConnection = {},
  own: GoogleWords = words,
  known: readonly string[] = ['ya29.ours'],
): Promise<Scene> {
  const clock = createFakeClock()
  const google = await smallGoogle((_, place) => replies[place] ?? replies.at(-1) ?? {}, known)
  const client = createGoogleClient(
    { endpoint: google.url, credentials: { token: secretOf('ya29.ours') }, ...connection },
    service,
    own,
    clock,
  )
  ends.push(google.close, client.close)
  return { google, client, clock }
}

async function failureOf(call: Promise<unknown>): Promise<ModelspineError> {
  return call.then(
    () => expect.unreachable('the call did not fail'),
    (error: ModelspineError) => error,
  )
}

const get = { method: 'GET', path: '/v1/projects/p' } as const
const post = { method: 'POST', path: '/v1/projects/p:undo', body: {} } as const

describe('a client of Google', () => {
  it('shows the token, and the project that pays', async () => {
    const { google, client } = await scene([{ body: '{"name":"p","new":1}' }], { quotaProject: 'payer-1' })
    expect(await client.read(z.object({ name: z.string() }), get)).toEqual({ name: 'p' })
    expect(google.calls[0]).toMatchObject({
      url: '/v1/projects/p',
      headers: { authorization: 'Bearer ya29.ours', 'x-goog-user-project': 'payer-1' },
    })
  })

  it('takes the project that pays from the credentials, below the option', async () => {
    const credentials = {
      quotaProjectId: 'of-credentials',
      getAccessToken: async () => ({ token: 'ya29.ours' }),
    }
    const { google, client } = await scene([], { credentials })
    await client.call(get)
    const { google: other, client: own } = await scene([], { credentials, quotaProject: 'own' })
    await own.call(get)
    expect(google.calls[0]?.headers['x-goog-user-project']).toBe('of-credentials')
    expect(other.calls[0]?.headers['x-goog-user-project']).toBe('own')
  })

  it('asks at the public address, unless another is given', () => {
    const client = createGoogleClient({}, service, words)
    ends.push(client.close)
    expect(client.baseUrl).toBe('https://aiplatform.googleapis.com')
  })

  it.each([
    ['RESOURCE_EXHAUSTED', 429, 'target-unavailable', true, 'rate-limited'],
    ['UNAVAILABLE', 503, 'target-unavailable', true, 'unavailable'],
    ['INTERNAL', 500, 'target-unavailable', true, 'unavailable'],
    ['DEADLINE_EXCEEDED', 504, 'target-unavailable', true, 'unavailable'],
    ['CANCELLED', 499, 'target-unavailable', true, 'unavailable'],
    ['ABORTED', 409, 'target-unavailable', true, 'unavailable'],
    ['INVALID_ARGUMENT', 400, 'target-refused', false, 'bad-request'],
    ['FAILED_PRECONDITION', 400, 'target-refused', false, 'bad-request'],
    ['ALREADY_EXISTS', 409, 'target-refused', false, 'bad-request'],
    ['NOT_FOUND', 404, 'target-refused', false, 'bad-request'],
    ['UNIMPLEMENTED', 501, 'target-refused', false, 'bad-request'],
    ['PERMISSION_DENIED', 403, 'auth', false, 'auth'],
    ['UNAUTHENTICATED', 401, 'auth', false, 'auth'],
  ])(
    'reads %s (%d) as %s, retryable: %s, and for a provider as %s',
    async (status, number, own, retryable, other) => {
      const details = [
        { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '7.25s' },
        { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'A_REASON', domain: 'googleapis.com' },
      ]
      const { client } = await scene([statusError(status, 'why so', details)])
      expect(await failureOf(client.call(post))).toMatchObject({
        code: own,
        retryable,
        retryAfterMs: 7250,
        message: `Vertex: ${status}: why so`,
        details: { status: number, reason: status, cause: 'A_REASON' },
      })
      const { client: provider } = await scene([statusError(status, 'why so')], {}, forProviders)
      expect(await failureOf(provider.call(post))).toMatchObject({ code: other, retryable })
    },
  )

  it.each([
    [400, 'INVALID_ARGUMENT', 'target-refused'],
    [401, 'UNAUTHENTICATED', 'auth'],
    [403, 'PERMISSION_DENIED', 'auth'],
    [404, 'NOT_FOUND', 'target-refused'],
    [408, 'UNAVAILABLE', 'target-unavailable'],
    [409, 'ABORTED', 'target-unavailable'],
    [429, 'RESOURCE_EXHAUSTED', 'target-unavailable'],
    [500, 'UNAVAILABLE', 'target-unavailable'],
  ])('reads an error that has only the number %d as %s', async (status, reason, code) => {
    const body = JSON.stringify({ error: { code: status, message: 'why so' } })
    const { client } = await scene([{ status, body }])
    expect(await failureOf(client.call(post))).toMatchObject({ code, details: { reason } })
  })

  it('waits as a header says, when both say how long', async () => {
    const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '7s' }]
    const { client } = await scene([
      { ...statusError('UNAVAILABLE', 'x', details), headers: { 'retry-after': '3' } },
    ])
    expect((await failureOf(client.call(post))).retryAfterMs).toBe(3000)
  })

  it('reads the errors of methods that stream, and those without the name of a status', async () => {
    const listed = { status: 404, body: '[{"error":{"code":404,"message":"gone","status":"NOT_FOUND"}}]' }
    const unnamed = { status: 409, body: '{"error":{"code":409,"message":"meanwhile"}}' }
    const { client } = await scene([listed, unnamed])
    expect((await failureOf(client.call(post))).message).toBe('Vertex: NOT_FOUND: gone')
    expect((await failureOf(client.call(post))).message).toBe('Vertex: ABORTED: meanwhile')
  })

  it('takes a page of a proxy for what its status says', async () => {
    const { client } = await scene([
      { status: 404, body: '<html>not here' },
      { status: 502, body: '{"error":"busy"}' },
    ])
    expect(await failureOf(client.call(post))).toMatchObject({ code: 'target-unavailable', retryable: false })
    expect(await failureOf(client.call(post))).toMatchObject({ code: 'target-unavailable', retryable: true })
  })

  it('lets the adapter say what an error means', async () => {
    const own: GoogleWords = {
      ...words,
      meaning: ({ status }, message) =>
        status === 'NOT_FOUND' ? { code: 'model-not-found', message } : undefined,
    }
    const { client } = await scene(
      [statusError('NOT_FOUND', 'gone'), statusError('INVALID_ARGUMENT', 'no')],
      {},
      own,
    )
    expect(await failureOf(client.call(post))).toMatchObject({
      code: 'model-not-found',
      details: { reason: 'NOT_FOUND' },
    })
    expect((await failureOf(client.call(post))).code).toBe('target-refused')
  })
})

describe('the token of a client of Google', () => {
  it('is asked for anew after a refusal, once a call, for calls that may not be repeated too', async () => {
    let asked = 0
    const token = () => secretOf(++asked === 1 ? 'ya29.old' : 'ya29.ours')
    const { google, client } = await scene([], { credentials: { token } })
    await client.call(post)
    expect(google.calls.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer ya29.old',
      'Bearer ya29.ours',
    ])
  })

  it('that is refused twice is told as such, without being shown', async () => {
    const asked: string[] = []
    const credentials = {
      getAccessToken: async () => {
        asked.push(`ya29.wrong-${asked.length}`)
        return { token: asked.at(-1) ?? '' }
      },
    }
    const { google, client } = await scene([], { credentials })
    const error = await failureOf(client.call(post))
    expect(error).toMatchObject({ code: 'auth', retryable: false, details: { status: 401 } })
    expect(google.calls).toHaveLength(2)
    for (const token of asked) expect(`${inspect(error, { depth: 9 })}${error.stack}`).not.toContain(token)
  })

  it('that is the same after a refusal is not sent again', async () => {
    const { google, client } = await scene([], { credentials: { token: secretOf('ya29.wrong') } })
    expect((await failureOf(client.call(get))).code).toBe('auth')
    expect(google.calls).toHaveLength(1)
  })

  it('appears in no error, whatever Google quotes and wherever', async () => {
    const quote = 'Bearer ya29.ours'
    const details = [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: quote }]
    const { client } = await scene([
      statusError('INVALID_ARGUMENT', quote, details),
      statusError(quote, quote),
    ])
    for (const error of [await failureOf(client.call(post)), await failureOf(client.stream(post))]) {
      const shown = `${inspect(error, { depth: 9, showHidden: true })}${JSON.stringify(error)}${error.stack}`
      expect(shown).not.toContain('ya29.ours')
    }
  })
})

describe('the options of a client of Google', () => {
  it.each([
    ['endpoint', { endpoint: 'no url' }],
    ['endpoint', { endpoint: 'ftp://host' }],
    ['quotaProject', { quotaProject: 'My Project' }],
    ['quotaProject', { quotaProject: '' }],
  ])('are refused with the name of the field: %s', (field, connection) => {
    expect(() => createGoogleClient(connection, service, words)).toThrow(
      expect.objectContaining({
        code: 'invalid-options',
        details: { field },
        message: expect.stringMatching(`^${field} `),
      }),
    )
  })
})

describe('a path of Google', () => {
  const character = fc.constantFrom(...'/:@%?#&+ \\.aä\n', '\ud800', '%2F', '😀')

  it('has each name in one segment, whatever characters it has, and a server reads the same name', () => {
    fc.assert(
      fc.property(fc.string({ unit: character, minLength: 1 }), (given) => {
        const name = given.toWellFormed()
        fc.pre(name !== '.' && name !== '..')
        const url = new URL(`https://host/v1/${googlePath`models/${name}:predict`}?x=1`)
        const segments = url.pathname.split('/')
        expect(segments).toHaveLength(4)
        expect(segments[3]?.match(/:/g)).toHaveLength(1)
        expect(decodeURIComponent(segments[3] ?? '')).toBe(`${name}:predict`)
        expect(url.search).toBe('?x=1')
      }),
    )
  })

  it('of a resource keeps its slashes and the sign of a version', () => {
    expect(resourcePath('projects/p/locations/l/models/m@2')).toBe('projects/p/locations/l/models/m@2')
    expect(resourcePath('projects/p?/models/a:b')).toBe('projects/p%3F/models/a%3Ab')
    expect(() => resourcePath('projects/../x')).toThrow('cannot be a part of an address')
    expect(() => resourcePath('/projects')).toThrow('cannot be a part of an address')
  })
})
