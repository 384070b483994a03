import { describe, expect, it } from 'vitest'
import type { DeploymentTarget, ObservedTarget } from '../../../../src/deployment-target/contract.ts'
import { memoryTarget } from '../../../../src/deployment-target/memory-target.ts'
import { ModelspineError } from '../../../../src/errors.ts'
import { timeoutsOf } from '../../../../src/plane/call-timeouts.ts'
import { guardTarget } from '../../../../src/plane/wiring/guards/guard-target.ts'
import { hideSecrets } from '../../../../src/plane/wiring/hide-secrets.ts'
import { priorities } from '../../../../src/reconcile/priority.ts'
import type { Revision } from '../../../../src/resources/deployment/revision.ts'
import type { Key } from '../../../../src/resources/metadata.ts'
import { createKnownSecrets } from '../../../../src/rollout/shell/known-secrets.ts'
import type { Secret } from '../../../../src/security/contract.ts'
import { secretOf } from '../../../../src/security/secret.ts'
import { revisionFor, specWith } from '../../rollout/machine/fixtures.ts'
import { guardScene, outcome, settled } from './guards/guard-scene.ts'

const key = 'default/digits'
const valueFor = (reference: string): string => `value-of-${reference}`
const said = `400: ${valueFor('v:one')} ${valueFor('v:two')}`
const holding = (reference: string): Revision => {
  const spec = specWith({ rolling: { step: 100, every: '0s' } })
  return revisionFor(1, { ...spec, runtime: { ...spec.runtime, secrets: { TOKEN: reference } } })
}
const both = [holding('v:one'), holding('v:two')]
const sending = { operationId: 'o', fence: 1, secret: async () => secretOf('x') }
const wanting = (revisions: readonly Revision[]) => ({ revisions, split: [], scale: { min: 1, max: 1 } })
const failing = (error: unknown) => async () => Promise.reject(error)

function scene(
  way: Partial<DeploymentTarget>,
  secret: (reference: string) => Promise<Secret> = async (reference) => secretOf(valueFor(reference)),
) {
  const guard = guardScene()
  const asked: string[] = []
  const knownSecrets = createKnownSecrets()
  const words = hideSecrets({
    knownSecrets,
    secret(reference) {
      asked.push(reference)
      return secret(reference)
    },
  })
  const together = { clock: guard.clock, togetherMs: 5, most: 100 }
  const part = guard.parts.guard('target', 'prod')
  const target = guardTarget(part, { ...memoryTarget(), ...way }, timeoutsOf(), {
    limited: true,
    words,
    together,
  })
  return { ...guard, asked, knownSecrets, target }
}

const hangs = (): Promise<never> => new Promise(() => {})
const isAway = failing(new ModelspineError('secret-unavailable', 'the vault is away'))

const observation = (message: string): ObservedTarget => ({
  revisions: [{ revision: 'r1', state: 'ready', message }],
  operations: [],
})

describe('the words of a target', () => {
  it('are shown without the secrets, which are looked up together and each one once', async () => {
    const coming: (() => void)[] = []
    const { target, asked } = scene(
      { apply: failing(new Error(said)) },
      (reference) => new Promise((resolve) => coming.push(() => resolve(secretOf(valueFor(reference))))),
    )
    const applied = outcome(target.apply(key, wanting(both), { ...sending, applied: both }))
    await settled(applied)
    await new Promise(setImmediate)
    expect(asked).toEqual(['v:one', 'v:two'])
    for (const come of coming) come()
    expect(await applied).toBe('undefined: 400: [secret] [secret]')
  })

  it.each([
    ['apply', 'refused'],
    ['apply', 'failed'],
    ['apply', 'not-sent'],
    ['destroy', 'failed'],
    ['destroy', 'not-sent'],
  ] as const)('in an answer of %s that was %s are shown without secrets', async (verb, kind) => {
    const { target } = scene({ [verb]: async () => ({ kind, reason: said, message: said }) })
    const answer =
      verb === 'apply'
        ? await target.apply(key, wanting(both), sending)
        : await target.destroy(key, { ...sending, applied: both })
    const clean = '400: [secret] [secret]'
    expect(answer).toEqual({ kind, reason: clean, message: clean })
  })

  it('in an answer of check are shown without secrets', async () => {
    const answers = [
      { kind: 'accepted', warnings: [said, 'fine'] },
      { kind: 'refused', reason: said, message: said },
    ] as const
    const clean = '400: [secret] [secret]'
    const shown = [
      { kind: 'accepted', warnings: [clean, 'fine'] },
      { kind: 'refused', reason: clean, message: clean },
    ]
    for (const [place, answer] of answers.entries()) {
      const { target } = scene({ check: async () => answer })
      expect(await target.check?.(key, wanting(both))).toEqual(shown[place])
    }
  })

  it('in warnings of check are withheld when the secrets cannot be looked up', async () => {
    const { target } = scene({ check: async () => ({ kind: 'accepted', warnings: [said, said] }) }, isAway)
    const why = 'its words are withheld, because its secrets cannot be looked up'
    expect(await target.check?.(key, wanting(both))).toEqual({
      kind: 'accepted',
      warnings: [`the target warns, and ${why}`],
    })
  })

  it('are withheld at once after the first secret that cannot be looked up', async () => {
    const { target } = scene({ destroy: failing(new Error(said)) }, (reference) =>
      reference === 'v:one' ? isAway() : hangs(),
    )
    expect(await outcome(target.destroy(key, { ...sending, applied: both }))).toBe(
      'target-unavailable: the target failed destroy, and its words are withheld, because its secrets cannot be looked up',
    )
  })

  it('are withheld when nobody knows which revisions it has', async () => {
    const { target } = scene({ destroy: failing(new Error(said)) })
    expect(await outcome(target.destroy(key, sending))).toContain('withheld')
  })

  it('are withheld with all but what the next try depends on', async () => {
    const details = { sent: false, said }
    const busy = new ModelspineError('conflict', said, { retryable: true, retryAfterMs: 7000, details })
    const { target } = scene({ apply: failing(busy) }, isAway)
    const thrown = await target.apply(key, wanting(both), sending).catch((error: unknown) => error)
    expect(thrown).toMatchObject({ code: 'conflict', retryable: true, retryAfterMs: 7000 })
    expect((thrown as ModelspineError).details).toEqual({ sent: false })
    expect(String((thrown as ModelspineError).message)).toContain('withheld')
  })

  it('leave a reason of one word when they are withheld', async () => {
    const reasons = ['BadSpec', said]
    const { target } = scene(
      { apply: async () => ({ kind: 'failed', reason: reasons.shift() ?? '', message: said }) },
      isAway,
    )
    const message = expect.stringContaining('withheld')
    const apply = () => target.apply(key, wanting(both), sending)
    expect(await apply()).toEqual({ kind: 'failed', reason: 'BadSpec', message })
    expect(await apply()).toEqual({ kind: 'failed', reason: 'Withheld', message })
  })

  it('wait a second for a slow secret store, which is heard later', async () => {
    let come: (secret: Secret) => void = () => {}
    const { target, clock, knownSecrets } = scene(
      { observe: async () => observation(said) },
      () => new Promise((resolve) => (come = resolve)),
    )
    const applied = [holding('v:one')]
    const first = target.observe(key, { applied })
    await clock.advance(999)
    expect(await settled(first)).toBe(false)
    await clock.advance(1)
    expect((await first).revisions).toEqual([{ revision: 'r1', state: 'ready' }])
    come(secretOf(valueFor('v:one')))
    await clock.advance(0)
    expect(knownSecrets.knows(key, 'v:one')).toBe(true)
    expect((await target.observe(key, { applied })).revisions[0]?.message).toContain('400: [secret]')
  })

  it('are withheld at once from a caller that has given up, and the answer is kept', async () => {
    const result = { kind: 'failed', reason: 'BadSpec', message: said } as const
    const { target, clock } = scene({ apply: async () => result }, hangs)
    const caller = new AbortController()
    const applied = target.apply(key, wanting(both), { ...sending, abortSignal: caller.signal })
    await clock.advance(1)
    caller.abort()
    expect(await applied).toMatchObject({ kind: 'failed', reason: 'BadSpec' })
  })

  it('are not looked at when nobody waits for them any more', async () => {
    let fail: (error: unknown) => void = () => {}
    const { target, asked, clock } = scene({
      observe: () => new Promise((_, reject) => (fail = reject)),
    })
    const caller = new AbortController()
    const looked = outcome(target.observe(key, { applied: both, abortSignal: caller.signal }))
    await clock.advance(1)
    caller.abort()
    expect(await looked).toContain('aborted')
    fail(new Error(said))
    await clock.advance(1)
    expect(asked).toEqual([])
  })

  it('are not looked up for an answer without words', async () => {
    const { target, asked } = scene({
      apply: async () => ({ kind: 'accepted' }),
      destroy: async () => ({ kind: 'busy', retryAfterMs: 5 }),
      check: async () => ({ kind: 'accepted', warnings: [] }),
      observe: async () => ({ revisions: [{ revision: 'r1', state: 'ready' }], operations: [] }),
    })
    await target.apply(key, wanting(both), sending)
    await target.destroy(key, { ...sending, applied: both })
    await target.check?.(key, wanting(both))
    await target.observe(key, { applied: both })
    expect(asked).toEqual([])
  })

  it('are not those of the plane’s own secret store', async () => {
    const missing = new ModelspineError('secret-not-found', 'there is no secret "one"')
    const { target, asked } = scene({
      apply: async (_key, _want, { secret }) => {
        await secret('v:one')
        return { kind: 'accepted' }
      },
    })
    const secret = failing(missing)
    expect(await outcome(target.apply(key, wanting(both), { ...sending, secret }))).toBe(
      'secret-not-found: there is no secret "one"',
    )
    expect(asked).toEqual([])
  })

  it('are those of a target when it says more than the secret store did', async () => {
    const { target } = scene(
      {
        apply: async (_key, _want, { secret }) => {
          await secret('v:one').catch(() => {})
          throw new ModelspineError('secret-unavailable', said)
        },
      },
      isAway,
    )
    const thrown = await outcome(target.apply(key, wanting(both), { ...sending, secret: isAway }))
    expect(thrown).toContain('secret-unavailable: the target failed apply')
  })
})

describe('the words of a target about many deployments', () => {
  const keys: readonly Key[] = ['n/a', 'n/b']
  const looks = (made: ReturnType<typeof scene>) => {
    for (const each of keys) made.priorities.set(each, priorities.resync)
    const looked = Promise.all(
      keys.map((each, place) => outcome(made.target.observe(each, { applied: [both[place] as Revision] }))),
    )
    return made.clock.advance(5).then(() => looked)
  }

  it('are thrown without the secrets of any of them', async () => {
    expect(await looks(scene({ observeMany: failing(new Error(said)) }))).toEqual([
      'undefined: 400: [secret] [secret]',
      'undefined: 400: [secret] [secret]',
    ])
    const [thrown] = await looks(
      scene({ observeMany: failing(new Error(said)) }, async (reference) =>
        reference === 'v:one' ? secretOf(valueFor(reference)) : isAway(),
      ),
    )
    expect(thrown).toContain('the target failed observeMany, and its words are withheld')
  })

  it('ask once for a secret that several of them have', async () => {
    const made = scene({ observeMany: failing(new Error(said)) })
    const applied = [holding('v:one')]
    for (const each of keys) made.priorities.set(each, priorities.resync)
    const looked = Promise.all(keys.map((each) => outcome(made.target.observe(each, { applied }))))
    await made.clock.advance(5)
    expect(String((await looked)[1])).toContain('400: [secret] ')
    expect(made.asked).toEqual(['v:one'])
  })

  it('are withheld only of those whose secrets cannot be looked up', async () => {
    const observeMany = async () =>
      new Map(keys.map((each, place) => [each, observation(valueFor(place === 0 ? 'v:one' : 'v:two'))]))
    const made = scene({ observeMany }, async (reference) =>
      reference === 'v:one' ? secretOf(valueFor(reference)) : isAway(),
    )
    expect(await looks(made)).toEqual([
      observation('[secret]'),
      { revisions: [{ revision: 'r1', state: 'ready' }], operations: [] },
    ])
  })
})
