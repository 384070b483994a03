import { inspect } from 'node:util'
import type { ModelspineError } from 'modelspine/adapter'
import { describe, expect, it } from 'vitest'
import { jsonError } from '../../shared/aws/small-aws.ts'
import { callOptions, converge, endpoint, isRead, key, onceFor, revision, scene, wantOf } from './scene.ts'

const [first, second] = [revision(1), revision(2)]
const arn = `arn:aws:sagemaker:eu-west-1:123456789012:endpoint/${endpoint}`

async function failureOf(call: Promise<unknown>): Promise<ModelspineError> {
  return call.then(
    (answer) => expect.unreachable(`the call answered ${inspect(answer)}`),
    (error: ModelspineError) => error,
  )
}

describe('an error of SageMaker', () => {
  it.each([
    ['ThrottlingException', 400, 'Rate exceeded', { code: 'target-unavailable', retryable: true }],
    ['InternalFailure', 500, 'oops', { code: 'target-unavailable', retryable: true }],
    ['ServiceUnavailable', 503, 'oops', { code: 'target-unavailable', retryable: true }],
    [
      'ResourceLimitExceeded',
      400,
      'The account-level service limit is 0 Instances',
      { code: 'target-unavailable', retryable: true },
    ],
    ['AccessDeniedException', 400, 'is not authorized', { code: 'auth', retryable: false }],
    ['ExpiredTokenException', 403, 'expired', { code: 'auth', retryable: false }],
    [
      'ValidationException',
      400,
      'Could not find model data at s3://models/churn-1.tar.gz.',
      { code: 'target-refused', retryable: false },
    ],
    ['ValidationException', 400, 'Requested image not found', { code: 'target-refused', retryable: false }],
  ])('%s with the status %s has its meaning: %s', async (reason, status, text, expected) => {
    const { api, target } = await scene()
    api.intercept = (operation) => (isRead(operation) ? undefined : jsonError(status, reason, text))
    const error = await failureOf(target.apply(key, wantOf([first]), callOptions()))
    expect(error).toMatchObject({ ...expected, details: { reason } })
    expect(error.message).toContain(text)
  })

  it.each([
    ['that something is under way', 'UpdateEndpoint', `Cannot update in-progress endpoint "${arn}".`],
    ['that it is there already', 'CreateModel', 'Cannot create already existing model "arn:m".'],
    ['that a config is not shown yet', 'UpdateEndpoint', 'Could not find endpoint configuration "arn:c".'],
    ['that a model is not shown yet', 'CreateEndpointConfig', 'Could not find model "arn:m".'],
  ])('%s passes by itself', async (_, operation, text) => {
    const made = await scene()
    await converge(made, wantOf([first]))
    const { api, target } = made
    let isMet = false
    api.intercept = (called) => {
      if (called !== operation) return undefined
      isMet = true
      return jsonError(400, 'ValidationException', text)
    }
    for (let call = 0; call < 5 && !isMet; call += 1) {
      const result = await target.apply(key, wantOf([first, second]), callOptions())
      if (isMet) expect(result).toEqual({ kind: 'busy', retryAfterMs: 5000 })
    }
    expect(isMet).toBe(true)
    api.intercept = undefined
    await converge(made, wantOf([first, second]))
  })

  it('that there is no endpoint is no fault, and any other error is no empty observation', async () => {
    const { api, target } = await scene()
    expect(await target.observe(key)).toEqual({ revisions: [], operations: [] })
    onceFor(api, isRead, jsonError(400, 'ValidationException', 'something is wrong'))
    expect(await failureOf(target.observe(key))).toMatchObject({ code: 'target-refused' })
    onceFor(api, isRead, { status: 200, body: '<!doctype html><p>hello' })
    expect(await failureOf(target.observe(key))).toMatchObject({ code: 'target-unavailable' })
    onceFor(api, isRead, { status: 200, body: '{"EndpointStatus":7}' })
    expect(await failureOf(target.observe(key))).toMatchObject({ code: 'target-unavailable' })
  })

  it('that its list gives a page again and again ends', async () => {
    const { api, target } = await scene()
    const page = { Endpoints: [], NextToken: 'again' }
    api.intercept = (operation) => (operation === 'ListEndpoints' ? page : undefined)
    expect(await failureOf(target.list())).toMatchObject({
      code: 'target-unavailable',
      message: expect.stringContaining('ListEndpoints'),
    })
  })
})

describe('SageMaker that is away', () => {
  it('was sent nothing', async () => {
    const { api, target } = await scene()
    await api.close()
    const notSent = { kind: 'not-sent', reason: 'NoConnection' }
    expect(await target.apply(key, wantOf([first]), callOptions())).toMatchObject(notSent)
    expect(await target.destroy(key, callOptions())).toMatchObject(notSent)
    expect(await failureOf(target.observe(key))).toMatchObject({
      code: 'target-unavailable',
      retryable: true,
    })
  })

  it('is not asked after the target was closed', async () => {
    const { api, target } = await scene()
    await target.close()
    const { length } = api.calls
    for (const call of [
      () => target.observe(key),
      () => target.apply(key, wantOf([first]), callOptions()),
      () => target.destroy(key, callOptions()),
      () => target.list(),
    ]) {
      expect(await failureOf(call())).toMatchObject({ code: 'stopped' })
    }
    expect(api.calls.length).toBe(length)
  })
})

describe('what is observed', () => {
  it('costs one read of an endpoint that was seen to have nothing left over', async () => {
    const made = await scene()
    await converge(made, wantOf([first]))
    await made.target.observe(key, { applied: [first] })
    const { length } = made.api.exchanges
    await made.target.observe(key, { applied: [first] })
    expect(made.api.exchanges.slice(length).map(({ operation }) => operation)).toEqual(['DescribeEndpoint'])
    // Another process may have led meanwhile.
    await made.target.standDown()
    await made.target.observe(key, { applied: [first] })
    expect(made.api.exchanges.at(-1)?.operation).toBe('ListModels')
  })

  it('is what a model that was made for nothing leaves, and not what is on its way', async () => {
    const made = await scene()
    await converge(made, wantOf([first]))
    const { target, world } = made
    await target.apply(key, wantOf([first, second]), callOptions())
    const names = async (applied: readonly (typeof first)[]) =>
      (await target.observe(key, { applied })).revisions.map(({ revision }) => revision)
    expect(await names([first, second])).toEqual([first.name])
    expect(await names([first])).toEqual([first.name, second.name])
    await converge(made, wantOf([first]))
    expect(await names([first])).toEqual([first.name])
    expect(world.models()).toHaveLength(1)
  })
})

describe('what is listed', () => {
  it('costs a read of tags only once for each endpoint, and forgets an endpoint that is gone', async () => {
    const made = await scene()
    const { target, api } = made
    await converge(made, wantOf([first]))
    const readsOfTags = async (): Promise<number> => {
      const { length } = api.exchanges
      await target.list()
      return api.exchanges.slice(length).filter(({ operation }) => operation === 'ListTags').length
    }
    expect(await readsOfTags()).toBe(1)
    expect(await readsOfTags()).toBe(0)
    expect(await target.list()).toEqual([key])
    for (let call = 0; call < 10; call += 1) {
      await target.destroy(key, callOptions())
      made.world.settle()
    }
    expect(await target.list()).toEqual([])
  })
})
