import type { ModelVersion } from 'modelspine/adapter'
import { describe, expect, it } from 'vitest'
import { jsonError } from '../../shared/aws/small-aws.ts'
import { type RegistryScene, scene, startMs } from './scene.ts'

const image = '123456789012.dkr.ecr.eu-west-1.amazonaws.com/kit:1'
const containers = (...Containers: object[]) => ({
  InferenceSpecification: { Containers: Containers.map((each) => ({ Image: image, ...each })) },
})
const resolve = ({ registry }: RegistryScene, text: string): Promise<ModelVersion> =>
  registry.resolve({ registry: 'models', text })

describe('a version of SageMaker', () => {
  it('has the facts that SageMaker and its metadata tell', async () => {
    const made = await scene()
    made.packages.put('churn', {
      ModelApprovalStatus: 'Approved',
      MetadataProperties: {
        CommitId: 'abc',
        GeneratedBy: 'arn:aws:sagemaker:eu-west-1:1:pipeline/p/execution/e',
      },
      SourceUri: 'arn:aws:sagemaker:eu-west-1:123456789012:model/churn',
      CustomerMetadataProperties: {
        'modelspine.owner': 'risk',
        'modelspine.classification': 'pii',
        'modelspine.metric.auc': '0.93',
        'modelspine.metric.note': 'good',
        team: 'blue',
      },
    })
    expect(await resolve(made, 'churn:1')).toMatchObject({
      registry: 'models',
      name: 'churn',
      version: '1',
      artifact: {
        kind: 'files',
        files: [{ uri: 'arn:aws:sagemaker:eu-west-1:123456789012:model-package/churn/1' }],
      },
      approval: 'approved',
      aliases: [],
      tags: { team: 'blue' },
      createdAtMs: startMs,
      owner: 'risk',
      classification: 'pii',
      lineage: {
        run: 'arn:aws:sagemaker:eu-west-1:1:pipeline/p/execution/e',
        commit: 'abc',
        parents: ['arn:aws:sagemaker:eu-west-1:123456789012:model/churn'],
      },
      metrics: { auc: 0.93 },
      raw: { ModelPackageStatus: 'Completed' },
    })
  })

  it('has the names of metadata that the options give', async () => {
    const made = await scene({ metadata: { owner: 'team', classification: 'class', metrics: 'm/' } })
    made.packages.put('churn', {
      CustomerMetadataProperties: { team: 'risk', class: 'pii', 'm/auc': '0.5', 'modelspine.owner': 'x' },
    })
    expect(await resolve(made, 'churn:1')).toMatchObject({
      owner: 'risk',
      classification: 'pii',
      metrics: { auc: 0.5 },
      tags: { 'modelspine.owner': 'x' },
    })
  })

  it('gives the data of all its containers, each once, where the options ask for it', async () => {
    const made = await scene({ artifact: 'model-data' })
    const S3DataSource = (S3Uri: string) => ({
      S3DataSource: { S3Uri, S3DataType: 'S3Prefix', CompressionType: 'None' },
    })
    made.packages.put(
      'churn',
      containers(
        { ModelDataUrl: 's3://b/one.tar.gz' },
        {
          ModelDataSource: S3DataSource('s3://b/two/'),
          AdditionalModelDataSources: [{ ChannelName: 'lora', ...S3DataSource('s3://b/three/') }],
        },
        { ModelDataUrl: 's3://b/one.tar.gz' },
      ),
    )
    const { artifact } = await resolve(made, 'churn:1')
    expect(artifact).toEqual({
      kind: 'files',
      files: [{ uri: 's3://b/one.tar.gz' }, { uri: 's3://b/two/' }, { uri: 's3://b/three/' }],
    })
  })

  it.each(['Pending', 'InProgress', 'Failed', 'Deleting'])(
    'cannot be used while it is %s',
    async (status) => {
      const made = await scene()
      const { packages, registry } = made
      packages.put('churn', { ModelApprovalStatus: 'Approved' })
      packages.newStatus = status
      made.clock.advance(1000)
      packages.put('churn', { ModelApprovalStatus: 'Approved' })
      await expect(resolve(made, 'churn:2')).rejects.toMatchObject({
        code: 'model-not-found',
        retryable: status === 'Pending' || status === 'InProgress',
        message: expect.stringContaining(`status ${status}`),
      })
      expect((await resolve(made, 'churn')).version).toBe('1')
      const listed = []
      for await (const { version } of registry.versions('churn')) listed.push(version)
      expect(listed).toEqual(['1'])
    },
  )

  it.each(['0', '01', 'latest', '1.0', '12345678901'])(
    'is not there for the number %s, and SageMaker is not asked',
    async (version) => {
      const made = await scene()
      made.packages.put('churn')
      await expect(made.registry.resolve({ registry: 'r', name: 'churn', version })).rejects.toMatchObject({
        code: 'model-not-found',
        message: expect.stringContaining('SageMaker numbers versions'),
      })
      expect(made.sent()).toEqual([])
    },
  )

  it('is not there in a group of the name in other letters', async () => {
    const made = await scene()
    made.packages.put('Churn')
    made.simulator.intercept = (operation) =>
      operation === 'DescribeModelPackageGroup'
        ? {
            ModelPackageGroupName: 'Churn',
            ModelPackageGroupArn: 'arn:aws:sagemaker:eu-west-1:123456789012:model-package-group/Churn',
            CreationTime: 1,
            CreatedBy: {},
            ModelPackageGroupStatus: 'Completed',
          }
        : undefined
    await expect(resolve(made, 'churn:1')).rejects.toMatchObject({
      code: 'model-not-found',
      message: expect.stringContaining('only "Churn"'),
    })
    expect((await resolve(made, 'Churn:1')).artifact).toMatchObject({
      files: [{ uri: 'arn:aws:sagemaker:eu-west-1:123456789012:model-package/churn/1' }],
    })
  })

  it('costs one call when its group is known, two by alias and by approval', async () => {
    const made = await scene()
    made.packages.put('churn', { ModelApprovalStatus: 'Approved' })
    made.packages.group('churn').tags.set('modelspine.alias.champion', '1')
    await resolve(made, 'churn:1')
    expect(made.sent()).toEqual(['DescribeModelPackageGroup', 'DescribeModelPackage'])
    await resolve(made, 'churn:1')
    expect(made.sent().slice(2)).toEqual(['DescribeModelPackage'])
    await resolve(made, 'churn@champion')
    expect(made.sent().slice(3)).toEqual(['ListTags', 'DescribeModelPackage'])
    await resolve(made, 'churn')
    expect(made.sent().slice(5)).toEqual(['ListModelPackages', 'DescribeModelPackage'])
  })
})

describe('latest-approved', () => {
  it('is the greater number of two of the same time, also on different pages', async () => {
    const made = await scene()
    made.packages.pageSize = 1
    for (const _ of [1, 2, 3]) made.packages.put('churn', { ModelApprovalStatus: 'Approved' })
    made.simulator.intercept = (operation, input) => {
      // AWS does not say in which order it lists those of the same time.
      if (operation !== 'ListModelPackages') return undefined
      const { run } = { run: made.packages.operations.ListModelPackages }
      return run?.({ ...input, SortOrder: 'Ascending' })
    }
    expect((await resolve(made, 'churn')).version).toBe('3')
  })

  it('passes over a version that was rejected or deleted after it was listed', async () => {
    const made = await scene()
    for (const _ of [1, 2, 3]) {
      made.packages.put('churn', { ModelApprovalStatus: 'Approved' })
      made.clock.advance(1000)
    }
    made.simulator.afterwards = (operation) => {
      if (operation !== 'ListModelPackages') return false
      const { packages } = made.packages.group('churn')
      const [, second] = packages.splice(2, 1).concat(packages)
      if (second !== undefined)
        packages[1] = { ...second, version: 2, arn: second.arn.replace(/1$/, '2'), approval: 'Rejected' }
      return false
    }
    expect((await resolve(made, 'churn')).version).toBe('1')
  })
})

describe('a reference', () => {
  it('may be the ARN of a version', async () => {
    const made = await scene()
    const { arn } = made.packages.put('churn')
    expect(await resolve(made, arn)).toMatchObject({
      name: 'arn:aws:sagemaker:eu-west-1:123456789012:model-package-group/churn',
      version: '1',
    })
    expect(made.sent()).toEqual(['DescribeModelPackage'])
  })

  it('may be the ARN of a group, with an alias or without', async () => {
    const made = await scene()
    made.packages.put('churn', { ModelApprovalStatus: 'Approved' })
    const { arn, tags } = made.packages.group('churn')
    tags.set('modelspine.alias.champion', '1')
    expect(await resolve(made, arn)).toMatchObject({ name: arn, version: '1', aliases: [] })
    expect(await resolve(made, `${arn}@champion`)).toMatchObject({ name: arn, aliases: ['champion'] })
  })

  it.each(['arn:aws:s3:::models/churn', 'ch_urn', '-churn', 'c'.repeat(64), 'churn/1'])(
    '%s names no group',
    async (text) => {
      const made = await scene()
      await expect(resolve(made, text)).rejects.toMatchObject({ code: 'invalid-reference' })
      expect(made.sent()).toEqual([])
    },
  )
})

describe('a list', () => {
  it('is not believed when its pages do not end', async () => {
    const made = await scene()
    made.packages.put('churn')
    made.simulator.intercept = (operation) =>
      operation === 'ListModelPackageGroups'
        ? { ModelPackageGroupSummaryList: [], NextToken: 'again' }
        : undefined
    const list = async () => {
      for await (const _ of made.registry.models());
    }
    await expect(list()).rejects.toMatchObject({
      code: 'registry-unavailable',
      message: expect.stringContaining('without end'),
    })
  })

  it('leaves out a version that was deleted while it was read', async () => {
    const made = await scene()
    for (const _ of [1, 2]) made.packages.put('churn')
    made.simulator.intercept = (operation, { ModelPackageName }) =>
      operation === 'DescribeModelPackage' && String(ModelPackageName).endsWith('/1')
        ? jsonError(400, 'ValidationException', `ModelPackage ${ModelPackageName} does not exist.`)
        : undefined
    const listed = []
    for await (const { version } of made.registry.versions('churn')) listed.push(version)
    expect(listed).toEqual(['2'])
  })
})
