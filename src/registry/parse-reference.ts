import { ModelspineError } from '../errors.ts'
import { formatReference, type ModelReference } from '../resources/deployment/reference.ts'
import { latestApprovedAlias } from './latest-approved.ts'

/** A reference whose text was parsed: a name with a version or an alias. */
export type NamedReference = Exclude<ModelReference, { readonly text: string }>

const pattern = /^([^\s@:]+)(?:@([^\s@:]+)|:(\S+))?$/

/**
 * The default text form, which most registries can use as it is: `name@alias`, `name:version`, and a bare name for
 * `name@latest-approved`. References that are given in parts pass through. Throws `invalid-reference`.
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
    `the model reference "${formatReference(reference)}" cannot be read: ${why}; write name@alias, name:version or a name alone`,
    { details: { reference } },
  )
}
