import type { Key, Revision } from 'modelspine/adapter'
import { sagemakerTarget } from 'modelspine/adapters/sagemaker'
import { describe, expect, it } from 'vitest'
import { namesOf } from '../../../../adapters/sagemaker/target/target-names.ts'
import { region } from '../../shared/aws/small-aws.ts'
import { image, revision, role, wantOf } from './scene.ts'

const target = sagemakerTarget({ region })
const empty = { revisions: [], operations: [] }

function files(...uris: readonly string[]): Partial<Revision> {
  const artifact = { kind: 'files', files: uris.map((uri) => ({ uri })) } as const
  return { model: { registry: 'memory', name: 'churn', version: '1', artifact } }
}

const runtime = (part: Partial<Revision['runtime']>): Partial<Revision> => ({
  runtime: { env: {}, secrets: {}, resources: {}, ...part },
})
const needed = { instanceType: 'ml.m5.xlarge', image, executionRole: role }
const settings = (more: object): Partial<Revision> => ({ settings: { ...needed, ...more } })
const many = Object.fromEntries(Array.from({ length: 100 }, (_, place) => [`V${place}`, '1']))

describe('the plan of a target on SageMaker', () => {
  it.each<[string, Partial<Revision>, string]>([
    ['ArtifactUnsupported', files('s3://a/b', 's3://a/c'), '2 files'],
    ['ArtifactUnsupported', files(), '0 files'],
    ['StorageUnsupported', files('file:///models/churn'), 'file:///models/churn'],
    ['StorageUnsupported', files(`s3://bucket/${'x'.repeat(1024)}`), 'register another address'],
    ['SettingMissing', settings({ instanceType: undefined }), 'settings.instanceType'],
    ['SettingMissing', settings({ executionRole: undefined }), 'settings.executionRole'],
    ['SettingMissing', settings({ image: undefined }), 'settings.image'],
    ['InvalidSettings', settings({ instanceTyp: 'ml.m5.xlarge' }), 'settings.instanceTyp'],
    ['SecretsUnsupported', runtime({ secrets: { TOKEN: 'env:TOKEN' } }), 'runtime.secrets has TOKEN'],
    ['ResourcesUnsupported', runtime({ resources: { memory: '4Gi' } }), 'settings.instanceType'],
    ['VariableUnsupported', runtime({ env: { 'A-B': '1' } }), '"A-B"'],
    ['VariableUnsupported', runtime({ env: { MODELSPINE_REVISION: '1' } }), 'MODELSPINE_REVISION'],
    ['VariableUnsupported', runtime({ env: { LONG: 'x'.repeat(1025) } }), 'runtime.env.LONG'],
    ['VariableUnsupported', runtime({ env: many }), '100 variables'],
  ])('refuses with %s and names the field', (reason, part, text) => {
    const own = revision(1, part)
    const settings = Object.fromEntries(
      Object.entries(own.settings).filter(([, value]) => value !== undefined),
    )
    const plan = target.plan(wantOf([{ ...own, settings }]), empty)
    expect(plan).toEqual({ kind: 'refused', reason, message: expect.stringContaining(text) })
  })

  it('refuses what SageMaker does not have: other scales, and weights finer than it keeps', () => {
    const range = { scale: { min: 1, max: 4 } }
    expect(target.plan(wantOf([revision(1)], [100], range), empty)).toMatchObject({
      reason: 'ScaleUnsupported',
      message: expect.stringContaining('settings.autoscaling'),
    })
    const scaled = revision(1, settings({ autoscaling: 'external' }))
    expect(target.plan(wantOf([scaled], [100], range), empty).kind).toBe('steps')
    expect(target.plan(wantOf([scaled], [100], { scale: { min: 0, max: 4 } }), empty)).toMatchObject({
      reason: 'ScaleToZeroUnsupported',
    })
    const both = [revision(1), revision(2)]
    expect(target.plan(wantOf(both, [33.33333, 66.66667]), empty)).toMatchObject({ reason: 'WeightTooFine' })
    expect(target.plan(wantOf(both, [33.3333, 66.6667]), empty).kind).toBe('steps')
    const eleven = Array.from({ length: 11 }, (_, place) => ({ ...revision(1), name: `r${place}` }))
    expect(target.plan(wantOf(eleven), empty)).toMatchObject({ reason: 'TooManyRevisions' })
  })

  it('refuses a model that a provider runs, and shows no credentials of an address', () => {
    const artifact = { kind: 'hosted', provider: 'openai', model: 'm' } as const
    const hosted = { ...revision(1).model, artifact }
    expect(target.plan(wantOf([revision(1, { model: hosted })]), empty)).toMatchObject({
      reason: 'ArtifactUnsupported',
    })
    const plan = target.plan(wantOf([revision(1, files('ftp://user:hunter2pass@host/model'))]), empty)
    expect(JSON.stringify(plan)).not.toContain('hunter2pass')
  })

  it('takes a model package without an image, and what the target has for all', () => {
    const arn = 'arn:aws:sagemaker:eu-west-1:123456789012:model-package/churn/3'
    const { image: _, ...others } = needed
    const packaged = revision(1, { ...files(arn), settings: others })
    expect(target.plan(wantOf([packaged]), empty).kind).toBe('steps')
    const rich = sagemakerTarget({ region, ...needed })
    expect(rich.plan(wantOf([revision(1, { settings: {} })]), empty).kind).toBe('steps')
  })

  it('knows the protocol of its endpoints', () => {
    expect(target.protocols()).toEqual(['sagemaker'])
  })
})

describe('settings of a deployment on SageMaker', () => {
  const capture = { destination: 's3://bucket/captured', samplingPercent: 10, capture: ['input'] }

  it.each([
    [{ instanceType: 'm5.xlarge' }, 'instanceType'],
    [{ image: 'two words' }, 'image'],
    [{ executionRole: 'sagemaker' }, 'executionRole'],
    [{ vpc: { subnets: ['subnet-1'] } }, 'vpc.securityGroups'],
    [{ vpc: { subnets: ['subnet-1'], securityGroups: ['sg-1'], region: 'x' } }, 'vpc.region'],
    [{ networkIsolation: 'yes' }, 'networkIsolation'],
    [{ volumeSizeInGB: 513 }, 'volumeSizeInGB'],
    [{ kmsKey: 'a key' }, 'kmsKey'],
    [{ downloadTimeoutSeconds: 59 }, 'downloadTimeoutSeconds'],
    [{ startupTimeoutSeconds: 3601 }, 'startupTimeoutSeconds'],
    [{ routing: 'sticky' }, 'routing'],
    [{ dataCapture: { ...capture, destination: '/tmp' } }, 'dataCapture.destination'],
    [{ dataCapture: { ...capture, samplingPercent: 101 } }, 'dataCapture.samplingPercent'],
    [{ dataCapture: { ...capture, capture: [] } }, 'dataCapture.capture'],
    [{ autoscaling: 'ours' }, 'autoscaling'],
    [{ replicas: 2 }, 'replicas'],
  ])('%j have a problem at %s', (given, field) => {
    const [problem] = target.checkSettings(given)
    expect(problem?.field).toBe(field)
    expect(problem?.message).not.toBe('')
  })

  it('may be all of them', () => {
    const all = {
      ...needed,
      vpc: { subnets: ['subnet-1a'], securityGroups: ['sg-1a'] },
      networkIsolation: true,
      volumeSizeInGB: 30,
      kmsKey: 'arn:aws:kms:eu-west-1:123456789012:key/1',
      downloadTimeoutSeconds: 600,
      startupTimeoutSeconds: 600,
      routing: 'random',
      dataCapture: capture,
      autoscaling: 'external',
    }
    expect(target.checkSettings(all)).toEqual([])
  })
})

describe('options of sagemakerTarget', () => {
  it.each([
    [{ prefix: '' }, 'prefix'],
    [{ prefix: 'our_models' }, 'prefix'],
    [{ prefix: 'p'.repeat(25) }, 'prefix'],
    [{ executionRole: 'sagemaker' }, 'executionRole'],
    [{ instanceType: 'm5.xlarge' }, 'instanceType'],
    [{ image: '' }, 'image'],
    [{ tags: { 'aws:x': '1' } }, 'tags'],
    [{ tags: { 'modelspine:key': 'default/other' } }, 'tags'],
    [{ tags: { team: 'a|b' } }, 'tags'],
    [{ adopt: { churn: 'churn-prod' } as never }, 'adopt'],
    [{ adopt: { 'default/churn': 'churn_prod' } }, 'adopt'],
    [{ adopt: { 'default/a': 'same', 'default/b': 'same' } }, 'adopt'],
    [{ region: 'mars' }, 'endpoint'],
  ])('%j are refused, and the field is named', (options, field) => {
    expect(() => sagemakerTarget({ region, ...options })).toThrowError(
      expect.objectContaining({ code: 'invalid-options', message: expect.stringContaining(field) }),
    )
  })
})

describe('names at SageMaker', () => {
  const name = (key: Key, prefix = 'modelspine'): string =>
    namesOf(key, { prefix, adopt: new Map() }).endpoint

  it('follow from the key, and fit', () => {
    const keys: readonly Key[] = [
      'default/churn',
      'default/Churn',
      'team/churn',
      'default/churn_1',
      'default/a-b1c2d3e4f5',
      `default/${'long-'.repeat(20)}`,
      `team/${'ü'.repeat(40)}`,
      'default/-',
    ]
    for (const prefix of ['modelspine', 'p'.repeat(24)]) {
      const found = keys.map((key) => namesOf(key, { prefix, adopt: new Map() }))
      expect(new Set(found.map(({ endpoint }) => endpoint)).size).toBe(keys.length)
      for (const names of found) {
        const others = [names.model('a1b2c3d4e5'), names.model('odd name'), names.config({ a: 1 })]
        for (const each of [names.endpoint, ...others]) {
          expect(each).toMatch(/^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/)
        }
        expect(names.revisionOf(names.model('a1b2c3d4e5'))).toBe('a1b2c3d4e5')
        expect(names.isConfig(names.config({ a: 1 }))).toBe(true)
      }
    }
    expect(name('default/churn')).toBe('modelspine-churn')
    expect(name('default/churn', 'prod')).toBe('prod-churn')
  })

  it('are no names of another key', () => {
    const [one, other] = (['default/a', 'default/a-b'] as const).map((key) =>
      namesOf(key, { prefix: 'p', adopt: new Map() }),
    )
    expect(one?.revisionOf(other?.model('a1b2c3d4e5') ?? '')).toBeUndefined()
    expect(one?.isConfig(other?.config({}) ?? '')).toBe(false)
  })
})
