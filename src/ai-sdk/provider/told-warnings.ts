import type { SharedV4Warning } from '@ai-sdk/provider'
import { Carriage } from '../../dialects/carriage.ts'
import type { Translation } from '../../provider/contract.ts'

const longest = 200

/**
 * Passes on what a model says that it did not do, such as a schema that it left out. A model answers all the same, so
 * that nobody else would hear of it. Throws `unsupported` where the route forbids approximations; the call was made then.
 */
export function tellWarnings(
  warnings: readonly SharedV4Warning[] | undefined,
  translation: Translation | undefined,
): void {
  // Models are other people's code.
  if (warnings === undefined || warnings.length === 0 || translation === undefined) return
  const carriage = new Carriage('the model', translation)
  for (const warning of warnings) {
    // It was done, in a way that will go.
    if (warning.type === 'deprecated') continue
    const [field, what] =
      warning.type === 'other'
        ? ['warning', warning.message]
        : [warning.feature, warning.details ?? warning.type]
    carriage.approximate(field.slice(0, longest), what.slice(0, longest))
  }
}
