import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Json, sagemakerModel } from '../../../simulators/sagemaker/sagemaker-simulator.ts'
import { type RegistryScene, scene } from './scene.ts'

const model = sagemakerModel()

let played: Promise<RegistryScene> | undefined

/** Every form of request that the registry has, sent once. */
function everything(): Promise<RegistryScene> {
  played ??= playAll()
  return played
}

async function playAll(): Promise<RegistryScene> {
  const made = await scene({ artifact: 'model-data' })
  const { registry, packages } = made
  packages.pageSize = 1
  const fresh = {
    name: 'churn',
    approval: 'pending',
    tags: { team: 'risk' },
    owner: 'risk-team',
    classification: 'internal',
    signature: { inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 4] }], outputs: [] },
    lineage: { run: 'run-1', commit: 'abc123', datasets: ['transactions'], parents: ['churn:0'] },
    metrics: { accuracy: 0.91 },
  } as const
  const at = (...uris: string[]) => ({ kind: 'files' as const, files: uris.map((uri) => ({ uri })) })
  await registry.register?.({ ...fresh, artifact: at('s3://b/1.tar.gz', 's3://b/2.tar.gz', 's3://b/3/') })
  await registry.register?.({ name: 'churn', artifact: at('s3://b/4/model.onnx') })
  packages.skipNumber('churn')
  await registry.register?.({ name: 'churn', version: '3', artifact: at('s3://b/5/') }).catch(() => {})
  await registry.setApproval('churn', '1', 'approved')
  await registry.setTags('churn', '1', { team: null, region: 'eu' })
  await registry.setAlias?.('churn', 'champion', '1')
  await registry.setAlias?.('churn', 'champion', null)
  for (const text of ['churn:1', 'churn@latest-approved']) await registry.resolve({ registry: 'r', text })
  packages.put('fraud')
  for await (const { name } of registry.models()) for await (const _ of registry.versions(name));
  const looking = new AbortController()
  registry.changes?.(looking.signal)
  while (made.clock.pendingTimers === 0) await new Promise(setImmediate)
  looking.abort()
  return made
}

const operations = [
  'AddTags',
  'CreateModelPackage',
  'CreateModelPackageGroup',
  'DeleteModelPackage',
  'DeleteTags',
  'DescribeModelPackage',
  'DescribeModelPackageGroup',
  'ListModelPackageGroups',
  'ListModelPackages',
  'ListTags',
  'UpdateModelPackage',
] as const

describe.skipIf(model === undefined)('against sagemaker.json.gz, the model that AWS publishes', () => {
  const known = model as NonNullable<typeof model>

  it('every request fits, and so does every answer of the simulator', async () => {
    const { simulator, sent } = await everything()
    expect(simulator.problems).toEqual([])
    expect([...new Set(sent())].sort()).toEqual([...operations])
    console.log(`sagemakerRegistry: ${operations.length} operations checked against the model of AWS`)
    for (const operation of ['ListModelPackageGroups', 'ListModelPackages', 'ListTags']) {
      const pages = simulator.exchanges.filter((each) => each.operation === operation)
      expect(pages.some(({ input }) => input.NextToken !== undefined) || operation === 'ListTags').toBe(true)
    }
  })

  const spec = ['InferenceSpecification', 'Containers', 0]
  it.each([
    ['AddTags', [], 'Colour', 'blue'],
    ['AddTags', ['Tags', 0], 'Colour', 'blue'],
    ['CreateModelPackage', [], 'Colour', 'blue'],
    ['CreateModelPackage', [], 'ModelApprovalStatus', 'Maybe'],
    ['CreateModelPackage', ['MetadataProperties'], 'Colour', 'blue'],
    ['CreateModelPackage', ['InferenceSpecification'], 'Colour', 'blue'],
    ['CreateModelPackage', spec, 'Colour', 'blue'],
    ['CreateModelPackage', [...spec, 'AdditionalModelDataSources', 0], 'Colour', 'blue'],
    ['CreateModelPackage', [...spec, 'AdditionalModelDataSources', 0, 'S3DataSource'], 'S3DataType', 'Heap'],
    [
      'CreateModelPackage',
      [...spec, 'AdditionalModelDataSources', 1, 'S3DataSource'],
      'CompressionType',
      'Zip',
    ],
    ['CreateModelPackageGroup', [], 'Colour', 'blue'],
    ['DeleteModelPackage', [], 'Colour', 'blue'],
    ['DeleteTags', [], 'Colour', 'blue'],
    ['DescribeModelPackage', [], 'Colour', 'blue'],
    ['DescribeModelPackage', [], 'IncludedData', 'SomeData'],
    ['DescribeModelPackageGroup', [], 'Colour', 'blue'],
    ['ListModelPackageGroups', [], 'Colour', 'blue'],
    ['ListModelPackageGroups', [], 'SortBy', 'Mood'],
    ['ListModelPackages', [], 'Colour', 'blue'],
    ['ListModelPackages', [], 'SortOrder', 'Sideways'],
    ['ListTags', [], 'Colour', 'blue'],
    ['UpdateModelPackage', [], 'Colour', 'blue'],
    ['UpdateModelPackage', [], 'ModelApprovalStatus', 'Maybe'],
  ] as const)('a mistake in the request %s at %j is found: %s', async (operation, path, member, wrong) => {
    const { simulator } = await everything()
    const input = structuredClone(simulator.exchanges.find((each) => each.operation === operation)?.input)
    expect(known.request(operation, input)).toEqual([])
    let at = input as Record<string, unknown>
    for (const step of path) at = at[step] as Record<string, unknown>
    at[member] = wrong
    expect(known.request(operation, input)).not.toEqual([])
  })

  it('a mistake in an answer is found', async () => {
    const { simulator } = await everything()
    for (const operation of operations) {
      if (operation === 'DeleteModelPackage') continue
      const { output } = simulator.exchanges.find((each) => each.operation === operation) ?? {}
      expect(known.reply(operation, { ...(output as Json), Colour: 'blue' }), operation).not.toEqual([])
    }
  })
})

describe('the page', () => {
  it('allows in the policy of the registry what is sent, and nothing more', async () => {
    const page = readFileSync(new URL('../../../../docs/adapters/sagemaker.md', import.meta.url), 'utf8')
    const [, section = ''] = /\n## The registry\n([\s\S]*?)(?=\n## |$)/.exec(page) ?? []
    const policies = [...section.matchAll(/```json\n([^`]*"Statement"[^`]*)```/g)]
    const actions = policies.flatMap(([, policy = '']) => {
      const { Statement } = JSON.parse(policy) as { Statement: readonly { Action: readonly string[] }[] }
      return Statement.flatMap(({ Action }) => Action)
    })
    const { sent } = await everything()
    expect(actions.sort()).toEqual([...new Set(sent())].map((operation) => `sagemaker:${operation}`).sort())
  })
})
