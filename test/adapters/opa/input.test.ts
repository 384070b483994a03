import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import fc from 'fast-check'
import type { ModelVersion, PolicyRequest, PromoteRequest } from 'modelspine/adapter'
import { type OpaInput, opaInput } from 'modelspine/adapters/opa'
import { policyRequests } from 'modelspine/testing'
import { describe, expect, it } from 'vitest'
import { opaInputJsonSchema, opaInputSchema } from '../../../adapters/opa/opa-input-schema.ts'
import { modelDeploymentSchema } from '../../../src/resources/deployment/model-deployment-schema.ts'
import { modelRouteSchema } from '../../../src/resources/route/model-route-schema.ts'
import { deploymentInput, routeInput } from '../../unit/resources/arbitraries.ts'
import { policyCases } from './cases.ts'

const { deploy, promote, invoke, queryData, command } = policyRequests
const actions: readonly PolicyRequest[] = [
  deploy(),
  { ...deploy(), previous: deploy({}).resource },
  promote(),
  invoke(),
  queryData(),
  command(),
  policyRequests.delete(),
]

const accepts = new Ajv({ strict: true, allowUnionTypes: true }).compile(opaInputJsonSchema())

/** What arrives at a policy: JSON, without members that are undefined. */
function arrived(request: PolicyRequest): OpaInput {
  return JSON.parse(JSON.stringify(opaInput(request))) as OpaInput
}

function valid(input: unknown): boolean {
  expect(accepts(input)).toBe(opaInputSchema().safeParse(input).success)
  return opaInputSchema().safeParse(input).success
}

/** Maps whose names their authors choose. */
const maps: ReadonlySet<string> = new Set(['labels', 'secrets', 'resources', 'settings', 'tags', 'metrics'])

/** Copies of a value, each with one object that has a member which nobody knows. */
function* withSurprise(value: unknown): Generator<unknown> {
  if (typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    for (const [index, each] of value.entries())
      for (const changed of withSurprise(each)) yield value.with(index, changed)
    return
  }
  yield { ...value, surprise: true }
  for (const [name, each] of Object.entries(value)) {
    if (maps.has(name)) continue
    for (const changed of withSurprise(each)) yield { ...value, [name]: changed }
  }
}

/** A promotion of a model that has everything that a model can have. */
function full(model: Partial<ModelVersion> = {}): PromoteRequest {
  const request = promote()
  const { model: known } = request
  if (known === undefined) throw new Error('a promotion of the kit has a model')
  return {
    ...request,
    approvals: [{ name: 'bob' }, { name: 'eve', roles: ['risk'] }],
    model: {
      ...known,
      owner: 'team-risk',
      classification: 'pii',
      signature: {
        inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 4] }],
        outputs: [{ name: 'y', datatype: 'FP32', shape: [-1] }],
      },
      lineage: { run: 'r-17', datasets: ['customers'], parents: ['churn:1'], commit: 'abc' },
      metrics: { accuracy: 0.93 },
      ...model,
    },
  }
}

describe('the input of a policy', () => {
  it.each(actions.map((request) => ({ request, action: request.action })))(
    'of $action follows its schema, and no member can be added',
    ({ request }) => {
      expect(valid(arrived(request))).toBe(true)
      const surprises = [...withSurprise(arrived(request))]
      expect(surprises.length).toBeGreaterThan(1)
      for (const surprise of surprises) expect(valid(surprise)).toBe(false)
    },
  )

  it('of a promotion may have all that a registry knows of a model', () => {
    const input = arrived(full())
    expect(valid(input)).toBe(true)
    const surprises = [...withSurprise(input)]
    expect(surprises.length).toBeGreaterThan(15)
    for (const surprise of surprises) expect(valid(surprise)).toBe(false)
    expect(input).toMatchObject({
      model: {
        owner: 'team-risk',
        classification: 'pii',
        lineage: { run: 'r-17' },
        metrics: { accuracy: 0.93 },
      },
    })
  })

  it('of every case of the table follows its schema', () => {
    for (const { name, request } of policyCases) expect(valid(arrived(request)), name).toBe(true)
  })

  it('follows its schema whatever is declared', () => {
    const resource = fc.oneof(
      deploymentInput.map((input) => modelDeploymentSchema().parse(input)),
      routeInput.map((input) => modelRouteSchema().parse(input)),
    )
    fc.assert(
      fc.property(resource, (declared) => {
        const input = arrived({ action: 'deploy', actor: { name: 'ana' }, resource: declared })
        expect(accepts(input), JSON.stringify(accepts.errors)).toBe(true)
        expect(opaInputSchema().safeParse(input).error).toBeUndefined()
      }),
    )
  })

  it('has a schema that ships: run npm run schema after a change', () => {
    const file = JSON.parse(readFileSync('schemas/opa-input.schema.json', 'utf8'))
    expect(file).toEqual(opaInputJsonSchema())
  })

  it('tells its version, and names everything as the request does', () => {
    expect(arrived(invoke('app', ['caller']))).toEqual({
      version: 1,
      action: 'invoke',
      actor: { name: 'app', roles: ['caller'] },
      route: 'default/churn',
      operation: 'chat',
      requestId: 'request-1',
    })
    const { deployment, revision, weight, approvals } = promote()
    const { annotations: _, ...metadata } = deployment.metadata
    expect(arrived(promote())).toMatchObject({
      deployment: { kind: 'ModelDeployment', metadata, spec: { target: { name: 'prod' } } },
      revision: { name: revision.name, model: revision.model },
      weight,
      approvals,
    })
  })

  it('always has what a rule may want to negate', () => {
    const [steering, deletion] = [command(), policyRequests.delete()]
    expect(arrived({ ...steering, actor: { name: 'ana' } })).toMatchObject({
      actor: { roles: [] },
      full: false,
    })
    expect(arrived({ ...steering, full: true })).toMatchObject({ full: true })
    expect(arrived(deletion)).toMatchObject({ force: false })
    expect(arrived({ ...deletion, force: true })).toMatchObject({ force: true })
    expect(arrived(full())).toMatchObject({ approvals: [{ name: 'bob', roles: [] }, { name: 'eve' }] })
  })

  it('has no metric that is not a finite number', () => {
    const metrics = { good: 0.5, unknown: Number.NaN, endless: Number.POSITIVE_INFINITY, zero: -0 }
    expect(arrived(full({ metrics }))).toMatchObject({ model: { metrics: { good: 0.5, zero: 0 } } })
    expect(Object.keys((arrived(full({ metrics })) as { model: { metrics: object } }).model.metrics)).toEqual(
      ['good', 'zero'],
    )
  })

  it('holds no secret that stands in a resource or in a registry', () => {
    const secret = 'planted-secret-77'
    const { deployment, revision, ...rest } = full({
      raw: { token: secret },
      lineage: { datasets: [`s3://user:${secret}@bucket/rows?X-Signature=${secret}`] },
    })
    const artifact = {
      kind: 'files' as const,
      files: [
        { uri: `https://ana:${secret}@models.example/churn?sig=${secret}&part=1#weights` },
        { uri: `https://models.example/churn?${secret}` },
        { uri: `//${secret}@models.example/churn` },
      ],
    }
    const runtime = { env: { HF_TOKEN: secret }, secrets: { TOKEN: 'env:TOKEN' }, resources: {} }
    const declared = {
      ...deployment,
      metadata: { ...deployment.metadata, annotations: { 'last-applied': secret } },
      spec: { ...deployment.spec, runtime },
    }
    const model = { ...revision.model, artifact }
    const requests: readonly PolicyRequest[] = [
      {
        ...rest,
        deployment: declared,
        revision: { ...revision, runtime, model },
        model: { ...full().model, artifact, raw: secret } as ModelVersion,
      },
      { action: 'deploy', actor: { name: 'ana' }, resource: declared, previous: declared },
      { ...command(), deployment: declared },
      { ...policyRequests.delete(), resource: declared },
      full({ raw: secret, lineage: rest.model?.lineage ?? {} }),
    ]
    for (const request of requests) expect(JSON.stringify(opaInput(request))).not.toContain(secret)
    const [first] = requests
    expect(first && arrived(first)).toMatchObject({
      revision: {
        runtime: { env: ['HF_TOKEN'], secrets: { TOKEN: 'env:TOKEN' } },
        model: {
          artifact: {
            files: [
              { uri: 'https://[hidden]@models.example/churn?sig=[hidden]&part=[hidden]#weights' },
              { uri: 'https://models.example/churn?[hidden]' },
              { uri: '//[hidden]@models.example/churn' },
            ],
          },
        },
      },
    })
  })

  it('keeps addresses without credentials as they are', () => {
    const uris = ['s3://models/churn@2/weights', 'models:/churn/2', 'file:///a%20b?', 'hf:org/name@main']
    const artifact = { kind: 'files' as const, files: uris.map((uri) => ({ uri })) }
    expect(arrived(full({ artifact }))).toMatchObject({ model: { artifact } })
  })

  it('leaves the request as it is', () => {
    for (const request of [...actions, full()]) {
      const before = structuredClone(request)
      expect(opaInput(deepFreeze(request))).toEqual(opaInput(before))
      expect(request).toEqual(before)
    }
  })
})

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) for (const each of Object.values(value)) deepFreeze(each)
  return Object.freeze(value)
}
