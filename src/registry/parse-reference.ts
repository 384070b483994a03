import { ModelspineError } from '../errors.ts'
import { formatReference, type ModelReference } from '../resources/deployment/reference.ts'
import { latestApprovedAlias } from './latest-approved.ts'

/** A reference whose text was parsed: a name with a version or an alias. */
export type NamedReference = Exclude<ModelReference, { readonly text: string }>

const pattern = /^([^\s@:]+)(?:@([^\s@:]+)|:(\S+))?$/

/**
 * Reads the default text form, which fits most registries: `name@alias`, `name:version`, or a name alone,
 * which means `name@latest-approved`. A reference that is given in parts passes through. Throws
 * `invalid-reference`.
 */
export function parseReference(reference: ModelReference): NamedReference {
  if ('text' in reference) {
    const [whole, name, alias, version] = pattern.exec(reference.text) ?? []
    if (whole === undefined || name === undefined) {
      throw invalid(reference, `"${reference.text}" names no model version`)
    }
    return version === undefined
      ? { registry: reference.registry, name, alias: alias ?? latestApprovedAlias }
      : { registry: reference.registry, name, version }
  }
  const tail = 'version' in reference ? reference.version : reference.alias
  if (reference.name === '') throw invalid(reference, 'its name is empty')
  if (tail === '') throw invalid(reference, `its ${'version' in reference ? 'version' : 'alias'} is empty`)
  return reference
}

function invalid(reference: ModelReference, why: string): ModelspineError {
  return new ModelspineError(
    'invalid-reference',
    `the model reference "${formatReference(reference)}" cannot be read, because ${why}: write name@alias, name:version or a name alone`,
    { details: { reference } },
  )
}
