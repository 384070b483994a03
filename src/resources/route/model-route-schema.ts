import { z } from 'zod'
import {
  defaulted,
  durationField,
  modelNameField,
  nameField,
  numberField,
  textField,
  wholeNumberField,
} from '../fields.ts'
import { apiVersionSchema, metadataSchema } from '../metadata-schema.ts'
import { planeName } from '../plane-names.ts'
import { withCheck } from '../schema-checks.ts'
import type {
  ModelRoute,
  ModelRouteInput,
  ModelRouteSpec,
  ModelRouteSpecInput,
  OperationName,
  RouteBackend,
  RouteBackendInput,
  RouteTimeouts,
  RouteTranslation,
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
      names: z
        .array(modelNameField(), { error: 'a list of at least one model name' })
        .min(1)
        .exactOptional()
        .describe(
          'The model names that callers write. No other route may have them. Default: metadata.name, outside namespace default with the namespace before it.',
        ),
      operations: z
        .array(operationField(), { error: operationsRight })
        .min(1)
        .describe('The operations that callers may ask for. Requests for other operations are refused.'),
      backends: backends.describe('Where requests go, by weight.'),
      fallback: defaulted(fallback, []).describe(
        'Backends that are tried in order when the chosen backend failed before any output.',
      ),
      timeout: durationField('above zero').exactOptional().describe('The old name of timeouts.request.'),
      timeouts: timeoutsSchema().exactOptional(),
      attempts: wholeNumberField(1, 10)
        .exactOptional()
        .describe('The most calls that one request may make. Default 2.'),
      maxInFlight: wholeNumberField(1)
        .exactOptional()
        .describe('The most requests under way at the same time, in one process. Default: any number.'),
      onPolicyError: defaulted(z.enum(['deny', 'allow']), 'deny').describe(
        'What happens when an invoke policy cannot answer.',
      ),
      translation: translationSchema().exactOptional(),
    },
    { error: 'a spec with at least operations and backends' },
  )
  return withCheck(spec, routeProblems)
}

const operationsRight =
  'a list of at least one of infer, chat, embed, or a name of your own such as acme.rerank'
/** A name of one's own has a dot, so that a typing error is no new name. */
const ownOperation = /^[a-z][a-z0-9-]*(?:\.[a-z][a-z0-9-]*)+$/

function operationField(): z.ZodType<OperationName, OperationName> {
  const own = z
    .string({ error: 'a name of your own with a dot, such as acme.rerank' })
    .max(63)
    .regex(ownOperation, { abort: true })
  const either = z.union([z.enum(['infer', 'chat', 'embed']), own], {
    error: 'infer, chat, embed, or a name of your own with a dot, such as acme.rerank',
  })
  return either as unknown as z.ZodType<OperationName, OperationName>
}

function timeoutsSchema(): z.ZodType<RouteTimeouts, RouteTimeouts> {
  const limit = (description: string) => durationField('above zero').exactOptional().describe(description)
  return z
    .strictObject(
      {
        request: limit(
          'The whole request, with all attempts. Default 60s: for a reply, or for the first output of a stream. A value that is given bounds the rest of a stream, too.',
        ),
        attempt: limit(
          'One call for a reply. Default: an equal share of the time that is left, while another upstream can still be asked.',
        ),
        firstOutput: limit('The first output of one streamed call. The default is that of attempt.'),
        idle: limit('The pause between two pieces of a stream. Default 60s.'),
      },
      { error: 'timeouts: { request, attempt, firstOutput, idle }, each a duration if given' },
    )
    .describe('How long requests may take.')
}

function translationSchema(): z.ZodType<RouteTranslation, RouteTranslation> {
  return z
    .strictObject(
      {
        cannotCarry: z
          .enum(['ask-others', 'refuse'], { error: 'ask-others or refuse' })
          .exactOptional()
          .describe(
            'When an upstream cannot carry what changes the meaning of the answer. Default ask-others: other upstreams are asked, and the refusal costs none of the attempts.',
          ),
        approximations: z
          .enum(['allow', 'refuse'], { error: 'allow or refuse' })
          .exactOptional()
          .describe(
            'When an upstream can say something only about, such as a seed. Default allow: it is approximated, and the reply lists it.',
          ),
      },
      { error: 'translation: { cannotCarry, approximations }, each if wanted' },
    )
    .describe("What happens to chats with something that an upstream's format cannot say.")
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
