import { Ajv2019, type ValidateFunction } from 'ajv/dist/2019.js'

export type Schema = Readonly<Record<string, unknown>>

/** Checks values against the definitions of one description. */
export interface Definitions {
  /** What is wrong with the value as this definition; empty when nothing is. */
  problems(definition: string, value: unknown): readonly string[]
}

export function definitions(defs: Readonly<Record<string, Schema>>): Definitions {
  const ajv = new Ajv2019({
    strict: false,
    allErrors: true,
    validateFormats: false,
    code: { optimize: false },
  })
  ajv.addSchema({ $id: 'official', $defs: defs })
  const compiled = new Map<string, ValidateFunction>()
  return {
    problems(definition, value) {
      const check = compiled.get(definition) ?? ajv.compile({ $ref: refTo(definition, 'official') })
      compiled.set(definition, check)
      if (check(value)) return []
      return (check.errors ?? []).map(({ instancePath, message, params }) =>
        `${instancePath || 'the whole'} ${message} ${JSON.stringify(params)}`.trim(),
      )
    },
  }
}

export function refTo(definition: string, document = ''): string {
  return `${document}#/$defs/${definition.replaceAll('~', '~0').replaceAll('/', '~1')}`
}
