import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { nextTurn } from '../../clock.ts'
import { isModelspineError, type ModelspineError } from '../../errors.ts'
import type { RegistryCallOptions } from '../../registry/contract.ts'
import type { Law } from '../kit.ts'
import { refuses } from '../refuses.ts'
import { usualPatienceMs, within } from '../within.ts'
import { all, byAlias, byVersion, type ModelRegistrySubject, nth, type SeededModel } from './subject.ts'

/** Longer than any short retry of an HTTP client waits. */
const throttledMs = 60_000

const approved = { approval: 'approved' } as const

/** Laws of a vendor that cannot be reached or refuses. */
export const faultLaws: readonly Law<ModelRegistrySubject>[] = [
  {
    name: 'throws registry-unavailable when it cannot be reached, instead of model-not-found',
    hooks: ['disconnect'],
    async check(subject) {
      const { registry, seed } = subject
      const model = await seed({ name: 'churn', versions: [approved] })
      await subject.disconnect?.()
      for (const version of [nth(model, 0), '987654']) {
        await refuses('registry-unavailable', `resolving version ${version} without a registry`, () =>
          registry.resolve(byVersion(model, version)),
        )
      }
    },
  },
  {
    name: 'takes a fault of the vendor as one that passes, and finds the model afterwards',
    hooks: ['faultNext'],
    check: (subject) =>
      passes(
        subject,
        () => subject.faultNext?.(),
        'a fault of the vendor',
        () => {},
      ),
  },
  {
    name: 'passes on how long a vendor with too many calls asks to wait, and finds the model afterwards',
    hooks: ['throttleNext'],
    check: (subject) =>
      passes(
        subject,
        () => subject.throttleNext?.(throttledMs),
        'too many calls',
        ({ retryAfterMs }, what) =>
          assert.ok(
            retryAfterMs !== undefined && retryAfterMs >= throttledMs,
            `${what} says to wait ${retryAfterMs} ms, not ${throttledMs}`,
          ),
      ),
  },
  {
    name: 'throws auth when the vendor refuses its credentials, and shows none',
    hooks: ['unauthorize', 'credential'],
    async check(subject) {
      const { credential = '' } = subject
      const model = await subject.seed({ name: 'churn', versions: [approved] })
      await subject.unauthorize?.()
      for (const [name, call] of Object.entries(calls(subject, model))) {
        const error = await thrown(call, name)
        assert.ok(isModelspineError(error, 'auth'), `${name} should throw auth, but threw: ${String(error)}`)
        const printed = inspect(error, { depth: 20, showHidden: true })
        assert.ok(!printed.includes(credential), `${name} shows the credential`)
      }
    },
  },
  {
    name: 'ends a call that the vendor does not answer when its abortSignal fires',
    hooks: ['stall'],
    async check(subject) {
      const model = await subject.seed({ name: 'churn', versions: [approved] })
      await subject.stall?.()
      const controller = new AbortController()
      const waiting = calls(subject, model, { abortSignal: controller.signal })
      const refused = Object.entries(waiting).map(([name, call]) =>
        within(
          subject.patienceMs ?? usualPatienceMs,
          refuses('aborted', name, call),
          `${name} ends when aborted`,
        ),
      )
      await nextTurn()
      controller.abort(new Error('enough'))
      await Promise.all(refused)
    },
  },
]

function calls(
  { registry }: ModelRegistrySubject,
  model: SeededModel,
  options: RegistryCallOptions = {},
): Readonly<Record<string, () => Promise<unknown>>> {
  return {
    resolve: () => registry.resolve(byVersion(model, nth(model, 0)), options),
    'resolve latest-approved': () => registry.resolve(byAlias(model, 'latest-approved'), options),
    models: () => all(registry.models(options)),
    versions: () => all(registry.versions(model.name, options)),
  }
}

/** Lets the vendor refuse the first call of each method, which must say so, and do the second. */
async function passes(
  subject: ModelRegistrySubject,
  arm: () => Promise<void> | void,
  what: string,
  check: (error: ModelspineError, what: string) => void,
): Promise<void> {
  const model = await subject.seed({ name: 'churn', versions: [approved] })
  for (const [name, call] of Object.entries(calls(subject, model))) {
    await arm()
    const error = await thrown(call, name)
    assert.ok(
      isModelspineError(error, 'registry-unavailable') && error.retryable,
      `${name}: ${what} should throw registry-unavailable, retryable, but threw: ${String(error)}`,
    )
    check(error, name)
    await call()
  }
}

async function thrown(call: () => Promise<unknown>, name: string): Promise<unknown> {
  return call().then(
    (answer) => assert.fail(`${name} answers ${inspect(answer)}`),
    (error: unknown) => error,
  )
}
