/**
 * The kinds of field that resources are made of. The text that a field is given says what would be right
 * there. Problems put `Write …` before it and use it as the remedy, so it must read well after that word.
 * Everything here is a function, because building schemas takes milliseconds and importing the package must
 * not.
 */
import { z } from 'zod'
import { type Duration, durationMs, isDuration } from './duration.ts'
import { longestModelName, modelName, modelNameRight, plainName, plainNameRight } from './name-patterns.ts'

const dnsLabel = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/
const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/
const yearMs = 366 * 86_400_000

/** Optional in input, where `undefined` is not written as a value. Present in output. */
export interface Defaulted<Out, In> extends z.ZodType<Out, In> {
  _zod: z.core.$ZodTypeInternals<Out, In> & { optin: 'defaulted' }
}

/** The default goes through the schema, so it is completed and checked like any written value. */
export function defaulted<Out, In>(schema: z.ZodType<Out, In>, value: NoInfer<In>): Defaulted<Out, In> {
  return schema.prefault(value as z.core.util.NoUndefined<In>) as unknown as Defaulted<Out, In>
}

export function dnsLabelField(): z.ZodType<string, string> {
  return z
    .string({
      error: 'a DNS label: lower-case letters, digits and "-", at most 63 characters, no "-" at either end',
    })
    .regex(dnsLabel)
}

/** Names of gates, policies, targets, sources and providers. */
export function nameField(): z.ZodType<string, string> {
  return z.string({ error: plainNameRight }).regex(plainName)
}

export function modelNameField(): z.ZodType<string, string> {
  return z.string({ error: modelNameRight }).max(longestModelName).regex(modelName)
}

export function textField(expected: string): z.ZodType<string, string> {
  return z.string({ error: expected }).trim().min(1)
}

/** A duration within bounds, at most 366 days, because no wait in a resource is meant to be longer. */
export function durationField(
  least: 'zero allowed' | 'above zero',
  otherwise = '',
): z.ZodType<Duration, Duration> {
  const bounds = least === 'above zero' ? 'longer than 0 and at most 366d' : 'at most 366d'
  return z
    .string({ error: `a duration, ${bounds}: a number and ms, s, m, h or d, such as 30s${otherwise}` })
    .regex(/^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/)
    .refine((text) => {
      if (!isDuration(text)) return true
      const ms = durationMs(text)
      return ms <= yearMs && (ms > 0 || least === 'zero allowed')
    }) as unknown as z.ZodType<Duration, Duration>
}

export function wholeNumberField(
  least: number,
  most: number = Number.MAX_SAFE_INTEGER,
): z.ZodType<number, number> {
  const bounds = most === Number.MAX_SAFE_INTEGER ? `${least} or more` : `${least} to ${most}`
  return z
    .number({ error: `a whole number, ${bounds}` })
    .int()
    .min(least)
    .max(most)
}

export function numberField(
  expected: string,
  least: number = Number.NEGATIVE_INFINITY,
  most: number = Number.POSITIVE_INFINITY,
): z.ZodType<number, number> {
  const number = z.number({ error: expected })
  const bounded = least === Number.NEGATIVE_INFINITY ? number : number.min(least)
  return most === Number.POSITIVE_INFINITY ? bounded : bounded.max(most)
}

export function percentField(): z.ZodType<number, number> {
  return z.number({ error: 'a percentage above 0 and at most 100' }).gt(0).max(100)
}

export function wholePercentField(): z.ZodType<number, number> {
  return z.int({ error: 'a whole percentage from 1 to 100' }).min(1).max(100)
}

export function textMapField(): z.ZodType<Record<string, string>, Record<string, string>> {
  return z.record(z.string(), quotedTextField(), { error: 'a map of names to texts' })
}

/** YAML does not read `1`, `true` and `no` as text; the remedy says so. */
export function quotedTextField(): z.ZodType<string, string> {
  return z.string({ error: 'a text; in YAML, numbers and booleans need quotes' })
}

export function variableNameField(): z.ZodType<string, string> {
  return z
    .string({ error: 'an environment variable name: letters, digits and "_", no digit first' })
    .regex(variableName)
}
