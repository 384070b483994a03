import { afterEach, describe, expect, it } from 'vitest'
import { createControlTelemetry } from '../../../src/telemetry/control-telemetry.ts'
import { openTelemetryLoaded } from '../../../src/telemetry/open-telemetry.ts'
import { createFakeClock } from '../../../src/testing/index.ts'
import { type RegisteredSdk, registerSdk } from './registered-sdk.ts'

const key = 'default/churn'
let sdk: RegisteredSdk | undefined

async function registered(): Promise<RegisteredSdk> {
  sdk = registerSdk()
  await openTelemetryLoaded()
  return sdk
}

async function valuesOf(metric: string): Promise<unknown[]> {
  const points = (await sdk?.points(metric)) ?? []
  return points.map(({ attributes, value }) => [attributes, value])
}

afterEach(async () => {
  await sdk?.remove()
  sdk = undefined
})

describe('the control side', () => {
  it('reports each reconcile as a span, and measures its duration', async () => {
    await registered()
    const clock = createFakeClock()
    createControlTelemetry({ clock }).reconciled({ key, result: 'done', durationMs: 250 })
    const [span] = sdk?.spans() ?? []
    expect(span?.name).toBe('reconcile default/churn')
    expect(span?.attributes).toEqual({ 'modelspine.deployment': key, 'modelspine.result': 'done' })
    expect(span?.endTime).toEqual([clock.now() / 1000, 0])
    expect(span?.duration).toEqual([0, 250_000_000])
    expect(await valuesOf('modelspine.reconcile.duration')).toMatchObject([
      [{ 'modelspine.result': 'done' }, { count: 1, sum: 0.25 }],
    ])
  })

  it('counts phase changes, and counts deployments by phase', async () => {
    await registered()
    const telemetry = createControlTelemetry({ clock: createFakeClock() })
    telemetry.phaseSeen(key, 'starting')
    telemetry.phaseSeen(key, 'shifting')
    telemetry.phaseSeen(key, 'shifting')
    telemetry.phaseSeen('default/other', 'shifting')
    telemetry.phaseSeen('default/gone', 'shifting')
    telemetry.phaseSeen('default/gone', undefined)
    expect(await valuesOf('modelspine.rollout.phase_changes')).toEqual([
      [{ 'modelspine.phase': 'starting' }, 1],
      [{ 'modelspine.phase': 'shifting', 'modelspine.previous_phase': 'starting' }, 1],
      [{ 'modelspine.phase': 'shifting' }, 2],
    ])
    expect(await valuesOf('modelspine.rollout.deployments')).toEqual([
      [{ 'modelspine.phase': 'shifting' }, 2],
    ])
  })

  it('remembers phases from the time before an SDK was registered', async () => {
    const telemetry = createControlTelemetry({ clock: createFakeClock(), queueDepth: () => 7 })
    telemetry.phaseSeen(key, 'complete')
    await registered()
    telemetry.reconciled({ key, result: 'done', durationMs: 1 })
    expect(await valuesOf('modelspine.rollout.deployments')).toEqual([
      [{ 'modelspine.phase': 'complete' }, 1],
    ])
    expect(await valuesOf('modelspine.queue.depth')).toEqual([[{}, 7]])
  })

  it('counts decisions by verdict and effects by result', async () => {
    await registered()
    const telemetry = createControlTelemetry({ clock: createFakeClock() })
    telemetry.decided({ policy: 'promotion', action: 'promote', verdict: 'deny' })
    telemetry.effectSent({ key, effect: 'create', result: 'accepted' })
    telemetry.signalCame({ signal: 'label', result: 'late' })
    expect(await valuesOf('modelspine.feedback.signals')).toEqual([
      [{ 'modelspine.signal': 'label', 'modelspine.result': 'late' }, 1],
    ])
    expect(await valuesOf('modelspine.policy.decisions')).toEqual([
      [{ 'modelspine.policy': 'promotion', 'modelspine.action': 'promote', 'modelspine.verdict': 'deny' }, 1],
    ])
    expect(await valuesOf('modelspine.effects')).toEqual([
      [{ 'modelspine.deployment': key, 'modelspine.effect': 'create', 'modelspine.result': 'accepted' }, 1],
    ])
  })

  it('does nothing and throws nothing without an SDK', () => {
    const telemetry = createControlTelemetry({ clock: createFakeClock() })
    telemetry.reconciled({ key, result: 'done', durationMs: 1 })
    telemetry.phaseSeen(key, 'starting')
    telemetry.decided({ policy: 'p', action: 'deploy', verdict: 'allow' })
    telemetry.effectSent({ key, effect: 'create', result: 'accepted' })
  })
})
