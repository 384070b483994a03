import { describe, expect, it } from 'vitest'
import { actionsOf, ann, digits, planeFixture, route, serving } from '../plane-fixture.ts'

const wrong: readonly (readonly [string, unknown, RegExp])[] = [
  ['no options', undefined, /^([\w-]+): actor is missing: pass \{ actor: \{ name: "ann@example.com" \} \}/],
  ['no actor', {}, /actor is missing/],
  ['an actor that is a text', { actor: 'ann' }, /actor is "ann": pass/],
  ['an actor without a name', { actor: {} }, /actor\.name is missing/],
  ['an empty name', { actor: { name: '' } }, /actor\.name is ""/],
  ['a blank name', { actor: { name: ' \n' } }, /actor\.name is " \\n"/],
  ['a name that is no text', { actor: { name: 7 } }, /actor\.name is 7/],
  ['roles that are no list of texts', { actor: { name: 'ann', roles: 'risk' } }, /actor\.roles is "risk"/],
]

describe('a call that changes something', () => {
  it.each(wrong)('throws a TypeError and stores nothing with %s', async (_what, options, message) => {
    const fixture = planeFixture()
    const { plane, store } = fixture
    await serving(fixture)
    await plane.apply(route(), { actor: ann })
    await fixture.clock.advance(1_000)
    const look = async (): Promise<unknown> => [
      await store.get('ModelDeployment', 'default/digits'),
      await store.get('ModelRoute', 'default/digits'),
    ]
    const before = await look()
    const asked = options as never
    const calls: readonly (() => Promise<unknown>)[] = [
      () => plane.deploy('digits', digits('2').spec as never, asked),
      () => plane.route('digits', route('digits', { timeout: '5s' }).spec as never, asked),
      () => plane.apply(digits('2'), asked),
      () => plane.plan(digits('2'), asked),
      () => plane.delete('digits', asked),
      () => plane.approve('digits', asked),
      () => plane.promote('digits', asked),
      () => plane.pause('digits', asked),
      () => plane.resume('digits', asked),
      () => plane.abort('digits', asked),
      () => plane.retry('digits', asked),
      () => plane.takeOver('digits', asked),
      () => plane.giveUp('digits', asked),
      () => plane.continueAudit(asked),
    ]
    for (const call of calls) {
      const error = await call().catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(TypeError)
      expect((error as TypeError).message).toMatch(message)
    }
    expect(await look()).toEqual(before)
    await plane.stop()
    expect((await actionsOf(fixture)).filter((action) => action === 'rollout-paused')).toEqual([])
  })
})
