/**
 * Rules between several fields. They run even when a field is wrong, so that all problems show at once. So
 * the values may have any shape. A check skips a value of the wrong shape, because that field's own schema
 * reports it.
 */
import type { z } from 'zod'
import { isRecord, type JsonRecord } from '../json.ts'
import type { FieldPath } from './problems/field-path.ts'

export interface CheckProblem {
  /** Relative to the checked value. */
  readonly path: FieldPath
  /** The fault, worded to stand after the field and its value: `is not a gate of spec.analysis`. */
  readonly fault: string
  /** A sentence that says what to write instead. */
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

/** The value as an object to look into; empty when the value is not an object. */
export function fieldsOf(value: unknown): JsonRecord {
  return isRecord(value) ? value : {}
}

export function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** Finds texts that stand in a list more than once. */
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
        fault: `repeats entry ${earlier}`,
        remedy: 'Keep one of them.',
      }
    }
  }
}
