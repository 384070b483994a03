import { z } from 'zod'
import { defaulted, durationField, nameField, percentField, wholePercentField } from '../fields.ts'
import { repeated, withCheck } from '../schema-checks.ts'
import type {
  BlueGreenStrategy,
  CanaryStep,
  CanaryStrategy,
  ModelDeploymentSpecInput,
  RollingStrategy,
  Strategy,
} from './model-deployment.ts'

export function strategySchema(): z.ZodType<Strategy, NonNullable<ModelDeploymentSpecInput['strategy']>> {
  return z
    .union(
      [
        z.strictObject({ rolling: rollingSchema() }),
        z.strictObject({ canary: canarySchema() }),
        z.strictObject({ blueGreen: blueGreenSchema() }),
      ],
      { error: 'exactly one strategy: { rolling }, { canary } or { blueGreen }' },
    )
    .describe('How a new revision takes over.')
}

function rollingSchema(): z.ZodType<RollingStrategy, Partial<RollingStrategy>> {
  return z
    .strictObject(
      {
        step: defaulted(wholePercentField(), 25).describe('Percent of traffic moved at a time.'),
        every: defaulted(durationField('zero allowed'), '0s').describe('Time between two steps.'),
      },
      { error: 'rolling settings: { step, every }, both optional' },
    )
    .describe('Moves traffic in equal steps while the new revision is observed ready. Has no gates.')
}

function canarySchema(): z.ZodType<CanaryStrategy, CanaryStrategy> {
  return z
    .strictObject(
      { steps: z.array(stepSchema(), { error: 'a list of at least one step' }).min(1) },
      { error: 'canary settings: { steps }' },
    )
    .describe('Does each step in turn. After the last step the new revision takes all traffic.')
}

function stepSchema(): z.ZodType<CanaryStep, CanaryStep> {
  const weight = percentField().describe("The new revision's weight from here on, in percent.")
  const pause = z
    .union([durationField('above zero', ', or until-promoted'), z.literal('until-promoted')], {
      error: 'a duration above 0 such as 5m, or until-promoted',
    })
    .describe('Waits this long, or until a person promotes.')
  const analyze = withCheck(
    z.array(nameField(), { error: 'a list of at least one gate of spec.analysis' }).min(1),
    (list) => repeated(list, []),
  ).describe('Gates that must pass at the end of the step.')
  return z.union(
    [
      z.strictObject({ weight }),
      z.strictObject({ pause }),
      z.strictObject({ analyze, for: durationField('above zero').describe('How long the gates are read.') }),
    ],
    { error: 'one step: { weight }, { pause } or { analyze, for }' },
  )
}

function blueGreenSchema(): z.ZodType<BlueGreenStrategy, Partial<BlueGreenStrategy>> {
  const gates = withCheck(z.array(nameField(), { error: 'a list of gates of spec.analysis' }), (list) =>
    repeated(list, []),
  )
  return z
    .strictObject(
      {
        autoPromote: defaulted(z.boolean({ error: 'true or false' }), true).describe(
          'With false, the rollout waits for promote before the switch.',
        ),
        analyze: defaulted(gates, []).describe(
          'Gates that are read after the switch. A failed gate switches back.',
        ),
        for: defaulted(durationField('above zero'), '1m').describe('How long the gates are read.'),
        keepPrevious: defaulted(durationField('zero allowed'), '1m').describe(
          'How long the old revision is kept running after the gates passed.',
        ),
      },
      { error: 'blue-green settings: { autoPromote, analyze, for, keepPrevious }, all optional' },
    )
    .describe('Starts the new revision beside the old one and switches all traffic at once.')
}
