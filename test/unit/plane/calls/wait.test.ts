import { describe, expect, it } from 'vitest'
import { ModelspineError } from '../../../../src/index.ts'
import { here, madeOf } from '../../../status.ts'
import { ann, digits, inTime, planeFixture, registerVersions, route, serving } from '../plane-fixture.ts'

const stepwise = { canary: { steps: [{ weight: 5 }, { pause: 'until-promoted' as const }] } }

describe('wait', () => {
  it('resolves as soon as the declared model serves', async () => {
    const fixture = planeFixture()
    const { plane, registry, clock } = fixture
    await registerVersions(registry, '1')
    await plane.start()
    await plane.apply(digits('1'), { actor: ann })
    const beganMs = clock.now()
    const ready = await inTime(fixture, plane.wait('digits'))
    expect(ready?.status?.conditions).toContainEqual(
      expect.objectContaining({ type: 'Ready', status: 'True' }),
    )
    expect(clock.now() - beganMs).toBeLessThan(5000)
    await plane.stop()
  })

  it('brings the route table up to date before it resolves', async () => {
    const first = planeFixture()
    // This watch ends at once, so that it reports no change in time.
    const watch = (abortSignal: AbortSignal) =>
      first.store.watch(AbortSignal.any([abortSignal, AbortSignal.abort()]))
    const fixture = planeFixture({ beside: first, plane: { store: { ...first.store, watch } } })
    const { plane, registry } = fixture
    await registerVersions(registry, '1')
    await plane.start()
    await plane.apply(route(), { actor: ann })
    await plane.apply(digits('1'), { actor: ann })
    await inTime(fixture, plane.wait('digits'))
    const reply = await plane.router.infer('digits', { kind: 'tensors', inputs: [] })
    expect(reply).toMatchObject({ deployment: 'default/digits' })
    await plane.stop()
  })

  it('ignores the readiness of an earlier generation', async () => {
    const fixture = planeFixture()
    const { plane, registry } = fixture
    await serving(fixture)
    await registerVersions(registry, '2')
    await plane.apply(digits('2'), { actor: ann })
    const ready = await inTime(fixture, plane.wait('digits'))
    expect(ready?.status?.observedGeneration).toBe(2)
    const { status } = ready ?? {}
    expect(here(status).revisions.map(({ revision }) => madeOf(status, revision)?.model.version)).toContain(
      '2',
    )
    await plane.stop()
  })

  it('throws when the deployment cannot become ready by itself, and names the reason', async () => {
    const fixture = planeFixture()
    const { plane, registry, until, phase } = fixture
    await serving(fixture)
    await registerVersions(registry, '2')
    await plane.apply(digits('2', { strategy: stepwise }), { actor: ann })
    await until(async () => (await phase()) === 'pausing')
    await expect(inTime(fixture, plane.wait('digits'))).rejects.toMatchObject({
      code: 'wrong-phase',
      message: 'default/digits will not become ready by itself: AwaitingPromotion: step 2 waits for promote',
      details: { phase: 'pausing', reason: 'AwaitingPromotion' },
    })
    const settled = await plane.wait('digits', { until: 'settled' })
    expect(settled?.status?.rollout.phase).toBe('pausing')
    await plane.stop()
  })

  it('settles when a rollout has failed', async () => {
    const fixture = planeFixture()
    const { plane, registry, target } = fixture
    await registerVersions(registry, '1')
    target.refuseNext('QuotaExceeded', 'no GPU is left')
    await plane.start()
    await plane.apply(digits('1'), { actor: ann })
    const settled = await inTime(fixture, plane.wait('digits', { until: 'settled' }))
    expect(settled?.status?.rollout).toMatchObject({ phase: 'failed', cause: 'TargetRefused' })
    await plane.stop()
  })

  it('throws a timeout after timeoutMs and leaves no timer behind', async () => {
    const fixture = planeFixture()
    const { plane, clock } = fixture
    await plane.apply(digits('1'), { actor: ann })
    const timers = clock.pendingTimers
    await expect(inTime(fixture, plane.wait('digits', { timeoutMs: 5000 }))).rejects.toMatchObject({
      code: 'timeout',
      message: 'default/digits ready did not happen within 5000 ms',
    })
    expect(clock.pendingTimers).toBe(timers)
  })

  it('ends when the abortSignal aborts before or during the wait', async () => {
    const { plane, clock } = planeFixture()
    await plane.apply(digits('1'), { actor: ann })
    await expect(plane.wait('digits', { abortSignal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'aborted',
    })
    const controller = new AbortController()
    const waiting = expect(plane.wait('digits', { abortSignal: controller.signal })).rejects.toMatchObject({
      code: 'aborted',
    })
    await clock.advance(10)
    controller.abort()
    await waiting
  })

  it('throws not-found for a missing deployment, unless it waits for the deletion', async () => {
    const { plane } = planeFixture()
    await expect(plane.wait('digits')).rejects.toMatchObject({
      code: 'not-found',
      message: 'there is no ModelDeployment default/digits, so it will never be ready',
    })
    expect(await plane.wait('digits', { until: 'deleted' })).toBeNull()
  })

  it('sees the work of another process although its own plane is not started', async () => {
    const fixture = planeFixture()
    const other = planeFixture({ beside: fixture })
    await registerVersions(fixture.registry, '1')
    await other.plane.apply(digits('1'), { actor: ann })
    const waiting = other.plane.wait('digits')
    await fixture.plane.start()
    expect((await inTime(fixture, waiting))?.status?.rollout.phase).toMatch(/retiring|converged/)
    await fixture.plane.stop()
  })

  it('throws the error of the store', async () => {
    const { plane, store } = planeFixture()
    await store.close()
    await expect(plane.wait('digits')).rejects.toBeInstanceOf(ModelspineError)
  })
})
