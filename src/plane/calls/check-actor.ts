import { printValue } from '../../resources/problems/print-value.ts'
import { fieldsOf } from '../../resources/schema-checks.ts'

/**
 * Throws a TypeError when a call does not say who asks. Programs without types can leave the actor out, and a
 * change must never be recorded without a name.
 */
export function checkActor(call: string, options: unknown): void {
  const { actor } = fieldsOf(options)
  const { name, roles } = fieldsOf(actor)
  const wrong =
    typeof actor !== 'object' || actor === null
      ? ['actor', actor]
      : typeof name !== 'string' || name.trim() === ''
        ? ['actor.name', name]
        : roles !== undefined && !isTexts(roles)
          ? ['actor.roles', roles]
          : undefined
  if (wrong === undefined) return
  const [field, value] = wrong
  const is = value === undefined ? 'missing' : printValue(value, [])
  const right =
    field === 'actor.roles'
      ? 'pass a list of texts, or leave it out'
      : 'pass { actor: { name: "ann@example.com" } } with the name of whoever asks'
  throw new TypeError(`${call}: ${String(field)} is ${is}: ${right}`)
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === 'string')
}
