import { afterEach, describe, expect, it } from 'vitest'
import { refusalOf } from '../../simulators/kserve/admission-rules.ts'
import type { InferenceService } from '../../simulators/kserve/inference-service.ts'
import { callOptions, converge, key, wantOf } from './converge.ts'
import { type Json, Refusal, type Stored } from './kubernetes-world.ts'
import { revision } from './revision.ts'
import { kserveScene, type Scene } from './scene.ts'

const [first, second, third] = [revision(1), revision(2), revision(3)]

let ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends) await end()
  ends = []
})

async function standard(more: Parameters<typeof kserveScene>[1] = {}): Promise<Scene> {
  const scene = await kserveScene('standard', more)
  ends.push(scene.close)
  const { world } = scene.api
  world.admit = (sort, body) => {
    if (sort !== 'inferenceservices') return
    const [before] = world.all(sort)
    const refusal = refusalOf(body as unknown as InferenceService, before as unknown as InferenceService)
    if (refusal === undefined) return
    throw new Refusal(403, 'Forbidden', `admission webhook "kserve" denied the request: ${refusal}`)
  }
  return scene
}

function service({ api }: Scene): Stored {
  return api.world.find('inferenceservices', 'churn')
}

function specOf(scene: Scene): {
  predictor: Json
  canary?: readonly { predictor: Json; trafficPercent: number }[]
} {
  return service(scene).spec as never
}

function running(scene: Scene): readonly string[] {
  return scene.api.kserve.running(service(scene)).map(({ name }) => name)
}

async function weights({ target }: Scene): Promise<Record<string, number | undefined>> {
  const { revisions } = await target.observe(key)
  return Object.fromEntries(revisions.map(({ revision: name, weight }) => [name, weight]))
}

describe('a canary in the mode standard', () => {
  it('becomes the main predictor without another Deployment, and with room to grow', async () => {
    const scene = await standard()
    await converge(scene, wantOf([first]))
    const scale = { min: 1, max: 4 }
    await converge(scene, { ...wantOf([first, second], [40, 60]), scale })
    const [canary] = specOf(scene).canary ?? []
    expect(canary?.predictor).not.toHaveProperty('maxReplicas')
    expect(running(scene)).toEqual([`churn-r${first.name}-predictor`, `churn-r${second.name}-predictor`])
    expect(await weights(scene)).toEqual({ [first.name]: 40, [second.name]: 60 })
    await converge(scene, { ...wantOf([second]), scale })
    expect(specOf(scene)).toEqual({ predictor: { ...canary?.predictor, maxReplicas: 4 } })
    expect(running(scene)).toEqual([`churn-r${second.name}-predictor`])
    expect(scene.api.kserve.created).toBe(2)
  })

  it('is not promoted before it is ready, and what serves stays meanwhile', async () => {
    const scene = await standard()
    await converge(scene, wantOf([first]))
    const want = wantOf([second])
    for (const kind of ['accepted', 'accepted', 'busy', 'busy']) {
      expect(await scene.target.apply(key, want, callOptions())).toMatchObject({ kind })
      scene.api.kserve.reconcile(false)
    }
    expect(await weights(scene)).toEqual({ [first.name]: 100, [second.name]: 0 })
    scene.api.kserve.reconcile(true)
    await converge(scene, want)
    expect(await weights(scene)).toEqual({ [second.name]: 100 })
  })

  it('stands beside others, each with its own percent', async () => {
    const scene = await standard()
    await converge(scene, wantOf([first, second, third], [50, 30, 20]))
    expect(await weights(scene)).toEqual({ [first.name]: 50, [second.name]: 30, [third.name]: 20 })
    await converge(scene, wantOf([first, third], [90, 10]))
    expect(await weights(scene)).toEqual({ [first.name]: 90, [third.name]: 10 })
  })

  it('takes the place of a main predictor that never became ready', async () => {
    const scene = await standard()
    scene.api.kserve.failing.set(first.name, 'InvalidSpec')
    await converge(scene, wantOf([first]))
    await converge(scene, wantOf([second]))
    expect(specOf(scene).canary).toBeUndefined()
    expect(await weights(scene)).toEqual({ [second.name]: 100 })
  })

  it('takes the place of one that never became ready at the same address, in the same Deployment', async () => {
    const scene = await standard()
    const mended = { ...second, model: first.model }
    scene.api.kserve.failing.set(first.name, 'BlockedByFailedLoad')
    await converge(scene, wantOf([first]))
    await scene.target.apply(key, wantOf([mended]), callOptions())
    await scene.target.apply(key, wantOf([mended]), callOptions())
    // What KServe still tells is of the first one.
    expect((await scene.target.observe(key)).revisions).toMatchObject([
      { revision: second.name, state: 'starting' },
    ])
    await converge(scene, wantOf([mended]))
    expect((await scene.target.observe(key)).revisions).toMatchObject([
      { revision: second.name, state: 'ready', weight: 100 },
    ])
    expect(running(scene)).toEqual([`churn-r${first.name}-predictor`])
    await converge(scene, wantOf([mended, third], [50, 50]))
    await converge(scene, wantOf([third]))
    expect(running(scene)).toEqual([`churn-r${third.name}-predictor`])
  })

  it('is refused at the address of one that serves, because KServe would not promote it', async () => {
    const scene = await standard()
    await converge(scene, wantOf([first]))
    const before = structuredClone(specOf(scene))
    const other = { ...second, model: first.model }
    expect(await scene.target.apply(key, wantOf([other]), callOptions())).toMatchObject({
      kind: 'refused',
      reason: 'SameStorageUri',
    })
    expect(specOf(scene)).toEqual(before)
    // Beside a third one that takes the place first, it has to wait.
    const want = wantOf([third, other], [50, 50])
    await converge(scene, want)
    expect(await weights(scene)).toEqual({ [third.name]: 50, [second.name]: 50 })
  })

  it('has an address of its own inside the cluster, where that is asked for', async () => {
    const scene = await standard({ endpoints: 'revision' })
    expect(scene.target.capabilities.attribution).toBe('address')
    await converge(scene, wantOf([first, second]))
    const { revisions } = await scene.target.observe(key)
    expect(revisions.map(({ endpoint }) => endpoint?.address)).toEqual([
      `http://churn-r${first.name}-predictor.kit.svc.cluster.local:8080`,
      `http://churn-r${second.name}-predictor.kit.svc.cluster.local:8080`,
    ])
  })
})

describe('what KServe would do to a canary', () => {
  const refused = async (want: ReturnType<typeof wantOf>): Promise<unknown> => {
    const scene = await standard()
    const plan = scene.target.plan(want, { revisions: [], operations: [] })
    const { calls } = scene.api
    expect(await scene.target.apply(key, want, callOptions())).toEqual(plan)
    expect(calls.filter((call) => !call.startsWith('GET'))).toEqual([])
    return plan
  }

  it.each([
    [{ modelFormat: 'sklearn', args: ['--workers=2'], runtime: 'old' }, 'model.runtime'],
    [{ modelFormat: { name: 'sklearn', version: '1' }, args: ['--workers=2'] }, 'model.modelFormat.version'],
    [
      { modelFormat: 'sklearn', args: ['--workers=2'], predictor: { nodeSelector: { pool: 'gpu' } } },
      'nodeSelector',
    ],
  ])('is refused: it would inherit %j', async (settings, path) => {
    expect(await refused(wantOf([{ ...first, settings }, second]))).toMatchObject({
      reason: 'CanaryInherits',
      message: expect.stringContaining(`sets ${path}`),
    })
  })

  it('is refused: it would not be promoted, because it has the same address', async () => {
    const other = { ...second, model: first.model }
    expect(await refused(wantOf([first, other]))).toMatchObject({ reason: 'SameStorageUri' })
  })
})
