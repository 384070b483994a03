import { existsSync, readFileSync } from 'node:fs'
import { Ajv, type ValidateFunction } from 'ajv'
import { parse } from 'yaml'

/** The validators of an official interface by schema name. Undefined when its file is not on this machine. */
export function officialSchemas(file: string): ((schema: string) => ValidateFunction) | undefined {
  const path = new URL(`../../../../shared/truth/${file}`, import.meta.url)
  if (!existsSync(path)) return undefined
  const text = readFileSync(path, 'utf8')
  const ajv = new Ajv({ strict: false, validateFormats: false })
  ajv.addSchema(file.endsWith('.json') ? JSON.parse(text, withNull) : parse(text), 'official')
  return (schema) => {
    const validate = ajv.getSchema(`official#/components/schemas/${schema}`)
    if (validate === undefined) throw new Error(`the official interface has no ${schema}`)
    return validate
  }
}

/** Translates OpenAPI's `nullable`, because JSON Schema does not know it beside a `$ref` or an `enum`. */
function withNull(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('nullable' in value)) return value
  const { nullable, ...schema } = value
  return nullable === true ? { anyOf: [schema, { type: 'null' }] } : schema
}

export const notHere = 'the official interface is not on this machine'
