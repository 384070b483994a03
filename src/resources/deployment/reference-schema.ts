import { z } from 'zod'
import { textField } from '../fields.ts'
import { registryName, registryNameRight } from '../name-patterns.ts'
import { planeName } from '../plane-names.ts'
import type { ModelReference } from './reference.ts'

const shortForm = /^[^\s/]+\/[^\s/](.*[^\s/])?$/

/** The short form becomes `{ registry, text }`, which is valid input too. */
export function referenceSchema(): z.ZodType<ModelReference, ModelReference | string> {
  const registry = planeName(
    z.string({ error: registryNameRight }).regex(registryName),
    'registries',
  ).describe("One of the plane's registries.")
  const name = textField("the model's name in that registry").describe("The model's name in that registry.")
  const text = z
    .string({ error: 'registry/name@alias or registry/name:version, such as mlflow/churn@champion' })
    .regex(shortForm)
  const short = planeName(text, 'registries', '/[^\\s/](.*[^\\s/])?').transform(parseReference)
  const version = textField("the version's name, as text").describe(
    'A version never changes in its registry.',
  )
  const alias = textField("the alias's name").describe('The alias is looked up at every reconcile.')
  const rest = textField('what the registry understands, such as churn@champion').describe(
    'The registry parses this text.',
  )
  return z
    .union(
      [
        short,
        z.strictObject({ registry, name, version }),
        z.strictObject({ registry, name, alias }),
        z.strictObject({ registry, text: rest }),
      ],
      { error: 'registry/name@alias as text, or { registry, name, version }, or { registry, name, alias }' },
    )
    .describe('A model in a registry, and a version or an alias of it.')
}

function parseReference(text: string): ModelReference {
  const slash = text.indexOf('/')
  return { registry: text.slice(0, slash), text: text.slice(slash + 1) }
}
