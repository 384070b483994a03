import { z } from 'zod'
import { defaulted, quotedTextField, variableNameField } from '../fields.ts'
import { planeName } from '../plane-names.ts'
import { type CheckProblem, fieldsOf, withCheck } from '../schema-checks.ts'
import type { RuntimeSettings } from './model-deployment.ts'

export function runtimeSchema(): z.ZodType<RuntimeSettings, Partial<RuntimeSettings>> {
  const secret = planeName(
    z
      .string({ error: 'a reference such as env:TOKEN, scheme first, never the secret itself' })
      .regex(/^[a-z][a-z0-9+.-]*:[^\s].*$/),
    'secrets',
    ':[^\\s].*',
  )
  const quantity = z.union([z.string(), z.number()], { error: 'a quantity, such as 2, "500m" or 4Gi' })
  const runtime = z.strictObject(
    {
      env: defaulted(
        z.record(variableNameField(), quotedTextField(), { error: 'a map of variables to texts' }),
        {},
      ).describe('Environment variables of the served model. Do not put secrets here.'),
      secrets: defaulted(
        z.record(variableNameField(), secret, {
          error: 'a map of variables to references such as env:TOKEN',
        }),
        {},
      ).describe('Environment variables and their secret references. Only the references are stored.'),
      resources: defaulted(
        z.record(z.string(), quantity, { error: 'a map of resources to quantities, such as cpu: 2' }),
        {},
      ).describe("Requests, in the target's own units."),
    },
    { error: 'runtime settings: { env, secrets, resources }, all optional' },
  )
  return withCheck(runtime, variablesSetTwice)
}

function* variablesSetTwice(runtime: unknown): Generator<CheckProblem> {
  const { env, secrets } = fieldsOf(runtime)
  for (const variable of Object.keys(fieldsOf(secrets))) {
    if (!Object.hasOwn(fieldsOf(env), variable)) continue
    const remedy = `Remove ${variable} from env or from secrets.`
    yield { path: ['secrets', variable], fault: 'is set by env as well', remedy }
  }
}
