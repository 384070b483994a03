import { describe, expect, it } from 'vitest'
import { draws } from '../draws.ts'
import { awsModel } from './aws-model.ts'
import { googleModel } from './google-model.ts'

const sagemaker = awsModel('sagemaker')

describe.skipIf(sagemaker === undefined)('the model of an AWS service', () => {
  const model = sagemaker as NonNullable<typeof sagemaker>
  const variant = { VariantName: 'a', ModelName: 'm', InstanceType: 'ml.m5.large', InitialInstanceCount: 1 }
  const config = { EndpointConfigName: 'c', ProductionVariants: [variant] }

  it('takes a right request', () => {
    expect(model.request('CreateEndpointConfig', config)).toEqual([])
    expect(model.metadata).toMatchObject({ protocol: 'json', targetPrefix: 'SageMaker' })
    expect(model.http('CreateEndpointConfig')).toEqual({ method: 'POST', requestUri: '/' })
  })

  it.each([
    ['an unknown member', { ...config, Colour: 'blue' }],
    ['an unknown member below', { ...config, ProductionVariants: [{ ...variant, Colour: 'blue' }] }],
    ['a wrong enum', { ...config, ProductionVariants: [{ ...variant, InstanceType: 'ml.none' }] }],
    ['a member that is missing', { ProductionVariants: [variant] }],
    ['an empty list', { ...config, ProductionVariants: [] }],
    ['a name that the pattern refuses', { ...config, EndpointConfigName: 'a b' }],
    ['a name that is too long', { ...config, EndpointConfigName: 'c'.repeat(64) }],
    [
      'a number below its least',
      { ...config, ProductionVariants: [{ ...variant, InitialVariantWeight: -1 }] },
    ],
    ['a wrong type', { ...config, ProductionVariants: [{ ...variant, InitialInstanceCount: '1' }] }],
  ])('refuses %s', (_what, wrong) => {
    expect(model.request('CreateEndpointConfig', wrong)).not.toEqual([])
  })

  it('checks replies, and knows no operation that AWS does not have', () => {
    expect(
      model.reply('CreateEndpoint', { EndpointArn: 'arn:aws:sagemaker:eu-west-1:123456789012:endpoint/e' }),
    ).toEqual([])
    expect(model.reply('CreateEndpoint', { EndpointName: 'e' })).not.toEqual([])
    expect(() => model.request('PromoteEndpoint', {})).toThrow('sagemaker has no operation PromoteEndpoint')
  })
})

describe.skipIf(sagemaker === undefined)('the models of AWS', () => {
  it.each(['sagemaker', 'sagemaker-runtime', 'cloudwatch', 'bedrock-runtime', 'sts'])(
    'of %s compile',
    (name) => {
      const model = awsModel(name) as NonNullable<typeof sagemaker>
      expect(model.operations.length).toBeGreaterThan(0)
      // All of SageMaker's would take half a minute to compile.
      for (const operation of model.operations.slice(0, draws(5, 30))) {
        model.request(operation, {})
        model.reply(operation, {})
      }
    },
  )
})

const vertex = googleModel('aiplatform.v1')

describe.skipIf(vertex === undefined)('the model of a Google API', () => {
  const model = vertex as NonNullable<typeof vertex>
  const create = 'aiplatform.projects.locations.endpoints.create'
  const request = {
    method: 'POST',
    path: 'v1/projects/p/locations/europe-west4/endpoints?endpointId=churn',
    body: { displayName: 'churn', trafficSplit: { '0': 100 } },
  }

  it('takes a right request', () => {
    expect(model.request(create, request)).toEqual([])
    const deploy = {
      method: 'POST',
      path: 'v1/projects/p/locations/l/endpoints/e:deployModel',
      body: { deployedModel: { model: 'projects/p/locations/l/models/m@1' }, trafficSplit: { '0': 100 } },
    }
    expect(model.request('aiplatform.projects.locations.endpoints.deployModel', deploy)).toEqual([])
  })

  it.each([
    ['another method', { ...request, method: 'PUT' }],
    ['another path', { ...request, path: request.path.replace('endpoints', 'endpoint') }],
    ['an unknown parameter', { ...request, path: `${request.path}&colour=blue` }],
    ['an unknown member', { ...request, body: { ...request.body, colour: 'blue' } }],
    ['a wrong type', { ...request, body: { displayName: 1 } }],
    ['a share that is no number', { ...request, body: { trafficSplit: { '0': 'all' } } }],
  ])('refuses %s', (_what, wrong) => {
    expect(model.request(create, wrong)).not.toEqual([])
  })

  it('checks replies, and knows no method that Google does not have', () => {
    const get = 'aiplatform.projects.locations.endpoints.get'
    expect(model.reply(get, { name: 'e', deployedModels: [{ id: '1', createTime: 'now' }] })).toEqual([])
    expect(model.reply(get, { colour: 'blue' })).not.toEqual([])
    expect(() => model.reply('aiplatform.none', {})).toThrow('aiplatform.v1 has no method aiplatform.none')
  })

  it.each(['aiplatform.v1', 'monitoring.v3'])('compiles for methods of %s', (name) => {
    const model = googleModel(name) as NonNullable<typeof vertex>
    expect(model.methods.length).toBeGreaterThan(0)
    for (const method of model.methods.slice(0, draws(5, 30))) model.reply(method, {})
  })
})
