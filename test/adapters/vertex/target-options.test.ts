import fc from 'fast-check'
import type { Key, Revision } from 'modelspine/adapter'
import { type VertexTargetOptions, vertexTarget } from 'modelspine/adapters/vertex'
import { afterEach, describe, expect, it } from 'vitest'
import type { LiveModel, VertexEndpoint } from '../../../adapters/vertex/target/live-endpoint.ts'
import { splitWithout } from '../../../adapters/vertex/target/next-step.ts'
import { deployedModelIdOf, endpointIdOf } from '../../../adapters/vertex/target/target-names.ts'
import { wantOf } from './drive.ts'
import { modelName, revision } from './revision.ts'
import { type TargetScene, targetScene } from './target-scene.ts'

const options: VertexTargetOptions = { project: 'my-team', location: 'europe-west4' }
const target = vertexTarget(options)

describe('the options of vertexTarget', () => {
  it.each<[string, Partial<VertexTargetOptions>]>([
    ['project', { project: 'My Team' }],
    ['location', { location: 'europe-west4.evil.com' }],
    ['location', { location: '' }],
    ['endpoint', { endpoint: 'no url' }],
    ['quotaProject', { quotaProject: 'No' }],
    ['endpoints', { endpoints: { churn: '1' } as never }],
    ['endpoints', { endpoints: { 'default/a': '1', 'default/b': '1' } }],
    ['endpoints.default/a', { endpoints: { 'default/a': 'projects/p/locations/l/endpoints/1' } }],
    ['encryptionKey', { encryptionKey: 'k' }],
    ['network', { network: 'projects/my-team/global/networks/n' }],
    ['network', { network: 'projects/1/global/networks/n', dedicatedEndpoints: true }],
    ['labels.Team', { labels: { Team: 'x' } }],
    ['labels.modelspine_name', { labels: { modelspine_name: 'x' } }],
    ['labels.team', { labels: { team: 'Risk & Co' } }],
    ['maxRevisions', { maxRevisions: 0 }],
    ['pollMs', { pollMs: 0 }],
  ])('are refused with the name of the field: %s', (field, wrong) => {
    expect(() => vertexTarget({ ...options, ...wrong })).toThrow(
      expect.objectContaining({
        code: 'invalid-options',
        details: { field },
        message: expect.stringMatching(`^${field} `),
      }),
    )
  })

  it('are all used for an endpoint that is made', async () => {
    const scene = await targetScene({
      encryptionKey: 'projects/p/locations/l/keyRings/r/cryptoKeys/k',
      network: 'projects/1/global/networks/n',
      labels: { team: 'risk' },
      maxRevisions: 1,
    })
    await scene.target.apply('default/churn', wantOf([revision(1)]), {
      operationId: 'o',
      fence: 7,
      store: 'store-1',
      secret: async () => expect.unreachable(),
    })
    const { body, url } = scene.vertex.calls.at(-1) ?? {}
    expect(url).toContain(`endpointId=${endpointIdOf('default/churn')}`)
    expect(JSON.parse(body ?? '')).toEqual({
      displayName: 'default/churn',
      labels: {
        team: 'risk',
        modelspine_name: 'churn',
        modelspine_namespace: 'default',
        modelspine_fence: '7',
        modelspine_store: 'store-1',
      },
      encryptionSpec: { kmsKeyName: 'projects/p/locations/l/keyRings/r/cryptoKeys/k' },
      network: 'projects/1/global/networks/n',
    })
    expect(scene.target.capabilities.maxRevisions).toBe(1)
    await scene.close()
  })
})

describe('the settings of a deployment at Vertex', () => {
  it.each([
    ['machine', { machine: 'x' }],
    ['machineType', { machineType: '' }],
    ['accelerator.type', { accelerator: { type: 'l4' } }],
    ['accelerator.count', { accelerator: { type: 'NVIDIA_L4', count: 0 } }],
    ['accelerator.kind', { accelerator: { type: 'NVIDIA_L4', kind: 'x' } }],
    ['accelerator.count', { accelerator: { type: 'NVIDIA_L4', count: 2 }, gpuPartitionSize: '1g.10gb' }],
    ['autoscaling.cpu', { autoscaling: { cpu: 101 } }],
    ['serviceAccount', { serviceAccount: 'me' }],
    ['resources', { resources: 'shared' }],
    ['machineType', { resources: 'automatic', machineType: 'n1-standard-2' }],
    ['spot', { resources: 'automatic', spot: true }],
    ['accessLogging', { accessLogging: 'yes' }],
  ])('are refused with the name of the field: %s', (field, settings) => {
    expect(target.checkSettings(settings)).toEqual([{ field, message: expect.any(String) }])
    expect(target.plan(wantOf([revision(1, { settings })]), { revisions: [], operations: [] })).toMatchObject(
      {
        kind: 'refused',
        reason: 'InvalidSettings',
        message: expect.stringContaining(`settings.${field} `),
      },
    )
  })
})

describe('what Vertex cannot run', () => {
  const { model } = revision(1)
  const of = (artifact: Revision['model']['artifact']): Partial<Revision> => ({
    model: { ...model, artifact },
  })
  const hosted = (name: string) => of({ kind: 'hosted', provider: 'vertex', model: name })

  it.each<[string, Partial<Revision>]>([
    ['ArtifactUnsupported', of({ kind: 'files', files: [{ uri: 'gs://models/churn' }] })],
    ['ArtifactUnsupported', of({ kind: 'hosted', provider: 'openai', model: 'gpt' })],
    ['ArtifactUnsupported', hosted('publishers/google/models/gemma@001')],
    ['VersionNotPinned', hosted(modelName)],
    ['VersionNotPinned', hosted(`${modelName}@golden`)],
    ['EnvUnsupported', { runtime: { env: { A: 'b' }, secrets: {}, resources: {} } }],
    ['SecretsUnsupported', { runtime: { env: {}, secrets: { TOKEN: 'env:TOKEN' }, resources: {} } }],
    ['ResourcesUnsupported', { runtime: { env: {}, secrets: {}, resources: { cpu: 1 } } }],
  ])('is refused when it is planned: %s', (reason, more) => {
    const plan = target.plan(wantOf([revision(1, more)]), { revisions: [], operations: [] })
    expect(plan).toMatchObject({ kind: 'refused', reason })
  })

  let scene: TargetScene | undefined
  afterEach(() => scene?.close())

  it('is refused by the check where only Vertex knows it', async () => {
    scene = await targetScene()
    const { models } = scene.vertex.world
    const put = (id: string, supportedDeploymentResourcesTypes: readonly string[]): Revision => {
      const name = modelName.replace(/churn$/, id)
      models.put(name, { supportedDeploymentResourcesTypes })
      return revision(1, { ...hosted(`${name}@1`), settings: {} })
    }
    const check = (own: Revision) => scene?.target.check('default/churn', wantOf([own]))
    const shown = await check(put('automl', ['AUTOMATIC_RESOURCES']))
    expect(shown).toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('it takes AUTOMATIC_RESOURCES'),
    })
    expect(await check(put('batch', []))).toMatchObject({
      message: expect.stringContaining('it cannot be deployed'),
    })
    expect(await check(put('custom', ['DEDICATED_RESOURCES']))).toEqual({ kind: 'accepted', warnings: [] })
    expect(await check(revision(9))).toMatchObject({ kind: 'refused', reason: 'ModelMissing' })
  })
})

describe('names at Vertex', () => {
  const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/)

  it('of endpoints are ids that Vertex takes, and differ for other keys', () => {
    fc.assert(
      fc.property(fc.tuple(label, label), fc.tuple(label, label), (one, other) => {
        const ids = [one, other].map(([namespace, name]) => endpointIdOf(`${namespace}/${name}` as Key))
        for (const id of ids) expect(id).toMatch(/^[a-z][a-z0-9-]{0,61}[a-z0-9]$/)
        expect(ids[0] === ids[1]).toBe(one.join('/') === other.join('/'))
      }),
    )
    expect(endpointIdOf('default/churn')).toBe('ms-churn-8f73af33fe')
  })

  it('of deployed models are ten digits, and never the sign for the new one', () => {
    fc.assert(
      fc.property(fc.string(), (name) => {
        expect(deployedModelIdOf(name)).toMatch(/^[1-9]\d{9}$/)
      }),
    )
    expect(deployedModelIdOf('a1b2c3d4e5')).toBe('8477808324')
  })
})

describe('a split without some models', () => {
  it('adds up to 100 in whole percents, keeps the order of the others, or is empty', () => {
    const weights = fc.array(fc.nat(100), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(weights, fc.nat(5), (given, leaving) => {
        const models = given.map((weight, place) => ({ id: String(place), weight }) as LiveModel)
        const split = splitWithout({ models } as unknown as VertexEndpoint, [String(leaving)])
        const left = models.filter(({ id, weight }) => id !== String(leaving) && weight > 0)
        expect(Object.keys(split).sort()).toEqual(left.map(({ id }) => id).sort())
        const shares = Object.values(split)
        expect(shares.every((share) => Number.isInteger(share))).toBe(true)
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(left.length === 0 ? 0 : 100)
        for (const one of left) {
          for (const other of left) {
            if (one.weight > other.weight) expect(split[one.id]).toBeGreaterThanOrEqual(split[other.id] ?? 0)
          }
        }
      }),
    )
  })
})
