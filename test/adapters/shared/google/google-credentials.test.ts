import { inspect } from 'node:util'
import { type ModelspineError, secretOf } from 'modelspine/adapter'
import { createFakeClock, type FakeClock } from 'modelspine/testing'
import { describe, expect, it } from 'vitest'
import {
  authFailure,
  type GoogleAuthClient,
  type GoogleCredentialsOption,
  type GoogleToken,
  googleCredentials,
} from '../../../../adapters/shared/google/google-credentials.ts'
import type { CredentialSource } from '../../../../adapters/shared/renewed-credentials.ts'

const minute = 60_000
const noLimits = { timeoutMs: 0, abortSignal: undefined }

interface Scene {
  readonly source: CredentialSource<GoogleToken>
  readonly clock: FakeClock
}

function scene(option: GoogleCredentialsOption): Scene {
  const clock = createFakeClock()
  const context = {
    vendor: 'Vertex',
    unavailable: 'target-unavailable',
    owner: 'vertexTarget',
    clock,
  } as const
  return { source: googleCredentials(option, context), clock }
}

/** Gives tokens that hold for an hour, each time another. */
function hourly(clockOf: () => FakeClock): GoogleAuthClient & { looks: number } {
  let expiry_date = 0
  return {
    looks: 0,
    get credentials() {
      return { expiry_date }
    },
    async getAccessToken() {
      this.looks += 1
      expiry_date = clockOf().now() + 60 * minute
      return { token: `ya29.${this.looks}` }
    },
  }
}

async function failureOf(call: Promise<unknown>): Promise<ModelspineError> {
  return call.then(
    () => expect.unreachable('the call did not fail'),
    (error: ModelspineError) => error,
  )
}

const shown = ({ token }: GoogleToken): string => token.reveal()

describe('an access token of Google', () => {
  it('is asked for once for many callers, and kept until shortly before it expires', async () => {
    const client = hourly(() => clock)
    const { source, clock } = scene(client)
    const all = await Promise.all([1, 2, 3].map(() => source.current(noLimits)))
    expect(new Set(all).size).toBe(1)
    await clock.advance(54 * minute)
    expect(await source.current(noLimits)).toBe(all[0])
    expect(client.looks).toBe(1)
    await clock.advance(2 * minute)
    expect(await source.current(noLimits)).toBe(all[0])
    await clock.advance(0)
    expect(shown(await source.current(noLimits))).toBe('ya29.2')
    await clock.advance(59.8 * minute)
    const late = await Promise.all([1, 2].map(() => source.current(noLimits)))
    expect(late.map(shown)).toEqual(['ya29.3', 'ya29.3'])
  })

  it('is looked for anew after a refusal, once for many callers', async () => {
    const client = hourly(() => clock)
    const { source, clock } = scene(client)
    const first = await source.current(noLimits)
    const others = await Promise.all([1, 2, 3].map(() => source.hasOthers(first, noLimits)))
    expect(others).toEqual([true, true, true])
    expect(client.looks).toBe(2)
  })

  it('of a client that does not say until when is asked for each time', async () => {
    let looks = 0
    const { source } = scene({
      getAccessToken: async () => {
        looks += 1
        return { token: 'ya29.same' }
      },
    })
    const first = await source.current(noLimits)
    expect(await source.current(noLimits)).toBe(first)
    expect(looks).toBe(2)
  })

  it.each([{}, { token: null }, { token: '' }])(
    'is told as missing when the client gives %j',
    async (given) => {
      const { source } = scene({ getAccessToken: async () => given })
      expect((await failureOf(source.current(noLimits))).message).toBe(
        'Vertex: Google gave no credentials: TypeError',
      )
    },
  )

  it('that does not come is waited for no longer than the call', async () => {
    for (const option of [
      { getAccessToken: () => new Promise<never>(() => {}) },
      { token: () => new Promise<never>(() => {}) },
    ]) {
      const { source, clock } = scene(option)
      const late = failureOf(source.current({ timeoutMs: 1000, abortSignal: undefined }))
      await clock.advance(1000)
      expect(await late).toMatchObject({ code: 'target-unavailable', retryable: true })
    }
  })

  it('that is given is one object as long as it is the same', async () => {
    let value = 'ya29.one'
    const { source } = scene({ token: () => secretOf(value) })
    const first = await source.current(noLimits)
    expect(await source.current(noLimits)).toBe(first)
    expect(await source.hasOthers(first, noLimits)).toBe(false)
    value = 'ya29.two'
    expect(await source.hasOthers(first, noLimits)).toBe(true)
    expect(inspect(await source.current(noLimits), { depth: 9 })).not.toContain('ya29')
  })

  it('that cannot be read fails with the error of its store', async () => {
    const { source } = scene({
      token: async () => {
        throw new TypeError('the store is closed')
      },
    })
    await expect(source.current(noLimits)).rejects.toThrow('the store is closed')
  })
})

describe('a failed search for credentials of Google', () => {
  const gaxios = (members: object): Error =>
    Object.assign(new Error('the file has hunter2'), { name: 'GaxiosError', ...members })

  it.each([
    [new Error('Could not load the default credentials. Browse to https://x'), /^Could not load the default/],
    [
      gaxios({ status: 400, response: { data: { error: 'invalid_grant' } } }),
      /^GaxiosError 400 invalid_grant$/,
    ],
    [gaxios({ code: 'ECONNREFUSED' }), /^GaxiosError ECONNREFUSED$/],
    [gaxios({ response: { data: { error: 'hunter2 !' } } }), /^GaxiosError$/],
    [new SyntaxError(`Unexpected token 'h', "hunter2" is not valid JSON`), /^SyntaxError$/],
    ['hunter2', /^Error$/],
  ])('tells of %s only what is harmless', (error, told) => {
    expect(authFailure(error)).toMatch(told)
  })
})
