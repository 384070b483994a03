import assert from 'node:assert/strict'
import { format, inspect } from 'node:util'
import { nextTurn } from '../clock.ts'
import { messageOf } from '../errors.ts'
import type { SecretStore } from '../security/contract.ts'
import { type KitOptions, type Law, runKit } from './kit.ts'
import { refuses } from './refuses.ts'
import { usualPatienceMs, within } from './within.ts'

/** A store that has one secret, and what its fixture can do to it. */
export interface SecretStoreSubject {
  readonly store: SecretStore
  /** The name of the secret that is there. Its value must not appear in any other text. */
  readonly name: string
  readonly value: string
  /** Gives the secret another value. Leave it out when the store does not see that at once. */
  rotate?(value: string): Promise<void> | void
  /** Makes every later look-up fail. */
  disconnect?(): Promise<void> | void
  /** Makes the vendor answer the next call with a fault of its own, such as status 500. */
  faultNext?(): Promise<void> | void
  /** After this call the vendor takes calls and never answers. */
  stall?(): Promise<void> | void
  /** How many milliseconds an aborted call may take to end. Default 2,000. */
  readonly patienceMs?: number
  /** Makes the vendor refuse the store's credentials from now on, with a text that repeats `credential`. */
  unauthorize?(): Promise<void> | void
  /** A credential that the store was given. No error may show it. */
  readonly credential?: string
}

const unknownName = 'NEVER_SET_ANYWHERE'

export const secretStoreLaws: readonly Law<SecretStoreSubject>[] = [
  {
    name: 'reveals the value of a secret when asked',
    async check({ store, name, value }) {
      assert.ok((await store.resolve(name)).reveal() === value, 'another value was revealed')
    },
  },
  {
    name: 'prints a secret as [secret] in text and JSON',
    async check({ store, name }) {
      const secret = await store.resolve(name)
      assert.equal(String(secret), '[secret]')
      assert.equal(`${secret}`, '[secret]')
      assert.equal(JSON.stringify({ secret }), '{"secret":"[secret]"}')
      assert.equal(format('%s', secret), '[secret]')
      assert.equal(inspect(secret), '[secret]')
    },
  },
  {
    name: 'hides a secret from every inspection and copy',
    async check({ store, name, value }) {
      const secret = await store.resolve(name)
      const shown: readonly (readonly [string, string])[] = [
        ['inspect', inspect({ secret }, { showHidden: true, depth: 9, getters: true })],
        ['inspect as it is', inspect({ secret }, { showHidden: true, depth: 9, customInspect: false })],
        ['format', format('%s %d %i %f %j %o %O', secret, secret, secret, secret, secret, secret, secret)],
        ['own properties', JSON.stringify(Object.getOwnPropertyDescriptors(secret))],
        ['spread', inspect({ ...secret })],
        ['an error message', messageOf(new Error(`failed with ${secret}`))],
        ['structuredClone', copyOf(secret)],
      ]
      for (const [where, text] of shown) assert.ok(!text.includes(value), `${where} shows the value`)
    },
  },
  {
    name: 'throws secret-not-found with the name of an unknown secret',
    async check({ store, name, value }) {
      await refuses('secret-not-found', 'an unknown name', () => store.resolve(unknownName))
      await store.resolve(unknownName).catch((error: unknown) => {
        assert.ok(messageOf(error).includes(unknownName), 'the message does not name the secret')
      })
      await refuses('secret-not-found', 'a name that every object has', () => store.resolve('constructor'))
      assert.ok((await store.resolve(name)).reveal() === value, 'the one that is there is lost')
    },
  },
  {
    name: 'ends a call when its abortSignal has fired',
    async check({ store, name }) {
      const call = { abortSignal: AbortSignal.abort(new Error('enough')) }
      await refuses('aborted', 'resolve', () => store.resolve(name, call))
    },
  },
  {
    name: 'gives the new value after a rotation',
    hooks: ['rotate'],
    async check(subject) {
      const { store, name, value } = subject
      const before = await store.resolve(name)
      await subject.rotate?.(`${value}-rotated`)
      assert.ok((await store.resolve(name)).reveal() === `${value}-rotated`, 'the old value is still told')
      assert.ok(before.reveal() === value, 'a secret in hand changed')
    },
  },
  {
    name: 'throws secret-unavailable when it cannot be reached, instead of secret-not-found',
    hooks: ['disconnect'],
    async check(subject) {
      const { store, name, value } = subject
      await subject.disconnect?.()
      await refuses('secret-unavailable', 'resolve without a store', () => store.resolve(name))
      await hides(value, 'the value', () => store.resolve(name))
    },
  },
  {
    name: 'takes a fault of the vendor as one that passes, and finds the secret afterwards',
    hooks: ['faultNext'],
    async check(subject) {
      const { store, name, value } = subject
      await subject.faultNext?.()
      await refuses('secret-unavailable', 'resolve with a fault of the vendor', () => store.resolve(name))
      assert.ok((await store.resolve(name)).reveal() === value, 'another value was revealed')
    },
  },
  {
    name: 'throws secret-unavailable when the vendor refuses its credentials, and shows none',
    hooks: ['unauthorize', 'credential'],
    async check(subject) {
      const { store, name, credential = '' } = subject
      await subject.unauthorize?.()
      await refuses('secret-unavailable', 'resolve with refused credentials', () => store.resolve(name))
      await hides(credential, 'the credential', () => store.resolve(name))
    },
  },
  {
    name: 'ends a call that the vendor does not answer when its abortSignal fires',
    hooks: ['stall'],
    async check(subject) {
      const { store, name, patienceMs = usualPatienceMs } = subject
      await subject.stall?.()
      const controller = new AbortController()
      const call = { abortSignal: controller.signal }
      const refused = refuses('aborted', 'resolve', () => store.resolve(name, call))
      await nextTurn()
      controller.abort(new Error('enough'))
      await within(patienceMs, refused, 'resolve ends when aborted')
    },
  },
]

/** Registers the laws of SecretStore as tests of one implementation. */
export function secretStoreConformance(options: KitOptions<SecretStoreSubject>): void {
  runKit('SecretStore', secretStoreLaws, options)
}

/** Asserts that the error of a call shows a text nowhere. */
async function hides(text: string, what: string, call: () => Promise<unknown>): Promise<void> {
  await call().catch((error: unknown) => {
    assert.ok(!inspect(error, { depth: 20, showHidden: true }).includes(text), `the error shows ${what}`)
  })
}

/** The inspection of a clone. Empty when the value cannot be cloned. */
function copyOf(value: unknown): string {
  try {
    return inspect(structuredClone(value), { showHidden: true })
  } catch {
    return ''
  }
}
