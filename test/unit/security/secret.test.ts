import { describe, expect, it } from 'vitest'
import { envSecrets } from '../../../src/security/env-secrets.ts'
import { secretOf } from '../../../src/security/secret.ts'
import { secretStoreConformance } from '../../../src/testing/index.ts'

secretStoreConformance({
  describe,
  it,
  name: 'envSecrets',
  create() {
    const env: Record<string, string> = { TOKEN: 'hunter2-value' }
    return {
      subject: {
        store: envSecrets({ env }),
        name: 'TOKEN',
        value: 'hunter2-value',
        rotate(value) {
          env.TOKEN = value
        },
      },
    }
  },
})

describe('a secret', () => {
  it('cannot be changed, and can be read only with its method', () => {
    const secret = secretOf('hunter2')
    expect(Object.isFrozen(secret)).toBe(true)
    expect(Reflect.ownKeys(secret)).toEqual([])
    expect(secret.reveal()).toBe('hunter2')
  })

  it('does not show in an error that is made with it', () => {
    const secret = secretOf('hunter2')
    const error = new Error(`no login with ${secret}`, { cause: { secret } })
    expect(error.message).toBe('no login with [secret]')
    expect(JSON.stringify(error.cause)).toBe('{"secret":"[secret]"}')
  })
})

describe('envSecrets', () => {
  it('reads the environment only when it is asked', async () => {
    const reads: PropertyKey[] = []
    const env = new Proxy<Record<string, string>>(
      { TOKEN: 'a', OTHER: 'b' },
      {
        get(target, name) {
          reads.push(name)
          return Reflect.get(target, name)
        },
      },
    )
    const store = envSecrets({ env })
    expect(reads).toEqual([])
    await store.resolve('TOKEN')
    expect(reads).toEqual(['TOKEN'])
  })

  it('reads the environment of its process when it is given none', async () => {
    const store = envSecrets()
    process.env.MODELSPINE_TEST_SECRET = 'from the process'
    try {
      expect((await store.resolve('MODELSPINE_TEST_SECRET')).reveal()).toBe('from the process')
    } finally {
      delete process.env.MODELSPINE_TEST_SECRET
    }
  })

  it('treats an empty variable as missing, and says so', async () => {
    await expect(envSecrets({ env: { TOKEN: '' } }).resolve('TOKEN')).rejects.toMatchObject({
      code: 'secret-not-found',
      message: 'the environment variable "TOKEN" is empty',
    })
  })
})
