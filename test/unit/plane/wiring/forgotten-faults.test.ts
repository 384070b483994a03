import { describe, expect, it } from 'vitest'
import type { StateStore } from '../../../../src/store/contract.ts'
import { ann, digits, planeFixture, registerVersions } from '../plane-fixture.ts'

describe('the fault of a deployment', () => {
  it('is forgotten when another process removed the deployment', async () => {
    let frozen = false
    const base = planeFixture()
    const store: StateStore = { ...base.store, close: async () => {} }
    const audit = { ...base.audit, close: async () => {} }
    const stuck: StateStore = {
      ...store,
      renewLease: async (...call) => (frozen ? new Promise(() => {}) : store.renewLease(...call)),
      acquireLease: async (...call) => (frozen ? new Promise(() => {}) : store.acquireLease(...call)),
    }
    const one = planeFixture({ beside: base, plane: { store: stuck, audit, name: 'one' } })
    const two = planeFixture({ beside: base, plane: { store, audit, name: 'two' } })
    const { clock, until } = one
    await registerVersions(base.registry, '1')
    one.target.disturb('fail')
    await one.plane.start()
    await clock.advance(100)
    await two.plane.start()
    await one.plane.apply(digits('1'), { actor: ann })
    await until(async () => (await one.plane.explain('digits')).fault?.reason === 'TargetUnavailable')
    frozen = true
    await until(() => two.plane.health().leading, 120_000)
    await two.plane.delete('digits', { actor: ann })
    await until(async () => (await two.plane.get('digits')) === null)
    await clock.advance(1_000)
    await two.plane.apply(digits('1'), { actor: ann })
    expect((await one.plane.explain('digits')).fault?.reason).not.toBe('TargetUnavailable')
    frozen = false
    await two.plane.stop()
  })
})
