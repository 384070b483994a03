import { z } from 'zod'
import { defaulted, durationField, nameField, numberField, textField, wholeNumberField } from '../fields.ts'
import { apiVersionSchema, metadataSchema } from '../metadata-schema.ts'
import { planeName } from '../plane-names.ts'
import { type CheckProblem, fieldsOf, withCheck } from '../schema-checks.ts'
import { gateSchema } from './analysis-schema.ts'
import { defaultAnswerWithin } from './answer-within.ts'
import { deploymentProblems } from './deployment-checks.ts'
import type {
  ModelDeployment,
  ModelDeploymentInput,
  ModelDeploymentSpec,
  ModelDeploymentSpecInput,
  OnPromoted,
  Scale,
  TargetReference,
} from './model-deployment.ts'
import { referenceSchema } from './reference-schema.ts'
import { runtimeSchema } from './runtime-schema.ts'
import { strategySchema } from './strategy-schema.ts'

let built: z.ZodType<ModelDeployment, ModelDeploymentInput> | undefined

/**
 * The schema of a ModelDeployment. It is built at the first call, because building takes longer than an
 * import should.
 */
export function modelDeploymentSchema(): z.ZodType<ModelDeployment, ModelDeploymentInput> {
  built ??= z
    .strictObject(
      {
        apiVersion: apiVersionSchema(),
        kind: defaulted(z.literal('ModelDeployment'), 'ModelDeployment'),
        metadata: metadataSchema(),
        spec: specSchema(),
      },
      { error: 'a resource: { kind, metadata, spec }' },
    )
    .describe(
      'Declares a model, the target that runs it, how it is rolled out and the policies that must agree.',
    )
  return built
}

function specSchema(): z.ZodType<ModelDeploymentSpec, ModelDeploymentSpecInput> {
  const policies = z.array(planeName(nameField(), 'policies'), { error: 'a list of policy engines by name' })
  const analysis = z.array(gateSchema(), { error: 'a list of gates: { name, metric, pass }' })
  const spec = z.strictObject(
    {
      model: referenceSchema(),
      target: targetSchema(),
      runtime: defaulted(runtimeSchema(), {}).describe('A change here makes a new revision.'),
      scale: defaulted(scaleSchema(), {}).describe('Replicas of each revision.'),
      strategy: defaulted(strategySchema(), { rolling: {} }),
      analysis: defaulted(analysis, []).describe("The gates that the strategy's steps refer to by name."),
      falseAlarms: numberField('a number from 0.0001 to 0.5', 0.0001, 0.5)
        .exactOptional()
        .describe(
          'The chance that a revision as good as the stable one is turned back by chance, over the whole rollout. Default 0.05.',
        ),
      policies: defaulted(policies, []).describe(
        "Policy engines that must agree; an empty list means all of the plane's engines.",
      ),
      deadline: defaulted(durationField('above zero'), '30m').describe(
        'How long a rollout may go without progress before it is rolled back.',
      ),
      answerWithin: defaulted(durationField('above zero'), defaultAnswerWithin).describe(
        'How long a rollout waits for a person before it is turned back.',
      ),
      onPromoted: onPromotedSchema().exactOptional(),
    },
    { error: 'a spec with at least model and target' },
  )
  return withCheck(spec, deploymentProblems)
}

function targetSchema(): z.ZodType<TargetReference, ModelDeploymentSpecInput['target']> {
  const name = planeName(nameField(), 'targets')
  const settings = z.record(z.string(), z.unknown(), { error: "a map, as the target's own schema says" })
  return z
    .union(
      [
        name.transform((text) => ({ name: text, settings: {} })),
        z.strictObject({
          name: name.describe("One of the plane's targets."),
          settings: defaulted(settings, {}).describe("Checked by that target's own schema."),
        }),
      ],
      { error: "one of the plane's targets by name, or { name, settings }" },
    )
    .describe('Where the model runs.')
}

function onPromotedSchema(): z.ZodType<OnPromoted, OnPromoted> {
  return z
    .strictObject(
      {
        setAlias: textField("the alias's name, such as champion").describe(
          "This alias of the model is pointed to the revision's version.",
        ),
      },
      { error: 'what the registry is told: { setAlias }' },
    )
    .describe('What the registry is told once a revision is stable.')
}

function scaleSchema(): z.ZodType<Scale, Partial<Scale>> {
  const scale = z.strictObject(
    {
      min: wholeNumberField(0).exactOptional().describe('Default 1. 0 needs a target that scales to zero.'),
      max: wholeNumberField(1).exactOptional().describe('Default: the value of min, but at least 1.'),
    },
    { error: 'replicas: { min, max }, both optional' },
  )
  return withCheck(scale, minAboveMax).transform(({ min = 1, max = Math.max(min, 1) }) => ({ min, max }))
}

function* minAboveMax(scale: unknown): Generator<CheckProblem> {
  const { min, max } = fieldsOf(scale)
  if (typeof min !== 'number' || typeof max !== 'number' || min <= max) return
  yield {
    path: ['min'],
    fault: `is more than max, which is ${max}`,
    remedy: `Write ${max} or less, or raise max.`,
  }
}
