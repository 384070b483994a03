import { readdirSync, readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { jsonSchema } from '../../../src/resources/index.ts'
import { deploymentInput, routeInput } from './arbitraries.ts'

const accepts = new Ajv({ strict: true, allowUnionTypes: true }).compile(jsonSchema())
const fixtures = 'test/unit/resources/files/fixtures'

function documentsOf(path: string): readonly unknown[] {
  const parsed = parseAllDocuments(readFileSync(path, 'utf8').replace(/^\uFEFF/, ''))
  return parsed.map((document) => document.toJS() as unknown).filter((value) => value !== null)
}

describe('the JSON Schema', () => {
  it('is what schemas/modelspine.schema.json holds: run scripts/json-schema.ts after a change', () => {
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

  it('accepts whatever the loader accepts', () => {
    const deployment = deploymentInput.map((input) => ({ kind: 'ModelDeployment', ...input }))
    const route = routeInput.map((input) => ({ kind: 'ModelRoute', ...input }))
    fc.assert(
      fc.property(fc.oneof(deployment, route), (input) => {
        const document: unknown = JSON.parse(JSON.stringify(input))
        expect(accepts(document), JSON.stringify(accepts.errors)).toBe(true)
      }),
    )
  })

  it('describes the fields for whoever hovers over them', () => {
    const text = JSON.stringify(jsonSchema())
    expect(text.match(/"description":/g)?.length).toBeGreaterThan(40)
  })
})
