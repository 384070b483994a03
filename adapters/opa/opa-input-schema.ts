import type {
  Approval,
  Artifact,
  CommandRequest,
  Duration,
  Key,
  ModelReference,
  ModelRoute,
  OperationName,
  RuntimeSettings,
  Scale,
  TensorSpec,
} from 'modelspine/adapter'
import { z } from 'zod'
import type {
  OpaActor,
  OpaDeployment,
  OpaInput,
  OpaMetadata,
  OpaModel,
  OpaRevision,
  OpaRoute,
  OpaRuntime,
} from './opa-input.ts'

type Spec = OpaDeployment['spec']

interface Built {
  readonly schema: z.ZodType<OpaInput>
  /** Parts that stand in several places, by the name that they have in JSON Schema. */
  readonly parts: z.core.$ZodRegistry<{ readonly id: string }>
}

let built: Built | undefined

/** The closed schema of `input`: it refuses a member that it does not know. */
export function opaInputSchema(): z.ZodType<OpaInput> {
  built ??= build()
  return built.schema
}

/** The same as JSON Schema, draft 7: the newest that OPA reads. `npm run schema` writes it into schemas/. */
export function opaInputJsonSchema(): Readonly<Record<string, unknown>> {
  built ??= build()
  const { $schema, ...rest } = z.toJSONSchema(built.schema, {
    io: 'output',
    target: 'draft-7',
    metadata: built.parts,
  })
  return { $schema, title: 'The input of a Rego policy', ...rest }
}

function build(): Built {
  const parts = z.registry<{ readonly id: string }>()
  const part = <Value>(id: string, schema: z.ZodType<Value>): z.ZodType<Value> => {
    parts.add(schema, { id })
    return schema
  }
  const common = { version: z.literal(1), actor: part('Actor', actor()) }
  const runtime = part('Runtime', runtimeSettings())
  const deployment = part('ModelDeployment', deploymentOf(runtime))
  // No part of its own: JSON Schema would have it as `allOf` where it may be absent, and opa check does not look there.
  const resource = z.union([deployment, part('ModelRoute', route())])
  const schema = z.union([
    z.strictObject({
      ...common,
      action: z.literal('deploy'),
      resource,
      previous: resource.exactOptional(),
    }),
    z.strictObject({
      ...common,
      action: z.literal('promote'),
      deployment,
      revision: revisionOf(runtime),
      model: model().exactOptional(),
      weight: z.number(),
      approvals: z.array(common.actor),
    }),
    z.strictObject({
      ...common,
      action: z.literal('invoke'),
      route: key(),
      operation: operation(),
      requestId: z.string(),
    }),
    z.strictObject({ ...common, action: z.literal('query-data'), deployment: key(), dataset: z.string() }),
    z.strictObject({
      ...common,
      action: z.literal('command'),
      deployment,
      command: command(),
      revision: z.string().exactOptional(),
      full: z.boolean(),
    }),
    z.strictObject({ ...common, action: z.literal('delete'), resource, force: z.boolean() }),
  ])
  return { schema, parts }
}

function actor(): z.ZodType<OpaActor> {
  return z.strictObject({ name: z.string(), roles: texts() })
}

function deploymentOf(runtime: z.ZodType<OpaRuntime>): z.ZodType<OpaDeployment> {
  return z.strictObject({
    apiVersion: z.literal('modelspine.dev/v1alpha1'),
    kind: z.literal('ModelDeployment'),
    metadata: metadata(),
    spec: z.strictObject({
      model: reference(),
      target: z.strictObject({ name: z.string(), settings: anything() }),
      runtime,
      scale: scale(),
      strategy: strategy(),
      analysis: z.array(gate()),
      falseAlarms: z.number().exactOptional(),
      policies: texts(),
      deadline: duration(),
      answerWithin: duration(),
      onPromoted: z.strictObject({ setAlias: z.string() }).exactOptional(),
    }),
  })
}

function route(): z.ZodType<OpaRoute> {
  const weight = z.number()
  const backends = z.array(
    z.union([
      z.strictObject({ deployment: z.string(), weight }),
      z.strictObject({ provider: z.string(), model: z.string(), weight }),
    ]),
  ) satisfies z.ZodType<ModelRoute['spec']['backends']>
  return z.strictObject({
    apiVersion: z.literal('modelspine.dev/v1alpha1'),
    kind: z.literal('ModelRoute'),
    metadata: metadata(),
    spec: z.strictObject({
      names: z.array(z.string()),
      operations: z.array(operation()),
      backends,
      fallback: backends,
      timeout: duration(),
      onPolicyError: z.enum(['deny', 'allow']),
    }),
  })
}

function metadata(): z.ZodType<OpaMetadata> {
  return z.strictObject({ name: z.string(), namespace: z.string(), labels: textMap() })
}

function reference(): z.ZodType<ModelReference> {
  const registry = z.string()
  const name = z.string()
  return z.union([
    z.strictObject({ registry, name, version: z.string() }),
    z.strictObject({ registry, name, alias: z.string() }),
    z.strictObject({ registry, text: z.string() }),
  ])
}

function runtimeSettings(): z.ZodType<OpaRuntime> {
  return z.strictObject({
    env: texts(),
    secrets: textMap(),
    resources: z.record(z.string(), z.union([z.string(), z.number()])),
  }) satisfies z.ZodType<Omit<RuntimeSettings, 'env'>>
}

function scale(): z.ZodType<Scale> {
  return z.strictObject({ min: z.number(), max: z.number() })
}

function strategy(): z.ZodType<Spec['strategy']> {
  const step = z.union([
    z.strictObject({ weight: z.number() }),
    z.strictObject({ pause: z.union([duration(), z.literal('until-promoted')]) }),
    z.strictObject({ analyze: texts(), for: duration() }),
  ])
  return z.union([
    z.strictObject({ rolling: z.strictObject({ step: z.number(), every: duration() }) }),
    z.strictObject({ canary: z.strictObject({ steps: z.array(step) }) }),
    z.strictObject({
      blueGreen: z.strictObject({
        autoPromote: z.boolean(),
        analyze: texts(),
        for: duration(),
        keepPrevious: duration(),
      }),
    }),
  ])
}

function gate(): z.ZodType<Spec['analysis'][number]> {
  const outcome = z.enum(['pause', 'fail'])
  return z.strictObject({
    name: z.string(),
    metric: z.string(),
    source: z.string(),
    minSamples: z.number(),
    pass: z.union([
      z.strictObject({ atLeast: z.number() }),
      z.strictObject({ atMost: z.number() }),
      z.strictObject({
        noWorseThan: z.literal('stable'),
        by: z.number(),
        better: z.enum(['higher', 'lower']),
      }),
    ]),
    noData: outcome,
    onError: outcome,
    detect: z.number().exactOptional(),
    power: z.number().exactOptional(),
    undecided: z.enum(['extend', 'pause', 'pass', 'fail']).exactOptional(),
    maxFor: duration().exactOptional(),
    compare: z.enum(['tested', 'raw']).exactOptional(),
    range: z.strictObject({ min: z.number(), max: z.number() }).exactOptional(),
  })
}

function revisionOf(runtime: z.ZodType<OpaRuntime>): z.ZodType<OpaRevision> {
  return z.strictObject({
    name: z.string(),
    model: z.strictObject({
      registry: z.string(),
      name: z.string(),
      version: z.string(),
      artifact: artifact(),
    }),
    runtime,
    settings: anything(),
    adopted: z.literal(true).exactOptional(),
  })
}

function model(): z.ZodType<OpaModel> {
  return z.strictObject({
    registry: z.string(),
    name: z.string(),
    version: z.string(),
    artifact: artifact(),
    approval: approval(),
    aliases: texts(),
    tags: textMap(),
    createdAtMs: z.number(),
    owner: z.string().exactOptional(),
    classification: z.string().exactOptional(),
    signature: z.strictObject({ inputs: z.array(tensor()), outputs: z.array(tensor()) }).exactOptional(),
    lineage: z
      .strictObject({
        run: z.string().exactOptional(),
        datasets: texts().exactOptional(),
        parents: texts().exactOptional(),
        commit: z.string().exactOptional(),
      })
      .exactOptional(),
    metrics: z.record(z.string(), z.number()).exactOptional(),
  })
}

function artifact(): z.ZodType<Artifact> {
  return z.union([
    z.strictObject({
      kind: z.literal('files'),
      files: z.array(z.strictObject({ uri: z.string(), digest: z.string().exactOptional() })),
    }),
    z.strictObject({ kind: z.literal('hosted'), provider: z.string(), model: z.string() }),
  ])
}

function tensor(): z.ZodType<TensorSpec> {
  return z.strictObject({ name: z.string(), datatype: z.string(), shape: z.array(z.number()) })
}

// The compiler wants each word of these types here, and no other.

/** A word for what is built in, or a name of somebody's own with a dot. */
function operation(): z.ZodType<OperationName> {
  return z.string().regex(/^[a-z][a-z0-9.-]*$/) as unknown as z.ZodType<OperationName>
}

function approval(): z.ZodType<Approval> {
  const words = {
    approved: 'approved',
    rejected: 'rejected',
    pending: 'pending',
    unknown: 'unknown',
  } satisfies Words<Approval>
  return z.enum(words)
}

function command(): z.ZodType<CommandRequest['command']> {
  const words = {
    approve: 'approve',
    promote: 'promote',
    pause: 'pause',
    resume: 'resume',
    abort: 'abort',
    retry: 'retry',
    'take-over': 'take-over',
    'give-up': 'give-up',
  } satisfies Words<CommandRequest['command']>
  return z.enum(words)
}

type Words<Union extends string> = { readonly [Word in Union]: Word }

function key(): z.ZodType<Key> {
  return z.string() as unknown as z.ZodType<Key>
}

function duration(): z.ZodType<Duration> {
  return z.string() as unknown as z.ZodType<Duration>
}

function texts(): z.ZodType<readonly string[]> {
  return z.array(z.string())
}

function textMap(): z.ZodType<Readonly<Record<string, string>>> {
  return z.record(z.string(), z.string())
}

function anything(): z.ZodType<Readonly<Record<string, unknown>>> {
  return z.record(z.string(), z.unknown())
}
