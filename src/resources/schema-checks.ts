/**
 * Laws that span several fields. They run although some field is wrong, so that all problems show at once; what they
 * look at may therefore be of any shape, and what is not as expected is somebody else's problem.
 */
import type { z } from 'zod'
import type { FieldPath } from './problems/field-path.ts'

export interface CheckProblem {
  /** Relative to what is checked. */
  readonly path: FieldPath
  /** What is wrong, after the field and its value: `names no gate of spec.analysis`. */
  readonly fault: string
  /** What to write instead, a sentence. */
  readonly remedy: string
}

export type Check = (value: unknown) => Iterable<CheckProblem>

export function withCheck<Out, In>(schema: z.ZodType<Out, In>, check: Check): z.ZodType<Out, In> {
  return schema.superRefine(
    (value, context) => {
      for (const { path, fault, remedy } of check(value)) {
        const message = `${fault}. ${remedy}`
        context.addIssue({ code: 'custom', path: [...path], message, params: { fault, remedy } })
      }
    },
    { when: () => true },
  )
}

/** The value as an object to look into; empty when it is none. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {}
}

export function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** Texts that stand in a list a second time. */
export function* repeated(
  list: unknown,
  path: FieldPath,
  textOf: (item: unknown) => unknown = (item) => item,
  field: FieldPath = [],
): Generator<CheckProblem> {
  const first = new Map<string, number>()
  for (const [index, item] of itemsOf(list).entries()) {
    const text = textOf(item)
    if (typeof text !== 'string') continue
    const earlier = first.get(text)
    if (earlier === undefined) first.set(text, index)
    else {
      yield {
        path: [...path, index, ...field],
        fault: `stands a second time, after entry ${earlier}`,
        remedy: 'Keep one of them.',
      }
    }
  }
}
