import { z } from 'zod'
import { defaulted, nameField, numberField, textField, wholeNumberField } from '../fields.ts'
import { planeName } from '../plane-names.ts'
import { type CheckProblem, fieldsOf, withCheck } from '../schema-checks.ts'
import { testFields, testProblems } from './gate-test-fields.ts'
import { knownMetric, misspeltMetric } from './known-metrics.ts'
import type { AnalysisGate, AnalysisGateInput, GateRule } from './model-deployment.ts'

type RuleInput = AnalysisGateInput['pass']
type Rule = Exclude<GateRule, { noWorseThan: unknown }> | Extract<RuleInput, { noWorseThan: unknown }>

export function gateSchema(): z.ZodType<AnalysisGate, AnalysisGateInput> {
  const gate = z.strictObject(
    {
      name: nameField().describe('The name that steps use for the gate.'),
      metric: textField("a metric's name, such as labels.accuracy").describe(
        'The metric that the source is asked for.',
      ),
      source: defaulted(planeName(nameField(), 'metrics'), 'plane').describe(
        "One of the plane's metric sources.",
      ),
      minSamples: defaulted(wholeNumberField(1), 1).describe(
        'With fewer samples, the gate neither passes nor fails.',
      ),
      pass: ruleSchema().describe('The rule that the metric must meet.'),
      noData: outcomeSchema().describe(
        "Without enough data at the step's deadline: hold the rollout for a person, or fail it.",
      ),
      onError: outcomeSchema().describe(
        "When the source answers with an error at the step's deadline: hold the rollout for a person, or fail it.",
      ),
      ...testFields(),
    },
    { error: 'a gate: { name, metric, pass }' },
  )
  return withCheck(withCheck(gate, ruleProblems), testProblems).transform((value) => ({
    ...value,
    pass: withDirection(value.source, value.metric, value.pass),
  }))
}

function outcomeSchema(): ReturnType<typeof defaulted<'pause' | 'fail', 'pause' | 'fail'>> {
  return defaulted(z.enum(['pause', 'fail']), 'pause')
}

function ruleSchema(): z.ZodType<Rule, RuleInput> {
  const number = numberField("a number in the metric's own unit")
  const worse = z.strictObject({
    noWorseThan: z.literal('stable').describe('Compares with the stable revision over the same interval.'),
    by: defaulted(numberField("0 or more, in the metric's own unit", 0), 0).describe(
      "How much worse is still allowed, in the metric's own unit.",
    ),
    better: z.enum(['higher', 'lower']).exactOptional().describe("Not needed for the plane's own metrics."),
  })
  return z.union([z.strictObject({ atLeast: number }), z.strictObject({ atMost: number }), worse], {
    error: 'one rule: { atLeast }, { atMost } or { noWorseThan: stable, by }',
  })
}

function* ruleProblems(gate: unknown): Generator<CheckProblem> {
  const { metric, source = 'plane', pass } = fieldsOf(gate)
  if (typeof metric !== 'string' || typeof source !== 'string') return
  const meant = misspeltMetric(source, metric)
  if (meant !== undefined) {
    yield { path: ['metric'], fault: 'is not a metric of the plane', remedy: `Did you mean "${meant}"?` }
    return
  }
  const known = knownMetric(source, metric)
  const rule = fieldsOf(pass)
  if (rule.noWorseThan === 'stable' && rule.better === undefined && known === undefined) {
    const fault = `is missing, and it is not known whether more of "${metric}" from "${source}" is better`
    yield { path: ['pass', 'better'], fault, remedy: 'Write better: higher or better: lower.' }
  }
  if (known !== undefined && rule.better !== undefined && rule.better !== known.better) {
    const remedy = `Write better: ${known.better}, or leave it out.`
    yield { path: ['pass', 'better'], fault: `is the wrong direction for ${metric}`, remedy }
  }
  if (known?.ratio !== true) return
  for (const field of ['atLeast', 'atMost', 'by']) {
    const bound = rule[field]
    if (typeof bound !== 'number' || (bound >= 0 && bound <= 1)) continue
    if (field === 'by' && bound < 0) continue
    yield {
      path: ['pass', field],
      fault: `is outside 0 to 1, but ${metric} is a ratio`,
      remedy:
        bound > 1 && bound <= 100 ? `Write ${bound / 100} for ${bound} %.` : 'Write a number from 0 to 1.',
    }
  }
}

function withDirection(source: string, metric: string, rule: Rule): GateRule {
  if (!('noWorseThan' in rule)) return rule
  const { noWorseThan, by = 0 } = rule
  return { noWorseThan, by, better: rule.better ?? knownMetric(source, metric)?.better ?? 'higher' }
}
