import { type VertexRegistryOptions, vertexRegistry } from 'modelspine/adapters/vertex'
import { afterEach, describe, expect, it } from 'vitest'
import { Failure } from '../../simulators/vertex/vertex-failure.ts'
import { type RegistryScene, registryScene, wholeName } from './registry-scene.ts'

let scenes: RegistryScene[] = []
afterEach(async () => {
  for (const { vertex, close } of scenes) {
    expect(vertex.problems).toEqual([])
    await close()
  }
  scenes = []
})

async function scene(more: Partial<VertexRegistryOptions> = {}): Promise<RegistryScene> {
  const made = await registryScene(more)
  scenes.push(made)
  return made
}

const artifact = { kind: 'files', files: [{ uri: 'gs://models/churn/1', digest: 'sha256:00' }] } as const

describe('a version that is registered in Vertex', () => {
  it('is a model that was not there, then its next version, with the container of the option', async () => {
    const { registry, vertex } = await scene({
      container: ({ name }) => ({ image: `registry/${name}`, env: { A: 'b' }, port: 9000 }),
    })
    const first = await registry.register?.({
      name: 'churn',
      artifact,
      owner: 'risk-team',
      approval: 'pending',
    })
    const second = await registry.register?.({ name: 'churn', artifact, tags: { run: '2' } })
    expect([first?.version, second?.version]).toEqual(['1', '2'])
    expect(first?.artifact).toEqual({ kind: 'hosted', provider: 'vertex', model: `${wholeName('churn')}@1` })
    const uploads = vertex.calls.filter(({ operation }) => operation === 'models.upload')
    const [one, two] = uploads.map(({ body }) => JSON.parse(body))
    expect(one).toMatchObject({
      modelId: 'churn',
      model: {
        displayName: 'churn',
        artifactUri: 'gs://models/churn/1',
        labels: { owner: 'risk-team', approval: 'pending' },
        containerSpec: {
          imageUri: 'registry/churn',
          env: [{ name: 'A', value: 'b' }],
          ports: [{ containerPort: 9000 }],
        },
      },
    })
    expect(two).toMatchObject({ parentModel: expect.stringMatching(/\/models\/churn$/) })
  })

  it('is the same one when the same facts come again, such as after a lost answer', async () => {
    const { registry, vertex } = await scene()
    vertex.afterwards = ({ operation }, response) => {
      if (operation !== 'models.upload') return undefined
      vertex.afterwards = () => undefined
      response.socket?.destroy()
      return 'answered'
    }
    const lost = registry.register?.({ name: 'churn', artifact })
    await expect(lost).rejects.toMatchObject({ code: 'registry-unavailable' })
    const again = await registry.register?.({ name: 'churn', artifact, approval: 'approved' })
    expect(again?.version).toBe('1')
    expect(vertex.world.journal.filter(({ did }) => did === 'upload')).toHaveLength(1)
  })

  it('is waited for while Vertex uploads it, for ten minutes at most', async () => {
    const { registry, vertex, clock } = await scene()
    let looks = 0
    let running = 2
    vertex.afterwards = ({ operation, url }) => {
      if (operation !== 'models.operations.get') return undefined
      looks += 1
      return looks <= running ? { json: { name: url.slice('/v1/'.length), done: false } } : undefined
    }
    const asleepAfter = async (count: number): Promise<void> => {
      while (looks < count || clock.pendingTimers === 0) await new Promise(setImmediate)
    }
    const registered = registry.register?.({ name: 'churn', artifact })
    await asleepAfter(1)
    await clock.advance(2000)
    await asleepAfter(2)
    await clock.advance(2000)
    expect((await registered)?.version).toBe('1')
    running = Number.POSITIVE_INFINITY
    const endless = registry.register?.({ name: 'endless', artifact })
    await asleepAfter(4)
    await Promise.all([
      expect(endless).rejects.toMatchObject({
        code: 'registry-unavailable',
        retryable: true,
        message: expect.stringContaining('ten minutes'),
      }),
      clock.advance(600_000),
    ])
  })

  it('is a conflict when another version took its number meanwhile, and is deleted again', async () => {
    const { registry, vertex } = await scene()
    vertex.world.models.put(wholeName('churn'))
    vertex.before = ({ operation }) => {
      if (operation === 'models.upload') vertex.world.models.put(wholeName('churn'))
      return undefined
    }
    const overtaken = registry.register?.({ name: 'churn', version: '2', artifact, approval: 'approved' })
    await expect(overtaken).rejects.toMatchObject({
      code: 'conflict',
      details: { model: 'churn', version: '2', given: '3' },
    })
    const left: string[] = []
    for await (const { version } of registry.versions('churn')) left.push(version)
    expect(left).toEqual(['1', '2'])
  })

  it('tells why Vertex failed the upload', async () => {
    const { registry, vertex } = await scene()
    vertex.world.operations.failNext(new Failure('INVALID_ARGUMENT', 'The image cannot be pulled.'))
    const failed = registry.register?.({ name: 'churn', artifact })
    await expect(failed).rejects.toMatchObject({
      code: 'invalid-options',
      message: 'Vertex: INVALID_ARGUMENT: The image cannot be pulled.',
    })
  })

  it('is told as an answer in an unknown form where Vertex does not say which one it is', async () => {
    const { registry, vertex } = await scene()
    vertex.afterwards = ({ operation }) =>
      operation === 'models.operations.get'
        ? { json: { name: 'projects/p/locations/l/models/churn/operations/1', done: true, response: {} } }
        : undefined
    await expect(registry.register?.({ name: 'churn', artifact })).rejects.toMatchObject({
      code: 'registry-unavailable',
      message: expect.stringContaining('modelVersionId'),
    })
  })

  it.each([
    ['name', { name: 'Churn' }],
    ['version', { version: '7' }],
    ['artifact.kind', { artifact: { kind: 'hosted', provider: 'vertex', model: 'm' } }],
    ['artifact.files', { artifact: { kind: 'files', files: [{ uri: 's3://models/churn' }] } }],
    ['owner', { owner: 'ann@example.com' }],
    ['classification', { classification: 'Top Secret' }],
    ['tags.Team', { tags: { Team: 'x' } }],
    ['tags.team', { tags: { team: 'Risk' } }],
    ['tags.approval', { tags: { approval: 'approved' } }],
  ] as const)('is refused with the name of the field: %s', async (field, more) => {
    const { registry, vertex } = await scene()
    const refused = registry.register?.({ name: 'churn', artifact, ...more })
    await expect(refused).rejects.toMatchObject({ code: 'invalid-options', details: { field } })
    expect(vertex.world.journal).toEqual([])
  })
})

describe('labels and aliases in Vertex', () => {
  it('are written with the etag, so that no label of another writer is lost', async () => {
    const { registry, vertex } = await scene()
    const { models } = vertex.world
    models.put(wholeName('churn'), { labels: { a: '1' } })
    let times = 0
    vertex.before = ({ method }) => {
      if (method === 'PATCH' && ++times === 1) {
        models.patch(`${wholeName('churn')}@1`, 'labels', { labels: { a: '1', theirs: '2' } })
      }
      return undefined
    }
    await registry.setApproval('churn', '1', 'approved')
    const { tags, approval } = await registry.resolve({ registry: 'v', name: 'churn', version: '1' })
    expect({ tags, approval, times }).toEqual({
      tags: { a: '1', theirs: '2' },
      approval: 'approved',
      times: 2,
    })
  })

  it('have one default, which moves and does not go', async () => {
    const { registry, vertex } = await scene()
    for (let version = 0; version < 2; version += 1) vertex.world.models.put(wholeName('churn'))
    const current = () => registry.resolve({ registry: 'v', name: 'churn', alias: 'default' })
    expect(await current()).toMatchObject({ version: '1', aliases: ['default'] })
    await registry.setAlias('churn', 'default', '2', { expect: '1' })
    expect(await current()).toMatchObject({ version: '2' })
    await expect(registry.setAlias('churn', 'default', null)).rejects.toMatchObject({
      code: 'invalid-options',
    })
    await expect(registry.setAlias('churn', 'Champion', '2')).rejects.toMatchObject({
      code: 'invalid-options',
    })
  })

  it('that look like versions are none', async () => {
    const { registry, vertex } = await scene()
    vertex.world.models.put(wholeName('churn'), { versionAliases: ['golden'] })
    const asVersion = registry.resolve({ registry: 'v', name: 'churn', version: 'golden' })
    await expect(asVersion).rejects.toMatchObject({ code: 'model-not-found' })
    expect((await registry.resolve({ registry: 'v', text: 'churn@golden' })).version).toBe('1')
    await expect(registry.resolve({ registry: 'v', text: 'churn@1' })).rejects.toMatchObject({
      code: 'model-not-found',
      message: expect.stringContaining(':1'),
    })
  })
})

describe('what a version in Vertex tells', () => {
  it('has the lineage of its pipeline and of the model that it is a copy of', async () => {
    const { registry, vertex } = await scene()
    vertex.world.models.put(wholeName('tuned'), {
      pipelineJob: 'projects/p/locations/l/pipelineJobs/7',
      originalModelInfo: { model: 'projects/p/locations/us-central1/models/base@2' },
      modelSourceInfo: { sourceType: 'MODEL_GARDEN' },
      versionDescription: '{"modelspine":{"metrics":"none"}}',
    })
    const {
      lineage,
      raw,
      artifact: own,
    } = await registry.resolve({ registry: 'v', name: 'tuned', version: '1' })
    expect(lineage).toEqual({
      run: 'projects/p/locations/l/pipelineJobs/7',
      parents: ['projects/p/locations/us-central1/models/base@2'],
    })
    expect(raw).toMatchObject({ modelSourceInfo: { sourceType: 'MODEL_GARDEN' } })
    expect(own.kind).toBe('hosted')
  })
})

describe('the options of vertexRegistry', () => {
  it.each([
    ['artifact', { artifact: 'both' as never }],
    ['labels.owner', { labels: { owner: 'Owner' } }],
    ['labels.owner', { labels: { owner: 'approval' } }],
    ['labels.approval', { labels: { approval: 'modelspine_registration' } }],
    ['pollMs', { pollMs: 0 }],
    ['project', { project: '' }],
  ])('are refused with the name of the field: %s', (field, more) => {
    expect(() => vertexRegistry({ project: 'my-team', location: 'europe-west4', ...more })).toThrow(
      expect.objectContaining({ code: 'invalid-options', details: { field } }),
    )
  })
})
