import { isModelspineError, type Key } from 'modelspine/adapter'
import { afterEach, describe, expect, it } from 'vitest'
import { deployedModelIdOf } from '../../../adapters/vertex/target/target-names.ts'
import { Failure } from '../../simulators/vertex/vertex-failure.ts'
import type { SimulatorOptions } from '../../simulators/vertex/vertex-simulator.ts'
import { callOptions, converge, destroyAll, key, wantOf } from './drive.ts'
import { modelName, revision } from './revision.ts'
import { endpointOf, isMutation, type TargetScene, targetScene, throttled } from './target-scene.ts'

let scenes: TargetScene[] = []
afterEach(async () => {
  for (const { vertex, close } of scenes) {
    expect(vertex.problems).toEqual([])
    await close()
  }
  scenes = []
})

async function scene(
  more: Parameters<typeof targetScene>[0] = {},
  simulator: SimulatorOptions = {},
): Promise<TargetScene> {
  const made = await targetScene(more, simulator)
  scenes.push(made)
  return made
}

const [first, second] = [revision(1), revision(2)]
const idOf = ({ name }: { readonly name: string }): string => deployedModelIdOf(name)

describe('a split at Vertex that somebody else changed', () => {
  it('is observed, and written over only after it was read again', async () => {
    const at = await scene()
    const handles = await converge(at, wantOf([first, second], [90, 10]))
    const { endpoints } = at.vertex.world
    endpoints.patch(endpointOf(key), 'trafficSplit', { trafficSplit: { [idOf(second)]: 100 } })
    const { revisions } = await at.target.observe(key, { handles })
    expect(revisions.map(({ weight }) => weight)).toEqual([0, 100])
    await converge(at, wantOf([first, second], [90, 10]), handles)
    expect(endpoints.get(endpointOf(key)).trafficSplit).toEqual({ [idOf(first)]: 90, [idOf(second)]: 10 })
  })

  it('between the read and the write is read again, and what it did not have is not lost', async () => {
    const at = await scene()
    const handles = await converge(at, wantOf([first, second], [100]))
    const { endpoints } = at.vertex.world
    let times = 0
    at.vertex.before = ({ method }) => {
      if (method === 'PATCH' && ++times === 1) {
        endpoints.patch(endpointOf(key), 'labels', {
          labels: { ...endpoints.get(endpointOf(key)).labels, team: 'risk' },
        })
      }
      return undefined
    }
    const result = await at.target.apply(key, wantOf([first, second], [50, 50]), callOptions({ handles }))
    expect(result.kind).toBe('accepted')
    expect(times).toBe(2)
    expect(endpoints.get(endpointOf(key)).labels.team).toBe('risk')
  })

  it('again and again is told as a conflict', async () => {
    const at = await scene()
    const handles = await converge(at, wantOf([first, second], [100]))
    const { endpoints } = at.vertex.world
    at.vertex.before = ({ method }) => {
      if (method === 'PATCH') endpoints.changed(endpoints.get(endpointOf(key)))
      return undefined
    }
    const call = at.target.apply(key, wantOf([first, second], [50, 50]), callOptions({ handles }))
    await expect(call).rejects.toMatchObject({ code: 'conflict' })
  })

  it('takes away what keeps a removal from happening', async () => {
    const at = await scene()
    const handles = await converge(at, wantOf([first, second], [0, 100]))
    let times = 0
    at.vertex.before = ({ operation }) => {
      if (operation !== 'endpoints.undeployModel' || ++times > 1) return undefined
      const trafficSplit = { [idOf(first)]: 40, [idOf(second)]: 60 }
      at.vertex.world.endpoints.patch(endpointOf(key), 'trafficSplit', { trafficSplit })
      return undefined
    }
    const refused = await at.target.apply(key, wantOf([second]), callOptions({ handles }))
    expect(refused).toMatchObject({ kind: 'failed', reason: 'FailedPrecondition' })
    await converge(at, wantOf([second]), handles)
    const { deployedModels, trafficSplit } = at.vertex.world.endpoints.get(endpointOf(key))
    expect(deployedModels.map(({ id }) => id)).toEqual([idOf(second)])
    expect(trafficSplit).toEqual({ [idOf(second)]: 100 })
  })
})

describe('an operation of Vertex', () => {
  it('that runs holds others up, and no change of traffic', async () => {
    const at = await scene()
    const handles = await converge(at, wantOf([first, second], [90, 10]))
    const third = revision(3)
    const begun = await at.target.apply(
      key,
      wantOf([first, second, third], [90, 10]),
      callOptions({ handles }),
    )
    if (begun.kind !== 'accepted' || begun.handle === undefined) return expect.unreachable()
    handles.push(begun.handle)
    const { revisions } = await at.target.observe(key, { handles })
    expect(revisions.at(-1)).toMatchObject({ revision: third.name, state: 'starting', weight: 0 })
    const back = await at.target.apply(key, wantOf([first, second, third], [100]), callOptions({ handles }))
    expect(back.kind).toBe('accepted')
    expect(at.vertex.world.endpoints.get(endpointOf(key)).trafficSplit).toEqual({ [idOf(first)]: 100 })
    const removal = await at.target.apply(key, wantOf([first], [100]), callOptions({ handles }))
    expect(removal).toEqual({ kind: 'busy', retryAfterMs: 5000 })
  })

  it('of somebody else is waited for', async () => {
    const at = await scene()
    const handles = await converge(at, wantOf([first]))
    at.vertex.world.endpoints.deploy(endpointOf(key), {
      deployedModel: { model: `${modelName}@3`, dedicatedResources: { minReplicaCount: 1 } },
    })
    const result = await at.target.apply(key, wantOf([first, second]), callOptions({ handles }))
    expect(result.kind).toBe('busy')
  })

  it('whose handle was lost is waited for, and nothing is deployed twice', async () => {
    const at = await scene()
    await converge(at, wantOf([first]))
    const { journal } = at.vertex.world
    const want = wantOf([first, second])
    expect((await at.target.apply(key, want, callOptions())).kind).toBe('accepted')
    for (let times = 0; times < 3; times += 1) {
      expect((await at.target.apply(key, want, callOptions())).kind).toBe('busy')
    }
    await converge(at, want)
    expect(journal.filter(({ did }) => did === 'deploy')).toHaveLength(2)
  })

  it('that its list does not show yet makes nothing twice either, because the ids are ours', async () => {
    const at = await scene()
    const hide = (): void => {
      at.vertex.before = ({ operation }) =>
        operation === 'endpoints.operations.list' ? { json: {} } : undefined
    }
    hide()
    const want = wantOf([first])
    expect((await at.target.apply(key, want, callOptions())).kind).toBe('accepted')
    expect((await at.target.apply(key, want, callOptions())).kind).toBe('busy')
    at.vertex.world.advance(Number.POSITIVE_INFINITY)
    expect((await at.target.apply(key, want, callOptions())).kind).toBe('accepted')
    expect((await at.target.apply(key, want, callOptions())).kind).toBe('busy')
    await converge(at, want)
    const did = at.vertex.world.journal.map((note) => note.did)
    expect(did).toEqual(['create', 'deploy', 'deployed', 'split'])
  })

  it('that failed is told with its reason, and is not asked about again', async () => {
    const at = await scene()
    const handles = await converge(at, wantOf([first]))
    at.vertex.world.operations.failNext(
      new Failure('FAILED_PRECONDITION', 'Model server never became ready.'),
    )
    const begun = await at.target.apply(
      key,
      wantOf([first, second]),
      callOptions({ handles, operationId: 'mine' }),
    )
    if (begun.kind !== 'accepted' || begun.handle === undefined) return expect.unreachable()
    handles.push(begun.handle)
    at.vertex.world.advance(Number.POSITIVE_INFINITY)
    for (let times = 0; times < 2; times += 1) {
      const { operations, revisions } = await at.target.observe(key, { handles })
      expect(revisions.map((each) => each.revision)).toEqual([first.name])
      expect(operations.at(-1)).toEqual({
        operationId: 'mine',
        state: 'failed',
        reason: 'FAILED_PRECONDITION: Model server never became ready.',
      })
    }
    const asked = at.vertex.calls.filter(({ operation }) => operation === 'endpoints.operations.get')
    expect(new Set(asked.map(({ url }) => url)).size).toBe(asked.length)
  })
})

describe('what is gone when a deployment begins', () => {
  it('is tried again later when it is the endpoint, and refused when it is the model', async () => {
    const at = await scene()
    const handles = await converge(at, wantOf([first]))
    const gone = (what: string): void => {
      at.vertex.before = ({ operation }) =>
        operation === 'endpoints.deployModel'
          ? new Failure('NOT_FOUND', `The resource ${what} is not found.`)
          : undefined
    }
    const deploy = () => at.target.apply(key, wantOf([first, second]), callOptions({ handles }))
    gone(endpointOf(key))
    expect(await deploy()).toMatchObject({ kind: 'failed', reason: 'EndpointGone' })
    gone(modelName)
    await expect(deploy()).rejects.toMatchObject({ code: 'target-refused' })
  })
})

describe('quotas of Vertex', () => {
  it('of machines fail the deployment of the revision, which is sent again later', async () => {
    const at = await scene()
    const handles = await converge(at, wantOf([first]))
    at.vertex.world.quota = 0
    const result = await at.target.apply(key, wantOf([first, second]), callOptions({ handles }))
    expect(result).toMatchObject({
      kind: 'failed',
      reason: 'QuotaExceeded',
      message: expect.stringContaining('custom_model_serving_cpus'),
    })
    at.vertex.world.quota = 10
    await converge(at, wantOf([first, second]), handles)
  })

  it('of calls pass, after the time that Vertex says', async () => {
    const at = await scene()
    at.vertex.before = (call) => (isMutation(call) ? throttled(7500) : undefined)
    const call = at.target.apply(key, wantOf([first]), callOptions())
    await expect(call).rejects.toMatchObject({
      code: 'target-unavailable',
      retryable: true,
      retryAfterMs: 7500,
    })
  })
})

describe('an endpoint of Vertex that is not ours', () => {
  it.each([
    ['nobody’s', {}],
    ['another deployment’s', { modelspine_name: 'fraud', modelspine_namespace: 'default' }],
  ])('is left alone and not observed: %s', async (_, labels) => {
    const at = await scene()
    at.vertex.world.endpoints.put(endpointOf(key), { labels })
    const { journal } = at.vertex.world
    const error = await at.target
      .apply(key, wantOf([first]), callOptions())
      .catch((thrown: unknown) => thrown)
    expect(isModelspineError(error, 'target-refused')).toBe(true)
    await expect(at.target.destroy(key, callOptions())).rejects.toMatchObject({ code: 'target-refused' })
    expect(await at.target.observe(key)).toEqual({ revisions: [], operations: [] })
    expect(journal).toEqual([])
  })

  it('is taken over where an option says so: what serves there serves on until ours has its traffic', async () => {
    const at = await scene({ endpoints: { [key]: '4711' } })
    const { endpoints } = at.vertex.world
    const name = endpointOf(key).replace(/[^/]+$/, '4711')
    endpoints.put(name, {
      labels: { team: 'risk' },
      deployedModels: [
        { id: '99', displayName: 'by hand', model: modelName, dedicatedResources: { minReplicaCount: 2 } },
      ],
      trafficSplit: { 99: 100 },
    })
    const found = await at.target.observe(key)
    expect(found.revisions).toEqual([
      {
        revision: 'vertex-99',
        state: 'ready',
        weight: 100,
        scale: { min: 2, max: 2 },
        endpoint: { protocol: 'vertex', address: expect.stringMatching(/\/endpoints\/4711$/), model: '99' },
      },
    ])
    const keep = ['vertex-99']
    const split = [{ revision: 'vertex-99', weight: 100 }]
    let handles = await converge(at, { ...wantOf([first]), keep, split })
    expect(endpoints.get(name).labels).toMatchObject({
      team: 'risk',
      modelspine_name: 'churn',
      modelspine_fence: '1',
    })
    expect(endpoints.get(name).trafficSplit).toEqual({ 99: 100 })
    expect(await at.target.list()).toEqual([key])
    handles = await converge(at, wantOf([first]), handles)
    expect(endpoints.get(name).deployedModels.map(({ id }) => id)).toEqual([idOf(first)])
    await destroyAll(at, handles)
    expect(endpoints.get(name)).toMatchObject({ deployedModels: [], labels: { team: 'risk' } })
    expect(await at.target.observe(key, { handles })).toMatchObject({ revisions: [] })
  })

  it('keeps what others deployed when the deployment that took it over is removed', async () => {
    const at = await scene({ endpoints: { [key]: '4711' } })
    const { endpoints } = at.vertex.world
    const name = endpointOf(key).replace(/[^/]+$/, '4711')
    const byHand = (id: string) => ({ id, model: modelName, dedicatedResources: { minReplicaCount: 1 } })
    endpoints.put(name, { deployedModels: [byHand('98'), byHand('99')], trafficSplit: { 98: 30, 99: 70 } })
    const keep = ['vertex-98', 'vertex-99']
    const split = [
      { revision: 'vertex-98', weight: 20 },
      { revision: 'vertex-99', weight: 13 },
      { revision: first.name, weight: 67 },
    ]
    const handles = await converge(at, { ...wantOf([first]), keep, split })
    await destroyAll(at, handles)
    const { deployedModels, trafficSplit } = endpoints.get(name)
    expect(deployedModels.map(({ id }) => id)).toEqual(['98', '99'])
    expect(trafficSplit).toEqual({ 98: 61, 99: 39 })
  })

  it('that is to be taken over and is not there is refused', async () => {
    const at = await scene({ endpoints: { [key]: '4711' } })
    expect(await at.target.apply(key, wantOf([first]), callOptions())).toMatchObject({
      kind: 'refused',
      reason: 'EndpointMissing',
    })
  })

  it('has an id that we need: the deployment is refused', async () => {
    const at = await scene({ endpoints: { [key]: '4711' } })
    at.vertex.world.endpoints.put(endpointOf(key).replace(/[^/]+$/, '4711'), {
      deployedModels: [{ id: idOf(first), displayName: 'other', model: modelName }],
    })
    expect(await at.target.apply(key, wantOf([first]), callOptions())).toMatchObject({
      kind: 'refused',
      reason: 'DeployedModelIdTaken',
    })
  })
})

describe('the removal of a deployment from Vertex', () => {
  it('takes the traffic first, then each model, then the endpoint', async () => {
    const at = await scene()
    const handles = await converge(at, wantOf([first, second], [50, 50]))
    const from = at.vertex.world.journal.length
    const kinds = await destroyAll(at, handles)
    expect(at.vertex.world.journal.slice(from).map(({ did }) => did)).toEqual([
      'split',
      'undeploy',
      'undeploy',
      'delete',
    ])
    expect(kinds).toEqual(['accepted', 'accepted', 'accepted', 'accepted', 'unchanged'])
  })

  it('waits for an endpoint that is being made, also where nobody knows of it', async () => {
    const at = await scene()
    await at.target.apply(key, wantOf([first]), callOptions())
    expect((await at.target.destroy(key, callOptions())).kind).toBe('busy')
    await destroyAll(at)
    expect(at.vertex.world.endpoints.all).toEqual([])
  })

  it('is listed until it is over, though the list lags', async () => {
    let nowMs = 0
    const at = await scene({}, { listLagMs: 1000, now: () => nowMs, operationMs: 0 })
    const handles = await converge(at, wantOf([first]))
    expect(await at.target.list()).toEqual([])
    nowMs = 1000
    expect(await at.target.list()).toEqual([key])
    await destroyAll(at, handles)
    expect(await at.target.list()).toEqual([key])
    nowMs = 2000
    expect(await at.target.list()).toEqual([])
  })
})

describe('the fence of a deployment at Vertex', () => {
  it('is written with the endpoint, and again only when it is newer', async () => {
    const at = await scene()
    const handles = await converge(at, wantOf([first]), [], { fence: 3, store: 'A Store!' })
    const labels = () => at.vertex.world.endpoints.get(endpointOf(key)).labels
    expect(labels()).toMatchObject({
      modelspine_fence: '3',
      modelspine_store: expect.stringMatching(/^[0-9a-f]{32}$/),
    })
    const patches = () =>
      at.vertex.calls.filter(({ method, url }) => method === 'PATCH' && url.includes('labels')).length
    await converge(at, wantOf([first]), handles, { fence: 3, store: 'A Store!' })
    expect(patches()).toBe(0)
    await converge(at, wantOf([first]), handles, { fence: 4, store: 'A Store!' })
    expect(patches()).toBe(1)
    expect(labels().modelspine_fence).toBe('4')
  })

  it('that was written between the read and the write stops an older leader', async () => {
    const at = await scene()
    const handles = await converge(at, wantOf([first, second], [100]), [], { fence: 3 })
    const { endpoints } = at.vertex.world
    at.vertex.before = ({ method }) => {
      if (method !== 'PATCH') return undefined
      const { labels } = endpoints.get(endpointOf(key))
      endpoints.patch(endpointOf(key), 'labels', { labels: { ...labels, modelspine_fence: '9' } })
      return undefined
    }
    const call = at.target.apply(key, wantOf([first, second], [0, 100]), callOptions({ handles, fence: 3 }))
    await expect(call).rejects.toMatchObject({ code: 'fence-stale' })
    expect(endpoints.get(endpointOf(key)).trafficSplit).toEqual({ [idOf(first)]: 100 })
  })

  it('that is no number is told, nothing is sent, and all keys are listed', async () => {
    const at = await scene()
    const labels = { modelspine_name: 'churn', modelspine_namespace: 'default', modelspine_fence: 'x' }
    at.vertex.world.endpoints.put(endpointOf(key), { labels })
    const call = at.target.apply(key, wantOf([first]), callOptions())
    await expect(call).rejects.toThrow('the label modelspine_fence "x", which is no number')
    expect(await at.target.list()).toEqual([key])
  })
})

describe('what Vertex observes', () => {
  it('is unready while no replica of a revision serves, and says why', async () => {
    const at = await scene()
    const handles = await converge(at, wantOf([first]))
    const [model] = at.vertex.world.endpoints.get(endpointOf(key)).deployedModels
    Object.assign(model ?? {}, { status: { message: 'No L4 to be had.' } })
    const { revisions } = await at.target.observe(key, { handles })
    expect(revisions).toEqual([
      expect.objectContaining({ state: 'unready', reason: 'NoReplicas', message: 'No L4 to be had.' }),
    ])
  })

  it('has the host name of a dedicated endpoint, and the protocol of the settings', async () => {
    const at = await scene({ dedicatedEndpoints: true, labels: { team: 'risk' } })
    const own = revision(1, { settings: { protocol: 'mine' } })
    const handles = await converge(at, wantOf([own]))
    const { revisions } = await at.target.observe(key, { handles, applied: [own] })
    expect(revisions[0]?.endpoint).toEqual({
      protocol: 'mine',
      address: expect.stringMatching(
        /^https:\/\/ms-churn-[0-9a-f]{10}\.europe-west4-1234\.prediction\.vertexai\.goog\/v1\/projects\//,
      ),
      model: idOf(own),
    })
    expect(at.target.protocols?.(own.settings)).toEqual(['mine'])
    expect(at.vertex.world.endpoints.get(endpointOf(key)).labels.team).toBe('risk')
  })

  it('knows no handles of others', async () => {
    const at = await scene()
    const other: Key = 'default/fraud'
    const begun = await at.target.apply(other, wantOf([first]), callOptions())
    const handles = ['no JSON', '{"name":1}', ...(begun.kind === 'accepted' ? [begun.handle ?? ''] : [])]
    expect(await at.target.observe(key, { handles })).toEqual({ revisions: [], operations: [] })
    expect((await at.target.observe(other, { handles })).operations).toHaveLength(1)
  })
})
