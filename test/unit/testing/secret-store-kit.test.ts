import { describe, expect, it } from 'vitest'
import { ModelspineError, throwIfAborted, unlessAborted } from '../../../src/errors.ts'
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
  'takes a fault of the vendor as one that passes, and finds the secret afterwards': () =>
    vaultSubject('takes a fault for an absence'),
  'throws secret-unavailable when the vendor refuses its credentials, and shows none': () =>
    vaultSubject('shows its credential'),
  'ends a call that the vendor does not answer when its abortSignal fires': () => vaultSubject('waits on'),
}

/** A store over a vendor that misbehaves when it is told, with one defect or none. */
function vaultSubject(
  defect?: 'takes a fault for an absence' | 'shows its credential' | 'waits on',
): SecretStoreSubject {
  const credential = 'root-token-5e11'
  let secret = value
  let state: 'well' | 'down' | 'faulty' | 'stalled' | 'refusing' = 'well'
  const unavailable = (why: string): ModelspineError => new ModelspineError('secret-unavailable', why)
  return {
    name: 'TOKEN',
    value,
    credential,
    patienceMs: 100,
    store: {
      async resolve(name, { abortSignal } = {}) {
        throwIfAborted(abortSignal, 'resolve')
        if (state === 'down') throw unavailable('no connection')
        if (state === 'refusing') {
          throw unavailable(`refused: ${defect === 'shows its credential' ? credential : '[secret]'}`)
        }
        if (state === 'stalled') {
          const heard = defect === 'waits on' ? undefined : abortSignal
          await unlessAborted(new Promise(() => {}), heard, () => new ModelspineError('aborted', 'enough'))
        }
        const isFaulty = state === 'faulty'
        state = 'well'
        if (isFaulty && defect !== 'takes a fault for an absence') throw unavailable('status 500')
        if (!isFaulty && name === 'TOKEN') return secretOf(secret)
        throw new ModelspineError('secret-not-found', `no secret "${name}"`)
      },
    },
    rotate(next) {
      secret = next
    },
    disconnect() {
      state = 'down'
    },
    faultNext() {
      state = 'faulty'
    },
    stall() {
      state = 'stalled'
    },
    unauthorize() {
      state = 'refusing'
    },
  }
}

describe('the kit of SecretStore', () => {
  it('reports no fault of a store that keeps the laws', async () => {
    expect(await brokenLaws('SecretStore', secretStoreLaws, () => ({ subject: vaultSubject() }))).toEqual([])
  })

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
