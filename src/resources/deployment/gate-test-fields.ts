import { z } from 'zod'
import { durationField, numberField } from '../fields.ts'
import { type CheckProblem, fieldsOf, withCheck } from '../schema-checks.ts'
import { knownMetric } from './known-metrics.ts'
import type { GateRange, GateTesting } from './model-deployment.ts'

/** The fields of a gate that say how its numbers are tested. None has a default in the resource. */
type TestFields = {
  readonly [Field in keyof GateTesting]-?: z.ZodExactOptional<
    z.ZodType<NonNullable<GateTesting[Field]>, NonNullable<GateTesting[Field]>>
  >
}

export function testFields(): TestFields {
  return {
    detect: aboveZero()
      .exactOptional()
      .describe("How much worse is worth seeing, in the metric's own unit. More than by."),
    power: numberField('a number from 0.5 to 0.999', 0.5, 0.999)
      .exactOptional()
      .describe(
        'A revision that breaks the rule passes in a share of 1 − power of the cases at most, and a plan promises its times for a share of power. Default 0.9.',
      ),
    undecided: oneOf(['extend', 'pause', 'pass', 'fail'])
      .exactOptional()
      .describe(
        'When the step ended and its numbers show neither a pass nor a failure: go on measuring until maxFor, hold the rollout for a person, pass, or fail. Default extend.',
      ),
    maxFor: durationField('above zero')
      .exactOptional()
      .describe("The longest window of a step that is extended. Default twice the step's for."),
    compare: oneOf(['tested', 'raw'])
      .exactOptional()
      .describe(
        'tested, the default: a verdict is a statement of a test. raw: the plain numbers are compared at the end of the step.',
      ),
    range: rangeSchema().exactOptional().describe('Between what each single value of the metric lies.'),
  }
}

function aboveZero(): z.ZodType<number, number> {
  return z.number({ error: "a number above 0, in the metric's own unit" }).gt(0)
}

function oneOf<const Word extends string>(words: readonly Word[]): z.ZodType<Word, Word> {
  return z.enum(words) as unknown as z.ZodType<Word, Word>
}

function rangeSchema(): z.ZodType<GateRange, GateRange> {
  const bound = (): z.ZodType<number, number> => numberField("a number in the metric's own unit")
  const range = z.strictObject({ min: bound(), max: bound() }, { error: 'bounds: { min, max }' })
  return withCheck(range, function* (value) {
    const { min, max } = fieldsOf(value)
    if (typeof min !== 'number' || typeof max !== 'number' || min < max) return
    yield {
      path: ['min'],
      fault: `is not less than max, which is ${max}`,
      remedy: `Write less than ${max}, or raise max.`,
    }
  })
}

/** What the plain comparison has no use for, because it tests nothing and always ends with its step. */
const needTest = ['detect', 'power', 'undecided', 'maxFor', 'range'] as const

/** The rules between these fields. */
export function* testProblems(gate: unknown): Generator<CheckProblem> {
  const fields = fieldsOf(gate)
  const { compare, detect, undecided, maxFor, pass } = fields
  if (compare === 'raw') {
    for (const field of needTest) {
      if (fields[field] === undefined) continue
      const fault = 'contradicts compare: raw, which compares plain numbers at the end of the step'
      yield { path: [field], fault, remedy: `Leave out ${field}, or write compare: tested.` }
    }
    return
  }
  if (maxFor !== undefined && typeof undecided === 'string' && undecided !== 'extend') {
    const fault = `contradicts undecided: ${undecided}, with which no window is extended`
    yield { path: ['maxFor'], fault, remedy: 'Leave it out, or write undecided: extend.' }
  }
  const { by } = fieldsOf(pass)
  if (typeof detect === 'number' && typeof by === 'number' && detect <= by) {
    const fault = `is not more than by, which is ${by} and still allowed`
    yield { path: ['detect'], fault, remedy: `Write more than ${by}.` }
  }
  yield* ratioProblems(fields)
}

function* ratioProblems({
  metric,
  source = 'plane',
  detect,
  range,
}: Record<string, unknown>): Generator<CheckProblem> {
  if (typeof metric !== 'string' || typeof source !== 'string') return
  if (knownMetric(source, metric)?.ratio !== true) return
  if (typeof detect === 'number' && detect >= 1) {
    const remedy = detect <= 100 ? `Write ${detect / 100} for ${detect} %.` : 'Write a number below 1.'
    yield { path: ['detect'], fault: `is 1 or more, but ${metric} is a ratio`, remedy }
  }
  if (range !== undefined) {
    const fault = `is of no use, because ${metric} is a ratio and lies between 0 and 1`
    yield { path: ['range'], fault, remedy: 'Leave it out.' }
  }
}
