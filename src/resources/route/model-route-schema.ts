import { z } from 'zod'
import { defaulted, durationField, nameField, numberField, textField } from '../fields.ts'
import { apiVersionSchema, metadataSchema } from '../metadata-schema.ts'
import { planeName } from '../plane-names.ts'
import { withCheck } from '../schema-checks.ts'
import type {
  ModelRoute,
  ModelRouteInput,
  ModelRouteSpec,
  ModelRouteSpecInput,
  RouteBackend,
  RouteBackendInput,
} from './model-route.ts'
import { routeProblems } from './route-checks.ts'

const deploymentKey = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\/)?[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

let built: z.ZodType<ModelRoute, ModelRouteInput> | undefined

/**
 * The schema of a ModelRoute. It is built at the first call, because building takes longer than an import
 * should.
 */
export function modelRouteSchema(): z.ZodType<ModelRoute, ModelRouteInput> {
  built ??= z
    .strictObject(
      {
        apiVersion: apiVersionSchema(),
        kind: defaulted(z.literal('ModelRoute'), 'ModelRoute'),
        metadata: metadataSchema(),
        spec: specSchema(),
      },
      { error: 'a resource: { kind, metadata, spec }' },
    )
    .describe(
      'Declares which backends serve the requests to a public model name, and how a backend is chosen.',
    )
  return built
}

function specSchema(): z.ZodType<ModelRouteSpec, ModelRouteSpecInput> {
  const backends = z.array(backendSchema(), { error: 'a list of at least one backend' }).min(1)
  const fallback = z.array(backendSchema(), { error: 'a list of backends' })
  const spec = z.strictObject(
    {
      operations: z
        .array(z.enum(['infer', 'chat', 'embed']), { error: 'a list of at least one of infer, chat, embed' })
        .min(1)
        .describe('The operations that callers may ask for. Requests for other operations are refused.'),
      backends: backends.describe('Where requests go, by weight.'),
      fallback: defaulted(fallback, []).describe(
        'Backends that are tried in order when the chosen backend failed before any output.',
      ),
      timeout: defaulted(durationField('above zero'), '60s').describe(
        'The timeout of the whole request, with all attempts.',
      ),
      onPolicyError: defaulted(z.enum(['deny', 'allow']), 'deny').describe(
        'What happens when an invoke policy cannot answer.',
      ),
    },
    { error: 'a spec with at least operations and backends' },
  )
  return withCheck(spec, routeProblems)
}

function backendSchema(): z.ZodType<RouteBackend, RouteBackendInput> {
  const weight = defaulted(numberField('a weight, 0 or more', 0), 1).describe(
    'Relative to the other backends.',
  )
  const deployment = z
    .string({ error: 'a deployment by name, or by namespace/name' })
    .regex(deploymentKey)
    .describe("A ModelDeployment, by name in the route's namespace or by key.")
  const provider = planeName(nameField(), 'providers').describe("One of the plane's providers.")
  const model = textField('the model as that vendor names it').describe('The model as that vendor names it.')
  return z.union([z.strictObject({ deployment, weight }), z.strictObject({ provider, model, weight })], {
    error: 'one backend: { deployment } or { provider, model }, with a weight if wanted',
  })
}
