import { describe, expect, it } from 'vitest'
import { ModelspineError } from '../../../src/errors.ts'
import type { SecretStore } from '../../../src/security/contract.ts'
import { envSecrets } from '../../../src/security/env-secrets.ts'
import { secretOf } from '../../../src/security/secret.ts'
import { brokenLaws, type SecretStoreSubject, secretStoreLaws } from '../../../src/testing/index.ts'

type Break = (store: SecretStore) => Partial<SecretStoreSubject>

const value = 'hunter2-value'
const answering = (resolve: SecretStore['resolve']): Partial<SecretStoreSubject> => ({ store: { resolve } })

/** For each law, a change to a store that breaks the law. */
const breaks: Readonly<Record<string, Break>> = {
  'reveals the value of a secret when asked': () => answering(async () => secretOf('another')),
  'prints a secret as [secret] in text and JSON': () => answering(async () => ({ reveal: () => value })),
  'hides a secret from every inspection and copy': () =>
    answering(async () => {
      const hidden = { reveal: () => value, toString: () => '[secret]', toJSON: () => '[secret]' }
      return Object.defineProperty(hidden, 'value', { value, enumerable: false })
    }),
  'throws secret-not-found with the name of an unknown secret': () =>
    answering(async (name) => secretOf(name === 'TOKEN' ? value : '')),
  'ends a call when its abortSignal has fired': (store) => answering((name) => store.resolve(name)),
  'gives the new value after a rotation': () => ({ rotate() {} }),
  'throws secret-unavailable when it cannot be reached, instead of secret-not-found': () => {
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

  it.each(Object.entries(breaks))('reports a store that breaks the law: %s', async (law, breakIt) => {
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
