import { describe, expect, it } from 'vitest'
import { ModelspineError } from '../../../src/errors.ts'
import type { SecretStore } from '../../../src/security/contract.ts'
import { envSecrets } from '../../../src/security/env-secrets.ts'
import { secretOf } from '../../../src/security/secret.ts'
import { brokenLaws, type SecretStoreSubject, secretStoreLaws } from '../../../src/testing/index.ts'

type Break = (store: SecretStore) => Partial<SecretStoreSubject>

const value = 'hunter2-value'
const answering = (resolve: SecretStore['resolve']): Partial<SecretStoreSubject> => ({ store: { resolve } })

/** By law: what a store does that breaks it. */
const breaks: Readonly<Record<string, Break>> = {
  'reveals the value of a secret when asked': () => answering(async () => secretOf('another')),
  'prints a secret as [secret] in text and JSON': () => answering(async () => ({ reveal: () => value })),
  'shows a secret to no inspection and in no copy': () =>
    answering(async () => {
      const hidden = { reveal: () => value, toString: () => '[secret]', toJSON: () => '[secret]' }
      return Object.defineProperty(hidden, 'value', { value, enumerable: false })
    }),
  'says which secret is not there': () => answering(async (name) => secretOf(name === 'TOKEN' ? value : '')),
  'ends a call whose signal has fired': (store) => answering((name) => store.resolve(name)),
  'sees a value that was rotated': () => ({ rotate() {} }),
  'tells a store that cannot be reached from a secret that is not there': () => {
    let reachable = true
    return {
      disconnect() {
        reachable = false
      },
      ...answering(async () => {
        if (reachable) return secretOf(value)
        throw new ModelspineError('secret-unavailable', 'no connection', { cause: { sent: value } })
      }),
    }
  },
}

describe('the kit of SecretStore', () => {
  it('has a broken store for every law', () => {
    expect(Object.keys(breaks).sort()).toEqual(secretStoreLaws.map(({ name }) => name).sort())
  })

  it.each(Object.entries(breaks))('sees the breach of: %s', async (law, breakIt) => {
    const laws = secretStoreLaws.filter(({ name }) => name === law)
    const store = envSecrets({ env: { TOKEN: value } })
    const errors = await brokenLaws('SecretStore', laws, () => ({
      subject: { store, name: 'TOKEN', value, ...breakIt(store) },
    }))
    expect(errors.map(({ message }) => message)).toEqual([
      expect.stringContaining(`breaks the law of SecretStore "${law}"`),
    ])
    expect(errors[0]?.message).not.toContain(value)
  })
})
