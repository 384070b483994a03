import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import type { ModelVersion, PolicyRequest, PromoteRequest } from 'modelspine/adapter'
import {
  type CedarEntity,
  type CedarRequest,
  cedarPolicy,
  cedarRequest,
  cedarSchema,
} from 'modelspine/adapters/cedar'
import { policyRequests } from 'modelspine/testing'
import { describe, expect, it } from 'vitest'
import { openLibrary } from '../../../adapters/cedar/cedar-library.ts'
import { modelDeploymentSchema } from '../../../src/resources/deployment/model-deployment-schema.ts'
import { modelRouteSchema } from '../../../src/resources/route/model-route-schema.ts'
import { anyText } from '../../any-text.ts'
import { draws } from '../../draws.ts'
import { deploymentInput, routeInput } from '../../unit/resources/arbitraries.ts'
import { policyCases } from '../opa/cases.ts'
import './kept-library.ts'

const { deploy, promote, invoke, queryData, command } = policyRequests
const requests: readonly PolicyRequest[] = [
  deploy(),
  { ...deploy(), previous: deploy({}).resource },
  promote(),
  invoke(),
  queryData(),
  command(),
  policyRequests.delete(),
]

/** The part of the library that checks a request against a schema. The adapter does without it. */
interface Checking {
  preparseSchema(name: string, schema: string): { readonly type: string }
  preparsePolicySet(id: string, policies: object): { readonly type: string }
  statefulIsAuthorized(call: object): { readonly type: string; readonly errors?: unknown }
}

const library = openLibrary() as unknown as Checking
library.preparseSchema('ours', cedarSchema)
library.preparsePolicySet('open', { staticPolicies: 'permit (principal, action, resource);' })

/** What Cedar says against a request that does not follow the schema. */
function faults(request: CedarRequest): unknown {
  const call = { preparsedSchemaName: 'ours', validateRequest: true, preparsedPolicySetId: 'open' }
  const { type, errors } = library.statefulIsAuthorized({ ...request, ...call })
  return type === 'success' ? undefined : errors
}

function entity(request: PolicyRequest, type: string): CedarEntity {
  const found = cedarRequest(request).entities.filter(({ uid }) => uid.type === type)
  expect(found).toHaveLength(1)
  return found[0] as CedarEntity
}

/** A promotion of a model that has everything that a model can have. */
function full(model: Partial<ModelVersion> = {}): PromoteRequest {
  const request = promote()
  if (request.model === undefined) throw new Error('a promotion of the kit has a model')
  return {
    ...request,
    approvals: [{ name: 'bob' }, { name: 'ana', roles: ['risk'] }, { name: 'bob', roles: ['ops'] }],
    model: {
      ...request.model,
      owner: 'team-risk',
      classification: 'pii',
      tags: { stage: 'gold' },
      lineage: { run: 'r-17', datasets: ['customers'], parents: ['churn:1'], commit: 'abc' },
      metrics: { accuracy: 0.93, unknown: Number.NaN, endless: Number.POSITIVE_INFINITY },
      ...model,
    },
  }
}

describe('a request in Cedar', () => {
  it.each(requests.map((request) => ({ request, action: request.action })))(
    'of $action follows the schema',
    ({ request }) => {
      expect(faults(cedarRequest(request))).toBeUndefined()
      const { context, ...rest } = cedarRequest(request)
      expect(faults({ ...rest, context: { ...context, surprise: true } })).toBeDefined()
    },
  )

  it('of every case of the table follows the schema', () => {
    for (const { name, request } of policyCases) expect(faults(cedarRequest(request)), name).toBeUndefined()
  })

  it('of a promotion follows the schema with all that a registry knows of a model, and with nothing of it', () => {
    expect(faults(cedarRequest(full()))).toBeUndefined()
    const hosted = { kind: 'hosted', provider: 'echo', model: 'm' } as const
    expect(faults(cedarRequest(full({ artifact: hosted, lineage: {}, metrics: {} })))).toBeUndefined()
    const { model: _, ...unreached } = full()
    expect(faults(cedarRequest(unreached))).toBeUndefined()
  })

  it('follows the schema whatever is declared', () => {
    const resource = fc.oneof(
      deploymentInput.map((input) => modelDeploymentSchema().parse(input)),
      routeInput.map((input) => modelRouteSchema().parse(input)),
    )
    fc.assert(
      fc.property(resource, resource, (declared, previous) => {
        const request = { action: 'deploy', actor: { name: 'ana' }, resource: declared, previous } as const
        expect(faults(cedarRequest(request))).toBeUndefined()
      }),
      { numRuns: draws(30, 100) },
    )
  })

  it('has a schema that ships: run npm run schema after a change', () => {
    expect(readFileSync('schemas/modelspine.cedarschema', 'utf8')).toBe(cedarSchema)
  })

  it('has roles as parents, and again as texts', () => {
    const actor = { name: 'ana', roles: ['risk', 'release', 'risk'] }
    expect(entity({ ...queryData(), actor }, 'Actor')).toEqual({
      uid: { type: 'Actor', id: 'ana' },
      attrs: { name: 'ana', roles: ['risk', 'release'] },
      parents: [
        { type: 'Role', id: 'risk' },
        { type: 'Role', id: 'release' },
      ],
      tags: {},
    })
    expect(entity({ ...queryData(), actor: { name: 'eve' } }, 'Actor')).toMatchObject({
      attrs: { roles: [] },
      parents: [],
    })
  })

  it('has labels as tags, and the namespace as parent', () => {
    expect(entity(deploy({ team: 'risk' }), 'ModelDeployment')).toMatchObject({
      uid: { id: 'default/churn' },
      attrs: { name: 'churn', namespace: 'default', spec: { target: { name: 'prod' } } },
      parents: [{ type: 'Namespace', id: 'default' }],
      tags: { team: 'risk' },
    })
  })

  it('does not give the principal roles that the same actor had when approving', () => {
    const { context, entities } = cedarRequest(full())
    expect(entities.filter(({ uid }) => uid.type === 'Actor')).toHaveLength(1)
    expect(entity(full(), 'Actor').parents).toEqual([{ type: 'Role', id: 'data-science' }])
    expect(context).toMatchObject({
      approvals: { count: 2, names: ['bob', 'ana'], roles: ['risk', 'ops'] },
      approvalsOfOthers: { count: 1, names: ['bob'], roles: ['ops'] },
    })
  })

  it('rounds a weight up, so that no limit sees less traffic than there is', () => {
    const weights = [0, 0.4, 33.3, 99.99, 100]
    expect(weights.map((weight) => cedarRequest(promote('approved', weight)).context.weight)).toEqual([
      0, 1, 34, 100, 100,
    ])
  })

  it('leaves out metrics that are no finite numbers', () => {
    expect(Object.keys(entity(full(), 'Metrics').tags)).toEqual(['accuracy'])
  })

  it('keeps to itself what a policy does not need', () => {
    const request = full({
      raw: { secret: 'hush-raw' },
      artifact: { kind: 'files', files: [{ uri: 's3://hush-user:hush-key@models/m?sig=hush-sig' }] },
      lineage: { datasets: ['https://data/x?token=hush-token'] },
    })
    const { deployment } = request
    const told = JSON.stringify(
      cedarRequest({
        ...request,
        deployment: {
          ...deployment,
          metadata: { ...deployment.metadata, annotations: { a: 'hush-annotation' } },
          spec: {
            ...deployment.spec,
            runtime: { ...deployment.spec.runtime, env: { PASSWORD: 'hush-env' } },
            target: { name: 'prod', settings: { a: 'hush-setting' } },
          },
        },
      }),
    )
    expect(told).not.toContain('hush')
    expect(told).toContain('PASSWORD')
    expect(told).toContain('s3://[hidden]@models/m?sig=[hidden]')
  })

  it('is the same again, and changes nothing of what it was made of', () => {
    const before = structuredClone(full())
    const request = full()
    expect(cedarRequest(request)).toEqual(cedarRequest(before))
    expect(request).toEqual(before)
  })
})

describe('names', () => {
  const hostile = [
    'a"b',
    '"] permit',
    'Role::"release"',
    'a\\"',
    'line\nbreak',
    'nul\u0000',
    '__entity',
    '__extn',
    '__proto__',
    'constructor',
    '',
    '?principal',
    '*',
    'é/ü',
    '\ud800',
    '😀',
  ]

  it.each(hostile)('are data and never text of Cedar: %j', async (name) => {
    const actor = { name, roles: [name] }
    const labels = JSON.parse(`{${JSON.stringify(name)}: ${JSON.stringify(name)}}`) as Record<string, string>
    const metrics = JSON.parse(`{${JSON.stringify(name)}: 0.5}`) as Record<string, number>
    const deployed = deploy(labels).resource
    const asked: readonly PolicyRequest[] = [
      { ...deploy(labels), actor, previous: deployed },
      { ...full({ metrics, tags: labels, owner: name, classification: name }), actor, approvals: [actor] },
      { ...invoke(name, [name]), route: `${name}/${name}` },
      { ...queryData(name), actor, deployment: `${name}/${name}` },
      { ...command(), actor, revision: name },
    ]
    const open = cedarPolicy({
      actions: ['deploy', 'promote', 'invoke', 'query-data', 'command'],
      policies: {
        name: 'names',
        text: `permit (principal, action, resource)
when { principal.roles.contains(principal.name) };
@id("release") forbid (principal in Role::"release", action, resource);`,
      },
    })
    for (const request of asked) {
      expect(faults(cedarRequest(request))).toBeUndefined()
      expect(await open.decide(request)).toMatchObject({ verdict: 'allow', findings: [] })
    }
    const tags = Object.entries(entity(deploy(labels), 'ModelDeployment').tags)
    expect(tags).toEqual([[name.toWellFormed(), name.toWellFormed()]])
  })

  it('of any kind make a request that follows the schema', () => {
    const text = fc.oneof(fc.string(), anyText)
    fc.assert(
      fc.property(text, fc.array(text), fc.dictionary(text, text), (name, roles, labels) => {
        const request = { ...deploy(labels), actor: { name, roles } }
        expect(faults(cedarRequest(request))).toBeUndefined()
      }),
      { numRuns: draws(30, 100) },
    )
  })
})
