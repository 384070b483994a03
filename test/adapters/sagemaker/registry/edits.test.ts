import type { NewModelVersion } from 'modelspine/adapter'
import { describe, expect, it } from 'vitest'
import { type RegistryScene, scene } from './scene.ts'

const artifact = { kind: 'files', files: [{ uri: 's3://models/churn.tar.gz' }] } as const
const version = { registry: 'models', name: 'churn', version: '1' } as const

function register({ registry }: RegistryScene, more: Partial<NewModelVersion> = {}) {
  if (registry.register === undefined) throw new Error('there is no register')
  return registry.register({ name: 'churn', artifact, ...more })
}

const writes = ({ sent }: RegistryScene): readonly string[] =>
  sent().filter((operation) => /^(Create|Update|Delete|Add)/.test(operation))

describe('setApproval', () => {
  it('writes nothing when the version has it', async () => {
    const made = await scene()
    made.packages.put('churn', { ModelApprovalStatus: 'Approved' })
    await made.registry.setApproval('churn', '1', 'approved')
    expect(writes(made)).toEqual([])
    await made.registry.setApproval('churn', '1', 'rejected')
    expect(writes(made)).toEqual(['UpdateModelPackage'])
    expect(made.packages.group('churn').packages[0]?.approval).toBe('Rejected')
  })

  it('can approve again after a rejection', async () => {
    const made = await scene()
    made.packages.put('churn')
    for (const approval of ['approved', 'rejected', 'approved'] as const) {
      await made.registry.setApproval('churn', '1', approval)
      expect((await made.registry.resolve(version)).approval).toBe(approval)
    }
  })

  it('knows no unknown', async () => {
    const { registry, packages } = await scene()
    packages.put('churn')
    await expect(registry.setApproval('churn', '1', 'unknown')).rejects.toMatchObject({
      code: 'invalid-options',
      message: expect.stringContaining('approved, rejected or pending'),
    })
  })
})

describe('setTags', () => {
  it.each(['stays', 'goes'] as const)(
    'keeps the rest where metadata that a call leaves out %s',
    async (rest) => {
      const made = await scene()
      made.packages.leftOutMetadata = rest
      made.packages.put('churn', {
        CustomerMetadataProperties: {
          team: 'risk',
          stage: 'new',
          'modelspine.owner': 'ann',
          'modelspine.metric.auc': '0.9',
        },
      })
      await made.registry.setTags('churn', '1', { stage: null, region: 'eu' })
      expect(await made.registry.resolve(version)).toMatchObject({
        tags: { team: 'risk', region: 'eu' },
        owner: 'ann',
        metrics: { auc: 0.9 },
      })
    },
  )

  it('removes the last one', async () => {
    const { registry, packages } = await scene()
    packages.put('churn', { CustomerMetadataProperties: { stage: 'new' } })
    await registry.setTags('churn', '1', { stage: null })
    expect((await registry.resolve(version)).tags).toEqual({})
  })

  it('writes nothing that is so already', async () => {
    const made = await scene()
    made.packages.put('churn', { CustomerMetadataProperties: { team: 'risk' } })
    await made.registry.setTags('churn', '1', { team: 'risk', none: null })
    expect(writes(made)).toEqual([])
  })

  it.each([
    [{ team: '' }, 'tags.team'],
    [{ team: 'a,b' }, 'tags.team'],
    [{ team: 'x'.repeat(257) }, 'tags.team'],
    [{ 'te"am': 'x' }, 'tags.te"am'],
    [{ ['k'.repeat(129)]: 'x' }, `tags.${'k'.repeat(129)}`],
    [{ 'modelspine.owner': 'x' }, 'tags.modelspine.owner'],
    [{ 'modelspine.metric.auc': '1' }, 'tags.modelspine.metric.auc'],
    [{ 'modelspine.facts.0': null }, 'tags.modelspine.facts.0'],
  ])('refuses %j before it asks SageMaker', async (tags, field) => {
    const made = await scene()
    await expect(made.registry.setTags('churn', '1', tags as never)).rejects.toMatchObject({
      code: 'invalid-options',
      details: { field },
    })
    expect(made.sent()).toEqual([])
  })

  it('refuses more entries than SageMaker keeps', async () => {
    const made = await scene()
    made.packages.put('churn')
    const tags = Object.fromEntries(Array.from({ length: 51 }, (_, place) => [`t${place}`, 'x']))
    await expect(made.registry.setTags('churn', '1', tags)).rejects.toMatchObject({
      code: 'invalid-options',
      message: expect.stringContaining('50 entries'),
    })
    expect(writes(made)).toEqual([])
  })
})

describe('setAlias', () => {
  it('writes a tag of the group, and nothing when it is so already', async () => {
    const made = await scene()
    made.packages.put('churn')
    await made.registry.setAlias?.('churn', 'champion', '1')
    await made.registry.setAlias?.('churn', 'champion', '1')
    expect(writes(made)).toEqual(['AddTags'])
    expect([...made.packages.group('churn').tags]).toEqual([['modelspine.alias.champion', '1']])
    await made.registry.setAlias?.('churn', 'champion', null)
    await made.registry.setAlias?.('churn', 'champion', null)
    expect(writes(made)).toEqual(['AddTags', 'DeleteTags'])
  })

  it('leaves other tags alone, and does not take them for aliases', async () => {
    const made = await scene({ aliasTags: 'serves:' })
    made.packages.put('churn')
    const { tags } = made.packages.group('churn')
    tags.set('team', 'risk')
    await made.registry.setAlias?.('churn', 'champion', '1')
    expect([...tags]).toEqual([
      ['team', 'risk'],
      ['serves:champion', '1'],
    ])
    const listed = []
    for await (const { aliases } of made.registry.versions('churn')) listed.push(aliases)
    expect(listed).toEqual([['champion']])
  })

  it.each(['', 'a,b', 'x'.repeat(128)])('refuses the name "%s"', async (alias) => {
    const { registry, packages } = await scene()
    packages.put('churn')
    await expect(registry.setAlias?.('churn', alias, '1')).rejects.toMatchObject({
      code: 'invalid-options',
      details: { field: 'alias' },
    })
  })
})

describe('register', () => {
  it('makes one version although the answer to the first call was lost', async () => {
    const made = await scene()
    let lost = 0
    made.simulator.afterwards = (operation) => operation === 'CreateModelPackage' && ++lost === 1
    const first = await register(made)
    expect(made.packages.group('churn').packages).toHaveLength(1)
    expect(lost).toBe(2)
    expect((await register(made)).version).toBe(first.version)
  })

  it('makes another version of other facts', async () => {
    const made = await scene()
    await register(made)
    expect((await register(made, { metrics: { auc: 0.5 } })).version).toBe('2')
  })

  it('waits until a new version is shown, and until it can be used', async () => {
    const made = await scene()
    made.packages.hiddenReads = 2
    made.packages.newStatus = 'InProgress'
    const registering = register(made)
    for (let turn = 0; turn < 5; turn += 1) {
      while (made.clock.pendingTimers === 0) await new Promise(setImmediate)
      if (turn === 4) for (const each of made.packages.group('churn').packages) each.status = 'Completed'
      await made.clock.advance(500)
    }
    expect((await registering).version).toBe('1')
  })

  it('gives up on a version that stays hidden', async () => {
    const made = await scene()
    made.packages.hiddenReads = 1000
    const registering = register(made)
    const outcome = expect(registering).rejects.toMatchObject({ code: 'model-not-found' })
    let isOver = false
    registering.catch(() => {
      isOver = true
    })
    while (!isOver) {
      if (made.clock.pendingTimers > 0) await made.clock.advance(500)
      await new Promise(setImmediate)
    }
    await outcome
    expect(made.clock.monotonic()).toBeGreaterThanOrEqual(30_000)
  })

  it('takes back a version that another writer took the number of', async () => {
    const made = await scene()
    made.packages.put('churn')
    made.packages.skipNumber('churn')
    await expect(register(made, { version: '2' })).rejects.toMatchObject({
      code: 'conflict',
      retryable: true,
      message: expect.stringContaining('gave it the number 3'),
    })
    expect(made.packages.group('churn').packages.map((each) => each.version)).toEqual([1])
  })

  it('takes only the next number', async () => {
    const made = await scene()
    made.packages.put('churn')
    await expect(register(made, { version: '7' })).rejects.toMatchObject({
      code: 'invalid-options',
      message: expect.stringContaining('would give 2'),
    })
    expect(writes(made)).toEqual([])
  })

  it('takes the group that another writer made meanwhile', async () => {
    const made = await scene()
    made.simulator.intercept = (operation) => {
      if (operation !== 'CreateModelPackageGroup') return undefined
      made.simulator.intercept = undefined
      made.packages.put('churn')
      return undefined
    }
    expect((await register(made)).version).toBe('2')
  })

  it('keeps digests, and gives them with the data', async () => {
    const digest = `sha256:${'a'.repeat(64)}`
    const files = [{ uri: 's3://models/1.tar.gz', digest }, { uri: 's3://models/2/' }]
    const made = await scene({ artifact: 'model-data' })
    const { artifact: found } = await register(made, { artifact: { kind: 'files', files } })
    expect(found).toEqual({ kind: 'files', files })
  })

  it('packages each version as the app says', async () => {
    const made = await scene({
      packaging: ({ name }) => ({
        image: `${name}:1`,
        contentTypes: ['text/csv'],
        replyTypes: ['text/plain'],
      }),
    })
    await register(made)
    expect(made.packages.group('churn').packages[0]?.input).toMatchObject({
      InferenceSpecification: {
        Containers: [{ Image: 'churn:1', ModelDataUrl: 's3://models/churn.tar.gz' }],
        SupportedContentTypes: ['text/csv'],
        SupportedResponseMIMETypes: ['text/plain'],
      },
    })
  })

  it('keeps a long signature in as many entries as it takes', async () => {
    const made = await scene()
    const tensor = (place: number) => ({
      name: `feature, "${place}" {é}`,
      datatype: 'FP32',
      shape: [-1, place],
    })
    const signature = { inputs: Array.from({ length: 60 }, (_, place) => tensor(place)), outputs: [] }
    expect((await register(made, { signature })).signature).toEqual(signature)
  })

  it.each<[string, Partial<NewModelVersion>, string]>([
    ['a hosted model', { artifact: { kind: 'hosted', provider: 'p', model: 'm' } }, 'artifact.kind'],
    ['no file', { artifact: { kind: 'files', files: [] } }, 'artifact.files'],
    [
      'too many files',
      { artifact: { kind: 'files', files: Array.from({ length: 7 }, () => artifact.files[0]) } },
      'artifact.files',
    ],
    [
      'a file elsewhere',
      { artifact: { kind: 'files', files: [{ uri: 'gs://b/m' }] } },
      'artifact.files[0].uri',
    ],
    ['an owner that cannot be kept', { owner: 'ann, bob' }, 'metadata modelspine.owner'],
    ['a metric that cannot be kept', { metrics: { 'a,b': 1 } }, 'metadata modelspine.metric.a,b'],
    ['a tag that cannot be kept', { tags: { a: '' } }, 'tags.a'],
    [
      'a signature that cannot be kept',
      {
        signature: {
          inputs: Array.from({ length: 400 }, (_, i) => ({ name: `n${i}`, datatype: 'FP32', shape: [1] })),
          outputs: [],
        },
      },
      'tags',
    ],
  ])('refuses %s before it asks SageMaker', async (_what, more, field) => {
    const made = await scene()
    await expect(register(made, more)).rejects.toMatchObject({ code: 'invalid-options', details: { field } })
    expect(made.sent()).toEqual([])
  })

  it('finds out that somebody changed what it wrote', async () => {
    const made = await scene()
    made.packages.put('churn', { CustomerMetadataProperties: { 'modelspine.facts.0': 'bm9uc2Vuc2U=' } })
    await expect(made.registry.resolve(version)).rejects.toMatchObject({
      code: 'registry-unavailable',
      message: expect.stringContaining('modelspine.facts.0'),
    })
  })

  it('is not there without packaging', async () => {
    const { registry } = await scene({ packaging: undefined as never })
    expect(registry.register).toBeUndefined()
    expect(registry.capabilities.register).toBe(false)
  })
})
