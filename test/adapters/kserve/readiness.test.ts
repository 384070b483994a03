import type { ObservedRevision } from 'modelspine/adapter'
import { afterEach, describe, expect, it } from 'vitest'
import { converge, key, wantOf } from './converge.ts'
import type { Json } from './kubernetes-world.ts'
import { revision } from './revision.ts'
import { kserveScene, type Scene } from './scene.ts'

const [first, second] = [revision(1), revision(2)]

let ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends) await end()
  ends = []
})

async function serving(mode: 'knative' | 'standard', min = 1): Promise<Scene> {
  const scene = await kserveScene(mode)
  ends.push(scene.close)
  await converge(scene, { ...wantOf([first]), scale: { min, max: 2 } })
  return scene
}

async function seen({ target }: Scene, name = first.name): Promise<ObservedRevision | undefined> {
  return (await target.observe(key)).revisions.find((each) => each.revision === name)
}

function tell({ api }: Scene, change: (status: Json) => Json): void {
  const { status = {} } = api.world.find('inferenceservices', 'churn')
  api.world.writeStatus('churn', change(structuredClone(status)))
}

function condition(type: string, status: string, reason?: string): (before: Json) => Json {
  return (before) => ({
    ...before,
    conditions: (before.conditions as readonly Json[]).map((each) =>
      each.type === type
        ? { type, status, ...(reason && { reason, message: `because of ${reason}` }) }
        : each,
    ),
  })
}

const model =
  (modelStatus: Json) =>
  (before: Json): Json => ({ ...before, modelStatus })

describe.each(['knative', 'standard'] as const)('a revision in the mode %s', (mode) => {
  it('is ready with an endpoint when KServe says all four things', async () => {
    const scene = await serving(mode)
    expect(await seen(scene)).toMatchObject({ state: 'ready', weight: 100, endpoint: { model: 'churn' } })
  })

  it.each<[string, (before: Json) => Json, Partial<ObservedRevision>]>([
    [
      'PredictorReady is false',
      condition('PredictorReady', 'False', 'Container crashed'),
      { reason: 'ContainerCrashed' },
    ],
    ['PredictorReady is unknown', condition('PredictorReady', 'Unknown'), { reason: 'PredictorNotReady' }],
    [
      'IngressReady is false',
      condition('IngressReady', 'False', 'NoGateway'),
      { reason: 'NoGateway', message: 'because of NoGateway' },
    ],
    [
      'the model is loading',
      model({ transitionStatus: 'InProgress', copies: { totalCopies: 1 } }),
      { reason: 'InProgress' },
    ],
    ['nothing is said of the model', model({}), { reason: 'ModelStatusMissing' }],
    [
      'the status is older than the predictor',
      (before) => ({ ...before, observedGeneration: 0 }),
      { reason: 'StatusOutdated' },
    ],
    ['there is no status', () => ({}), { reason: 'StatusOutdated' }],
  ])('is not ready when %s', async (_, change, expected) => {
    const scene = await serving(mode)
    tell(scene, change)
    const shown = await seen(scene)
    expect(shown).toMatchObject(expected)
    expect(['starting', 'unready']).toContain(shown?.state)
    expect(shown).not.toHaveProperty('endpoint')
  })

  it.each(['BlockedByFailedLoad', 'InvalidSpec'] as const)(
    'is failed with %s, and says why',
    async (failure) => {
      const scene = await kserveScene(mode)
      ends.push(scene.close)
      scene.api.kserve.failing.set(first.name, failure)
      await scene.target.apply(key, wantOf([{ ...first, runtime: { ...first.runtime, secrets: {} } }]), {
        operationId: '1',
        fence: 1,
        secret: async () => ({ reveal: () => '' }),
      })
      scene.api.kserve.reconcile(true)
      expect(await seen(scene)).toMatchObject(
        failure === 'InvalidSpec'
          ? { state: 'failed', reason: 'NoSupportingRuntime', message: 'no runtime supports the predictor' }
          : { state: 'failed', reason: 'ModelLoadFailed', message: 'cannot open model.bin' },
      )
    },
  )

  it('is unready, and not failed, while some of its pods fail and others serve', async () => {
    const scene = await serving(mode)
    tell(
      scene,
      model({ transitionStatus: 'BlockedByFailedLoad', lastFailureInfo: { reason: 'ModelLoadFailed' } }),
    )
    expect(await seen(scene)).toMatchObject({ state: 'unready', reason: 'ModelLoadFailed' })
  })

  it('does not inherit the failure of the one whose place it takes', async () => {
    const scene = await kserveScene(mode)
    ends.push(scene.close)
    const plain = [first, second].map((each) => ({ ...each, runtime: { ...each.runtime, secrets: {} } }))
    const [broken, cure] = plain as [typeof first, typeof second]
    const call = { operationId: '1', fence: 1, secret: async () => ({ reveal: () => '' }) }
    scene.api.kserve.failing.set(broken.name, 'BlockedByFailedLoad')
    await scene.target.apply(key, wantOf([broken]), call)
    scene.api.kserve.reconcile(true)
    expect(await scene.target.apply(key, wantOf([cure]), call)).toEqual({ kind: 'accepted' })
    expect(await seen(scene, cure.name)).toMatchObject({ state: 'starting' })
    scene.api.kserve.reconcile(true)
    expect(await seen(scene, cure.name)).toMatchObject({ state: 'ready' })
  })

  it('is shown as stopping while the InferenceService is being deleted', async () => {
    const scene = await serving(mode)
    scene.api.world.finalizers = ['inferenceservice.finalizers']
    const call = { operationId: '1', fence: 1, secret: async () => ({ reveal: () => '' }) }
    expect(await scene.target.destroy(key, call)).toEqual({ kind: 'accepted' })
    expect(await seen(scene)).toMatchObject({ state: 'stopping' })
    expect(await scene.target.destroy(key, call)).toMatchObject({ kind: 'busy' })
    expect(await scene.target.apply(key, wantOf([first]), call)).toMatchObject({ kind: 'busy' })
  })
})

describe('a revision in the mode knative', () => {
  it('is ready without any pod when it may scale to zero, and not otherwise', async () => {
    const empty = model({ transitionStatus: 'InProgress', copies: { failedCopies: 0, totalCopies: 0 } })
    for (const [min, state] of [
      [0, 'ready'],
      [1, 'unready'],
    ] as const) {
      const scene = await serving('knative', min)
      tell(scene, empty)
      expect(await seen(scene)).toMatchObject({ state })
    }
  })

  it('that had traffic before stays ready while another one starts or fails beside it', async () => {
    const scene = await serving('knative')
    scene.api.kserve.failing.set(second.name, 'BlockedByFailedLoad')
    await converge(scene, wantOf([first, second]))
    expect(await seen(scene, first.name)).toMatchObject({ state: 'ready', weight: 100 })
    expect(await seen(scene, second.name)).toMatchObject({ state: 'failed', weight: 0 })
  })

  it('stays ready while another scale starts other pods', async () => {
    const scene = await serving('knative')
    const call = { operationId: '1', fence: 1, secret: async () => ({ reveal: () => '' }) }
    const want = { ...wantOf([first]), scale: { min: 3, max: 4 } }
    expect(await scene.target.apply(key, want, call)).toEqual({ kind: 'accepted' })
    scene.api.kserve.reconcile(false)
    expect(await seen(scene)).toMatchObject({ state: 'ready', weight: 100, scale: { min: 3, max: 4 } })
  })
})

describe('a canary in the mode standard', () => {
  it('is ready and has its weight only when its own Deployment is', async () => {
    const scene = await serving('standard')
    await converge(scene, wantOf([first, second], [80, 20]))
    expect(await seen(scene, second.name)).toMatchObject({ state: 'ready', weight: 20 })
    tell(scene, (before) => ({
      ...before,
      canaryStatuses: (before.canaryStatuses as readonly Json[]).map((each) => ({ ...each, ready: false })),
    }))
    expect(await seen(scene, second.name)).toMatchObject({ state: 'starting', weight: 0 })
    expect(await seen(scene, first.name)).toMatchObject({ state: 'ready', weight: 100 })
  })
})
