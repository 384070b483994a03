import { readdirSync, readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { createControlPlane, hostedTarget } from '../../../src/index.ts'
import { formatProblem, jsonSchema, parseResources, problemsOf } from '../../../src/resources/index.ts'
import { deploymentInput, routeInput } from './arbitraries.ts'

const accepts = new Ajv({ strict: true, allowUnionTypes: true }).compile(jsonSchema())
const fixtures = 'test/unit/resources/files/fixtures'

function documentsOf(path: string): readonly unknown[] {
  const parsed = parseAllDocuments(readFileSync(path, 'utf8').replace(/^\uFEFF/, ''))
  return parsed.map((document) => document.toJS() as unknown).filter((value) => value !== null)
}

describe('the JSON Schema', () => {
  it('is equal to schemas/modelspine.schema.json: run scripts/json-schema.ts after a change', () => {
    expect(JSON.parse(readFileSync('schemas/modelspine.schema.json', 'utf8'))).toEqual(jsonSchema())
  })

  it('accepts every valid file', () => {
    const files = readdirSync(`${fixtures}/valid`).filter((name) => /\.(yaml|json)$/.test(name))
    expect(files.length).toBeGreaterThan(3)
    for (const file of files) {
      for (const document of documentsOf(`${fixtures}/valid/${file}`))
        expect(accepts(document), file).toBe(true)
    }
  })

  it.each([
    'canary-weight-zero.yaml',
    'deadline-without-unit.yaml',
    'env-name-invalid.yaml',
    'env-value-a-number.yaml',
    'gate-two-rules.yaml',
    'kind-misspelt.yaml',
    'kind-missing.yaml',
    'name-missing.yaml',
    'route-operation-misspelt.yaml',
    'secret-in-clear.yaml',
    'spec-field-misspelt.yaml',
    'step-two-in-one.yaml',
    'strategies-two.yaml',
    'weight-a-text.json',
  ])('refuses %s', (file) => {
    for (const document of documentsOf(`${fixtures}/malformed/${file}`)) expect(accepts(document)).toBe(false)
  })

  it('accepts everything that the loader accepts', () => {
    const deployment = deploymentInput.map((input) => ({ kind: 'ModelDeployment', ...input }))
    const route = routeInput.map((input) => ({ kind: 'ModelRoute', ...input }))
    fc.assert(
      fc.property(fc.oneof(deployment, route), (input) => {
        const document: unknown = JSON.parse(JSON.stringify(input))
        expect(accepts(document), JSON.stringify(accepts.errors)).toBe(true)
      }),
    )
  })

  it('has descriptions of the fields for an editor to show', () => {
    const text = JSON.stringify(jsonSchema())
    expect(text.match(/"description":/g)?.length).toBeGreaterThan(40)
  })
})

describe('the JSON Schema of a plane', () => {
  const names = {
    registries: ['models', 'hugging.face'],
    targets: ['local'],
    providers: ['openai'],
    policies: ['promotion'],
    metrics: ['plane', 'prometheus'],
    secrets: [],
  }
  const ajv = new Ajv({ strict: true, allowUnionTypes: true, allErrors: true })
  const acceptsNames = ajv.compile(jsonSchema({ names }))

  const deployment = `
kind: ModelDeployment
metadata: { name: churn }
spec:
  model: models/churn@champion
  target: { name: local, settings: { anything: 1 } }
  strategy: { canary: { steps: [{ weight: 5 }, { analyze: [errors], for: 1m }] } }
  analysis: [{ name: errors, metric: up, source: prometheus, pass: { atMost: 0.1 } }]
  policies: [promotion]
`
  const route = `
kind: ModelRoute
metadata: { name: churn }
spec:
  operations: [chat]
  backends: [{ deployment: churn }, { provider: openai, model: some-model }]
  fallback: [{ provider: openai, model: other-model }]
`
  const read = (yaml: string): unknown => parseAllDocuments(yaml)[0]?.toJS()

  it('accepts the names that the plane has', () => {
    for (const yaml of [deployment, route]) {
      expect(acceptsNames(read(yaml)), JSON.stringify(acceptsNames.errors)).toBe(true)
      expect(accepts(read(yaml))).toBe(true)
    }
    expect(acceptsNames(read(deployment.replace('models/', 'hugging.face/')))).toBe(true)
  })

  it.each([
    [deployment, 'models/churn', 'modls/churn', '/spec/model'],
    [
      deployment,
      'models/churn@champion',
      '{ registry: modls, name: churn, alias: champion }',
      '/spec/model/registry',
    ],
    [deployment, 'models/churn', 'huggingXface/churn', '/spec/model'],
    [deployment, '{ name: local, settings: { anything: 1 } }', 'locl', '/spec/target'],
    [deployment, 'name: local', 'name: locl', '/spec/target/name'],
    [deployment, '[promotion]', '[promotoin]', '/spec/policies/0'],
    [deployment, 'source: prometheus', 'source: prometeus', '/spec/analysis/0/source'],
    [
      deployment,
      'target:',
      'runtime: { secrets: { TOKEN: "env:TOKEN" } }\n  target:',
      '/spec/runtime/secrets/TOKEN',
    ],
    [route, 'provider: openai, model: some', 'provider: opnai, model: some', '/spec/backends/1/provider'],
    [route, 'provider: openai, model: other', 'provider: opnai, model: other', '/spec/fallback/0/provider'],
  ])('marks a wrong name, case %#', (yaml, right, wrong, path) => {
    const value = read(yaml.replace(right, wrong))
    expect(accepts(value), 'without a plane it is valid').toBe(true)
    expect(acceptsNames(value)).toBe(false)
    expect(acceptsNames.errors?.map(({ instancePath }) => instancePath)).toContain(path)
  })

  it('says nothing of names where no plane is given', () => {
    expect(JSON.stringify(jsonSchema())).not.toContain('x-modelspine')
    expect(JSON.stringify(jsonSchema({ names }))).not.toContain('x-modelspine')
  })

  it('takes a plane as it is', () => {
    const plane = createControlPlane({ targets: { vendor: hostedTarget() } })
    const acceptsPlane = new Ajv({ strict: true, allowUnionTypes: true }).compile(jsonSchema(plane))
    expect(acceptsPlane(read(deployment))).toBe(false)
  })
})

describe('names in files', () => {
  const plane = {
    names: {
      registries: ['models'],
      targets: ['local'],
      providers: [],
      policies: [],
      metrics: ['plane'],
      secrets: [],
    },
  }
  const text = `kind: ModelDeployment
metadata: { name: churn }
spec:
  model: modls/churn
  target: local
  policies: [promotion]
  deadline: soon
`

  it('are told with file and line, together with what the schema refuses', async () => {
    const error = await parseResources(text, { file: 'churn.yaml', plane }).catch((each: unknown) => each)
    expect(problemsOf(error).map(formatProblem)).toEqual([
      'churn.yaml:4:3: spec.model: this plane has no registry "modls". Did you mean "models"?',
      'churn.yaml:6:14: spec.policies[0]: this plane has no policy engine "promotion". This plane has no policy engines.',
      expect.stringMatching(/^churn\.yaml:7:3: spec\.deadline/),
    ])
  })

  it('are not looked at without a plane', async () => {
    const [churn] = await parseResources(text.replace('soon', '5m'))
    expect(churn?.metadata.name).toBe('churn')
  })
})
