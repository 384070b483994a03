import { inspect } from 'node:util'
import { type ModelspineError, secretOf } from 'modelspine/adapter'
import { createFakeClock, type FakeClock } from 'modelspine/testing'
import { describe, expect, it } from 'vitest'
import {
  type AwsCredentialSource,
  type AwsCredentialsOption,
  awsCredentials,
} from '../../../../adapters/shared/aws/aws-credentials.ts'
import type { AwsIdentity } from '../../../../adapters/shared/aws/credential-chain.ts'

const minute = 60_000
const noLimits = { timeoutMs: 0, abortSignal: undefined }

interface Scene {
  readonly source: AwsCredentialSource
  readonly clock: FakeClock
}

function scene(option: AwsCredentialsOption): Scene {
  const clock = createFakeClock()
  const context = {
    vendor: 'SageMaker',
    unavailable: 'target-unavailable',
    owner: 'sagemakerTarget',
    region: 'eu-west-1',
    clock,
  } as const
  return { source: awsCredentials(option, context), clock }
}

/** Gives keys that hold for an hour, each time others. */
function hourly(clockOf: () => FakeClock): { looks: number; provider: () => Promise<AwsIdentity> } {
  const made = {
    looks: 0,
    provider: async (): Promise<AwsIdentity> => {
      made.looks += 1
      return {
        accessKeyId: `id-${made.looks}`,
        secretAccessKey: `secret-${made.looks}`,
        sessionToken: `token-${made.looks}`,
        expiration: new Date(clockOf().now() + 60 * minute),
      }
    },
  }
  return made
}

async function failureOf(call: Promise<unknown>): Promise<ModelspineError> {
  return call.then(
    () => expect.unreachable('the call did not fail'),
    (error: ModelspineError) => error,
  )
}

describe('credentials of AWS that expire', () => {
  it('are looked up once for many callers, and kept until shortly before they expire', async () => {
    const keys = hourly(() => clock)
    const { source, clock } = scene(keys.provider)
    const all = await Promise.all([1, 2, 3].map(() => source.current(noLimits)))
    expect(new Set(all).size).toBe(1)
    await clock.advance(54 * minute)
    expect(await source.current(noLimits)).toBe(all[0])
    expect(keys.looks).toBe(1)
  })

  it('are renewed aside while they still serve, so that no request waits', async () => {
    const keys = hourly(() => clock)
    const { source, clock } = scene(keys.provider)
    const first = await source.current(noLimits)
    await clock.advance(56 * minute)
    expect(await source.current(noLimits)).toBe(first)
    await clock.advance(0)
    expect((await source.current(noLimits)).accessKeyId).toBe('id-2')
    expect(keys.looks).toBe(2)
  })

  it('are the same object while a look gives the same keys, and serve as long as the look says', async () => {
    let looks = 0
    const { source, clock } = scene(async () => {
      looks += 1
      return { accessKeyId: 'id', secretAccessKey: 's', expiration: new Date(clock.now() + 60 * minute) }
    })
    const first = await source.current(noLimits)
    await clock.advance(59.8 * minute)
    expect(await source.current(noLimits)).toBe(first)
    await clock.advance(54 * minute)
    expect(await source.current(noLimits)).toBe(first)
    expect(looks).toBe(2)
    expect(await source.hasOthers(first, noLimits)).toBe(false)
    expect(await source.current(noLimits)).toBe(first)
    expect(looks).toBe(3)
  })

  it('are waited for in their last half minute, once for many callers', async () => {
    const keys = hourly(() => clock)
    const { source, clock } = scene(keys.provider)
    await source.current(noLimits)
    await clock.advance(59.8 * minute)
    const all = await Promise.all([1, 2].map(() => source.current(noLimits)))
    expect(all.map(({ accessKeyId }) => accessKeyId)).toEqual(['id-2', 'id-2'])
  })

  it('serve to their end when a renewal fails, then the failure is told, and the next call looks again', async () => {
    let looks = 0
    let works = true
    const { source, clock } = scene(async () => {
      looks += 1
      if (!works) throw new Error('the vault said hunter2')
      const expiration = new Date(clock.now() + 60 * minute)
      return { accessKeyId: `id-${looks}`, secretAccessKey: 's', expiration }
    })
    await source.current(noLimits)
    works = false
    await clock.advance(56 * minute)
    for (let times = 0; times < 5; times += 1) {
      expect((await source.current(noLimits)).accessKeyId).toBe('id-1')
      await clock.advance(0)
    }
    expect(looks).toBe(2)
    await clock.advance(10_000)
    await source.current(noLimits)
    await clock.advance(0)
    expect(looks).toBe(3)
    await clock.advance(3.8 * minute)
    const error = await failureOf(source.current(noLimits))
    expect(error).toMatchObject({ code: 'target-unavailable', retryable: true })
    expect(error.message).toBe('SageMaker: AWS gave no credentials: Error')
    expect(inspect(error, { depth: 9 })).not.toContain('hunter2')
    works = true
    expect((await source.current(noLimits)).accessKeyId).toBe('id-5')
  })

  it('that hang are waited for no longer than the call, and asked for anew, three times', async () => {
    let looks = 0
    const { source, clock } = scene(() => {
      looks += 1
      return new Promise(() => {})
    })
    for (let times = 1; times <= 3; times += 1) {
      const late = failureOf(source.current({ timeoutMs: 1000, abortSignal: undefined }))
      await clock.advance(1000)
      expect((await late).message).toContain('its credentials were not there in time')
    }
    expect((await failureOf(source.current(noLimits))).message).toContain(
      '3 times, and all of them still hang',
    )
    expect(looks).toBe(3)
    const stopped = AbortSignal.abort()
    expect((await failureOf(source.current({ timeoutMs: 0, abortSignal: stopped }))).code).toBe('aborted')
  })

  it.each([{}, { accessKeyId: 'id' }, { accessKeyId: '', secretAccessKey: 's' }])(
    'are told as missing when what was found is %j',
    async (identity) => {
      const { source } = scene(async () => identity as AwsIdentity)
      expect((await failureOf(source.current(noLimits))).message).toContain('AWS gave no credentials')
    },
  )

  it('print nowhere', async () => {
    const { source } = scene(async () => ({
      accessKeyId: 'id',
      secretAccessKey: 'hunter2',
      sessionToken: 'tok3n',
    }))
    const shown = inspect(await source.current(noLimits)) + JSON.stringify(await source.current(noLimits))
    expect(shown).not.toMatch(/hunter2|tok3n/)
  })
})

describe('keys of AWS that are given', () => {
  it('are one object as long as they are the same, so that a signing key is made once', async () => {
    let secret = 'one'
    const { source } = scene({ accessKeyId: 'id', secretAccessKey: () => secretOf(secret) })
    const first = await source.current(noLimits)
    expect(await source.current(noLimits)).toBe(first)
    expect(await source.hasOthers(first, noLimits)).toBe(false)
    secret = 'two'
    expect(await source.hasOthers(first, noLimits)).toBe(true)
    expect((await source.current(noLimits)).secretAccessKey.reveal()).toBe('two')
  })

  it('that cannot be read fail with the error of their store', async () => {
    const { source } = scene({
      accessKeyId: 'id',
      secretAccessKey: async () => {
        throw new TypeError('the store is closed')
      },
    })
    await expect(source.current(noLimits)).rejects.toThrow('the store is closed')
  })

  it('that do not come are waited for no longer than the call', async () => {
    const { source, clock } = scene({ accessKeyId: 'id', secretAccessKey: () => new Promise(() => {}) })
    const late = failureOf(source.current({ timeoutMs: 1000, abortSignal: undefined }))
    await clock.advance(1000)
    expect(await late).toMatchObject({ code: 'target-unavailable', retryable: true })
  })
})
