import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Ajv2019, type ValidateFunction } from 'ajv/dist/2019.js'
import { parse } from 'yaml'

export interface Truth {
  /** Why there is nothing to check against; undefined when there is. */
  readonly missing: string | undefined
  /** Whether a value is a whole `schema` of the document; a closed one refuses members that it does not name. */
  problems(schema: string, value: unknown, closed?: boolean): readonly string[]
}

type Json = Record<string, unknown>

/** An interface description as its owner publishes it, kept beside the repository and never in it. */
export function openTruth(file: string): Truth {
  const path = fileURLToPath(new URL(`../../shared/truth/${file}`, import.meta.url))
  if (!existsSync(path)) {
    const missing = `../shared/truth/${file} is not there`
    console.log(`skipped the checks against ${file}: ${missing}`)
    return { missing, problems: () => [missing] }
  }
  // JSON is YAML too, but takes a hundred times as long to read as such.
  const text = readFileSync(path, 'utf8')
  const document = clean(path.endsWith('.json') ? JSON.parse(text) : parse(text)) as Json
  const ajv = new Ajv2019({ strict: false, allErrors: true, validateFormats: false, discriminator: false })
  ajv.addSchema({ $id: 'truth', components: document.components })
  const compiled = new Map<string, ValidateFunction>()
  return {
    missing: undefined,
    problems(schema, value, closed = false) {
      const key = `${schema} ${closed}`
      const $ref = `truth#/components/schemas/${schema}`
      const check =
        compiled.get(key) ?? ajv.compile(closed ? { $ref, unevaluatedProperties: false } : { $ref })
      compiled.set(key, check)
      if (check(value)) return []
      return (check.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
    },
  }
}

/**
 * OpenAPI's ways made JSON Schema's: `nullable` says that null fits too, whatever `enum` or `$ref` stands beside it, and
 * `discriminator` says nothing that `oneOf` does not.
 */
function clean(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(clean)
  if (typeof value !== 'object' || value === null) return value
  const { discriminator, nullable, ...rest } = value as Json
  const entries = Object.entries(rest).map(([name, member]) => [name, clean(member)])
  const schema = Object.fromEntries(
    discriminator === undefined || typeof discriminator === 'object'
      ? entries
      : [...entries, ['discriminator', clean(discriminator)]],
  )
  if (typeof nullable === 'object') return { ...schema, nullable: clean(nullable) }
  return nullable === true ? { anyOf: [schema, { type: 'null' }] } : schema
}
