/**
 * Models, configs and endpoints of SageMaker, with its oddities: changes take long, an update that fails is taken back
 * without a word, counts and weights are lost unless they are retained, an endpoint that failed can only be deleted, and
 * reads may be stale.
 */

import { type GuardedUpdate, guardedUpdate, percentAt } from './guardrails.ts'
import { Fault, type Json, type SimulatedPart } from './sagemaker-simulator.ts'
import { Versioned } from './versioned.ts'

/** What `settle` and the clock move on. */
interface Change {
  readonly kind: 'create' | 'update' | 'weights' | 'delete'
  readonly config: string
  readonly variants: readonly Variant[]
  readonly endsAtMs: number
  /** Why it will fail. */
  readonly fails?: string
  readonly guarded?: GuardedUpdate
}

export interface Variant {
  readonly name: string
  readonly currentWeight: number
  readonly desiredWeight: number
  readonly currentCount: number
  readonly desiredCount: number
}

export interface Endpoint {
  readonly status: string
  /** What runs. */
  readonly config: string
  readonly variants: readonly Variant[]
  readonly change?: Change
  readonly failure?: string
  readonly createdMs: number
  readonly modifiedMs: number
}

interface Stored {
  readonly input: Json
  readonly createdMs: number
}

/** One mutation that was done. Tags are none. */
export interface JournalEntry {
  readonly atMs: number
  readonly operation: string
  readonly name: string
  /** With which an endpoint is created or updated. */
  readonly config?: string
}

export interface EndpointVices {
  /** How long changes take. Default 0: until `settle`, or until the next call where the clock has passed. */
  readonly createMs?: number
  readonly updateMs?: number
  readonly weightsMs?: number
  readonly deleteMs?: number
  /** How old a state reads may show. Default 0. */
  readonly lagMs?: number
  /** How many items a page has. Default 100. */
  readonly pageSize?: number
  /** An update that failed leaves no reason behind. Default false. */
  readonly isSilent?: boolean
  /** How long it takes until an update is taken back. Default 0. */
  readonly rollbackMs?: number
}

export interface SimulatedEndpoints extends SimulatedPart {
  readonly journal: readonly JournalEntry[]
  /** What would have broken something that runs: a config or a model in use that was deleted. */
  readonly misuse: readonly string[]
  readonly vices: { -readonly [Name in keyof EndpointVices]: EndpointVices[Name] }
  /** Fails the next change that takes long. */
  failNext(reason: string): void
  /** Sets an alarm of CloudWatch off, or back. Updates that watch it are taken back. */
  alarm(name: string, isOn?: boolean): void
  /** Endpoints for which guardrails were asked, and silently left out. */
  readonly unguarded: readonly string[]
  /** How much of the traffic the new instances of a guarded update have. Undefined where there is none. */
  percent(endpoint: string): number | undefined
  /** Ends what is under way, however long it would take. */
  settle(): void
  /** What Application Auto Scaling does. */
  autoscale(endpoint: string, variant: string, count: number): void
  /** Sets an endpoint to a state that nobody asked for. */
  put(endpoint: string, change: Partial<Endpoint>): void
  endpoint(name: string): Endpoint | undefined
  config(name: string): Json | undefined
  model(name: string): Json | undefined
  endpoints(): readonly string[]
  configs(): readonly string[]
  models(): readonly string[]
  tags(kind: ResourceKind, name: string): Readonly<Record<string, string>>
  /** Somebody takes all tags off. */
  untag(kind: ResourceKind, name: string): void
  /** Tags that somebody else sets. */
  tag(kind: ResourceKind, name: string, tags: Readonly<Record<string, string>>): void
}

type ResourceKind = 'endpoint' | 'endpoint-config' | 'model'

const words = {
  endpoint: 'endpoint',
  'endpoint-config': 'endpoint configuration',
  model: 'model',
} as const

const settledStates: ReadonlySet<string> = new Set(['InService', 'OutOfService', 'UpdateRollbackFailed'])

export function arnOf(kind: ResourceKind, name: string): string {
  return `arn:aws:sagemaker:eu-west-1:123456789012:${kind}/${name.toLowerCase()}`
}

export function simulatedEndpoints(
  options: EndpointVices & { readonly nowMs?: () => number } = {},
): SimulatedEndpoints {
  const { nowMs = Date.now, ...vices } = options
  const given: SimulatedEndpoints['vices'] = { ...vices }
  const lagMs = (): number => given.lagMs ?? 0
  const endpoints = new Versioned<Endpoint>(nowMs, lagMs)
  const configs = new Versioned<Stored>(nowMs, lagMs)
  const models = new Versioned<Stored>(nowMs, lagMs)
  const tags = new Map<string, Map<string, string>>()
  const journal: JournalEntry[] = []
  const misuse: string[] = []
  const unguarded: string[] = []
  const alarms = new Set<string>()
  let failure: string | undefined

  const note = (operation: string, name: string, config?: string): void =>
    void journal.push({ atMs: nowMs(), operation, name, ...(config !== undefined && { config }) })

  const missing = (kind: ResourceKind, name: string): Fault =>
    Fault.validation(`Could not find ${words[kind]} "${arnOf(kind, name)}".`)

  const existing = (kind: ResourceKind, name: string): Fault =>
    Fault.validation(`Cannot create already existing ${words[kind]} "${arnOf(kind, name)}".`)

  const inProgress = (verb: string, name: string): Fault =>
    Fault.validation(`Cannot ${verb} in-progress endpoint "${arnOf('endpoint', name)}".`)

  function keepTags(arn: string, list: unknown): void {
    const known = tags.get(arn) ?? new Map<string, string>()
    for (const { Key, Value } of (list ?? []) as readonly { Key: string; Value: string }[])
      known.set(Key, Value)
    tags.set(arn, known)
  }

  /** Ends a change, and gives what comes of it. */
  function ended(endpoint: Endpoint, change: Change, atMs: number): Endpoint | undefined {
    const { change: _, failure: __, ...rest } = endpoint
    const done = { ...rest, modifiedMs: atMs }
    if (change.kind === 'delete') return undefined
    if (change.fails === undefined) {
      const variants = change.variants.map((variant) => ({
        ...variant,
        currentWeight: variant.desiredWeight,
        currentCount: variant.desiredCount,
      }))
      return { ...done, status: 'InService', config: change.config, variants }
    }
    if (change.kind === 'create') return { ...done, status: 'Failed', failure: change.fails }
    if (change.kind === 'update' && endpoint.status !== 'RollingBack') {
      const back = { ...change, endsAtMs: atMs + (given.rollbackMs ?? 0) }
      return { ...endpoint, status: 'RollingBack', change: back, modifiedMs: atMs }
    }
    return { ...done, status: 'InService', ...(!given.isSilent && { failure: change.fails }) }
  }

  /** An update that watches an alarm that is on goes back at once. */
  function watched(change: Change, status: string): Change {
    const alarm = change.guarded?.alarms.find((name) => alarms.has(name))
    if (alarm === undefined || status !== 'Updating') return change
    const fails = `The deployment was rolled back because the alarm ${alarm} is in the ALARM state.`
    return { ...change, fails, endsAtMs: Math.min(change.endsAtMs, nowMs()) }
  }

  /** Does what the clock has passed, or everything. */
  function progress(everything = false): void {
    for (const name of endpoints.names()) {
      for (let turn = 0; turn < 3; turn += 1) {
        const endpoint = endpoints.get(name)
        if (endpoint?.change === undefined) break
        const change = watched(endpoint.change, endpoint.status)
        if (!everything && change.endsAtMs > nowMs()) break
        const atMs = everything ? nowMs() : Math.max(change.endsAtMs, endpoint.modifiedMs)
        const next = ended(endpoint, change, atMs)
        endpoints.set(name, next, atMs)
        if (next === undefined) tags.delete(arnOf('endpoint', name))
      }
    }
  }

  function begin(name: string, endpoint: Endpoint, status: string, change: Omit<Change, 'endsAtMs'>): void {
    const { guarded } = change
    const durations = {
      create: given.createMs,
      update: given.updateMs,
      weights: given.weightsMs,
      delete: given.deleteMs,
    }
    const lasts = durations[change.kind] ?? Number.POSITIVE_INFINITY
    const endsAtMs = guarded?.endsAtMs ?? nowMs() + lasts
    const { failure: _, ...rest } = endpoint
    const isFailing = failure !== undefined && change.kind !== 'delete'
    const fails = isFailing ? failure : guarded?.fails
    const next = { ...change, endsAtMs, ...(fails !== undefined && { fails }) }
    if (isFailing) failure = undefined
    endpoints.set(name, { ...rest, status, change: next, modifiedMs: nowMs() })
  }

  function variantsIn(config: string, old: readonly Variant[] = [], retains = false): readonly Variant[] {
    const { ProductionVariants } = configs.get(config)?.input ?? {}
    return (ProductionVariants as readonly Json[]).map((each): Variant => {
      const name = String(each.VariantName)
      const before = old.find((variant) => variant.name === name)
      const weight = Number(each.InitialVariantWeight ?? 1)
      const count = Number(each.InitialInstanceCount ?? 1)
      return {
        name,
        currentWeight: before?.currentWeight ?? 0,
        currentCount: before?.currentCount ?? 0,
        desiredWeight: retains && before !== undefined ? before.desiredWeight : weight,
        desiredCount: retains && before !== undefined ? before.desiredCount : count,
      }
    })
  }

  const single = Math.fround

  function summaryOf(variant: Variant): Json {
    return {
      VariantName: variant.name,
      CurrentWeight: single(variant.currentWeight),
      DesiredWeight: single(variant.desiredWeight),
      CurrentInstanceCount: variant.currentCount,
      DesiredInstanceCount: variant.desiredCount,
    }
  }

  function pendingOf({ guarded }: Change, variant: Variant, moved: number): Json {
    if (guarded === undefined) return summaryOf(variant)
    const Status = moved === 0 ? 'Creating' : 'Baking'
    const summary = summaryOf({ ...variant, currentWeight: variant.desiredWeight * moved })
    return { ...summary, VariantStatus: [{ Status }] }
  }

  function describeEndpoint({ EndpointName }: Json): Json {
    const name = String(EndpointName)
    const endpoint = endpoints.seen(name)
    if (endpoint === undefined) throw missing('endpoint', name)
    const { change, status } = endpoint
    // Of a change of weights, what is desired shows at once.
    const variants = change?.kind === 'weights' ? change.variants : endpoint.variants
    const moved = change?.guarded && status === 'Updating' ? percentAt(change.guarded, nowMs()) / 100 : 0
    const isComing = change?.kind === 'create' || (change?.kind === 'update' && status !== 'RollingBack')
    return {
      EndpointName: name,
      EndpointArn: arnOf('endpoint', name),
      EndpointConfigName: endpoint.config,
      EndpointStatus: status,
      ...(endpoint.failure !== undefined && { FailureReason: endpoint.failure }),
      CreationTime: endpoint.createdMs / 1000,
      LastModifiedTime: endpoint.modifiedMs / 1000,
      ...(variants.length > 0 && {
        ProductionVariants: variants.map((each) =>
          summaryOf({ ...each, currentWeight: each.currentWeight * (1 - moved) }),
        ),
      }),
      ...(isComing && {
        PendingDeploymentSummary: {
          EndpointConfigName: change.config,
          ProductionVariants: change.variants.map((each) => pendingOf(change, each, moved)),
          StartTime: endpoint.modifiedMs / 1000,
        },
      }),
    }
  }

  function createEndpoint({ EndpointName, EndpointConfigName, Tags }: Json): Json {
    const [name, config] = [String(EndpointName), String(EndpointConfigName)]
    if (endpoints.get(name) !== undefined) throw existing('endpoint', name)
    // SageMaker itself reads what may be stale.
    if (configs.seen(config) === undefined) throw missing('endpoint-config', config)
    note('CreateEndpoint', name, config)
    keepTags(arnOf('endpoint', name), Tags)
    const variants = variantsIn(config)
    const made = { status: 'Creating', config, variants: [], createdMs: nowMs(), modifiedMs: nowMs() }
    begin(name, made, 'Creating', { kind: 'create', config, variants })
    return { EndpointArn: arnOf('endpoint', name) }
  }

  function changeable(verb: string, name: string): Endpoint {
    const endpoint = endpoints.get(name)
    if (endpoint === undefined) throw missing('endpoint', name)
    if (settledStates.has(endpoint.status)) return endpoint
    if (endpoint.status === 'Failed') {
      throw Fault.validation(`Cannot ${verb} failed endpoint "${arnOf('endpoint', name)}".`)
    }
    throw inProgress(verb, name)
  }

  const variantsOf = (config: string): readonly Json[] =>
    (configs.get(config)?.input.ProductionVariants ?? []) as readonly Json[]

  function updateEndpoint(input: Json): Json {
    const { EndpointName, EndpointConfigName, RetainAllVariantProperties, DeploymentConfig } = input
    const [name, config] = [String(EndpointName), String(EndpointConfigName)]
    const endpoint = changeable('update', name)
    if (configs.seen(config) === undefined) throw missing('endpoint-config', config)
    const fleets = { before: variantsOf(endpoint.config), after: variantsOf(config) }
    const times = { nowMs: nowMs(), provisionMs: given.updateMs ?? Number.POSITIVE_INFINITY }
    const guarded =
      DeploymentConfig === undefined ? undefined : guardedUpdate(DeploymentConfig as Json, fleets, times)
    if (DeploymentConfig !== undefined && guarded === undefined) unguarded.push(name)
    note('UpdateEndpoint', name, config)
    const variants = variantsIn(config, endpoint.variants, RetainAllVariantProperties === true)
    begin(name, endpoint, 'Updating', { kind: 'update', config, variants, ...(guarded && { guarded }) })
    return { EndpointArn: arnOf('endpoint', name) }
  }

  function updateWeights({ EndpointName, DesiredWeightsAndCapacities }: Json): Json {
    const name = String(EndpointName)
    const endpoint = changeable('update', name)
    const wanted = DesiredWeightsAndCapacities as readonly Json[]
    const stranger = wanted.find(
      ({ VariantName }) => !endpoint.variants.some((variant) => variant.name === VariantName),
    )
    if (stranger !== undefined) throw Fault.validation(`Variant ${stranger.VariantName} does not exist.`)
    note('UpdateEndpointWeightsAndCapacities', name)
    const variants = endpoint.variants.map((variant): Variant => {
      const change = wanted.find(({ VariantName }) => VariantName === variant.name)
      return {
        ...variant,
        desiredWeight: Number(change?.DesiredWeight ?? variant.desiredWeight),
        desiredCount: Number(change?.DesiredInstanceCount ?? variant.desiredCount),
      }
    })
    begin(name, endpoint, 'Updating', { kind: 'weights', config: endpoint.config, variants })
    return { EndpointArn: arnOf('endpoint', name) }
  }

  function deleteEndpoint({ EndpointName }: Json): Json {
    const name = String(EndpointName)
    const endpoint = endpoints.get(name)
    if (endpoint === undefined) throw missing('endpoint', name)
    if (endpoint.status !== 'Failed') changeable('update', name)
    note('DeleteEndpoint', name)
    begin(name, endpoint, 'Deleting', { kind: 'delete', config: endpoint.config, variants: [] })
    return {}
  }

  function createConfig(input: Json): Json {
    const name = String(input.EndpointConfigName)
    if (configs.get(name) !== undefined) throw existing('endpoint-config', name)
    for (const { ModelName } of input.ProductionVariants as readonly Json[]) {
      if (models.seen(String(ModelName)) === undefined) throw missing('model', String(ModelName))
    }
    note('CreateEndpointConfig', name)
    const { Tags, ...rest } = input
    keepTags(arnOf('endpoint-config', name), Tags)
    configs.set(name, { input: rest, createdMs: nowMs() })
    return { EndpointConfigArn: arnOf('endpoint-config', name) }
  }

  function configsInUse(): ReadonlySet<string> {
    const all = endpoints.names().flatMap((name) => {
      const { config, change } = endpoints.get(name) as Endpoint
      return change?.kind === 'delete' ? [] : [config, ...(change === undefined ? [] : [change.config])]
    })
    return new Set(all)
  }

  function deleteConfig({ EndpointConfigName }: Json): Json {
    const name = String(EndpointConfigName)
    if (configs.get(name) === undefined) throw missing('endpoint-config', name)
    note('DeleteEndpointConfig', name)
    if (configsInUse().has(name)) misuse.push(`the config ${name} is in use`)
    configs.set(name, undefined)
    tags.delete(arnOf('endpoint-config', name))
    return {}
  }

  function createModel(input: Json): Json {
    const name = String(input.ModelName)
    if (models.get(name) !== undefined) throw existing('model', name)
    note('CreateModel', name)
    const { Tags, ...rest } = input
    keepTags(arnOf('model', name), Tags)
    models.set(name, { input: rest, createdMs: nowMs() })
    return { ModelArn: arnOf('model', name) }
  }

  function deleteModel({ ModelName }: Json): Json {
    const name = String(ModelName)
    if (models.get(name) === undefined) throw missing('model', name)
    note('DeleteModel', name)
    const used = [...configsInUse()].some((config) =>
      (configs.get(config)?.input.ProductionVariants as readonly Json[] | undefined)?.some(
        (variant) => variant.ModelName === name,
      ),
    )
    if (used) misuse.push(`the model ${name} is in use`)
    models.set(name, undefined)
    tags.delete(arnOf('model', name))
    return {}
  }

  function described(kind: 'endpoint-config' | 'model', name: string, store: Versioned<Stored>): Json {
    const found = store.seen(name)
    if (found === undefined) throw missing(kind, name)
    const arn = kind === 'model' ? 'ModelArn' : 'EndpointConfigArn'
    return { ...found.input, [arn]: arnOf(kind, name), CreationTime: found.createdMs / 1000 }
  }

  /** A page of names, by `NextToken`. */
  function page(
    { NameContains = '', NextToken = '0', MaxResults = 100 }: Json,
    names: readonly string[],
  ): { readonly items: readonly string[]; readonly token: Json } {
    const found = names.filter((name) => name.includes(String(NameContains)))
    const from = Number(NextToken)
    const to = from + Math.min(Number(MaxResults), given.pageSize ?? 100)
    return { items: found.slice(from, to), token: to < found.length ? { NextToken: String(to) } : {} }
  }

  function listEndpoints(input: Json): Json {
    const { items, token } = page(input, endpoints.seenNames())
    const Endpoints = items.map((name) => {
      const { status, createdMs, modifiedMs } = endpoints.seen(name) as Endpoint
      return {
        EndpointName: name,
        EndpointArn: arnOf('endpoint', name),
        EndpointStatus: status,
        CreationTime: createdMs / 1000,
        LastModifiedTime: modifiedMs / 1000,
      }
    })
    return { Endpoints, ...token }
  }

  function listTags({ ResourceArn }: Json): Json {
    const known = tags.get(String(ResourceArn)) ?? new Map<string, string>()
    return { Tags: Array.from(known, ([Key, Value]) => ({ Key, Value })) }
  }

  const listed = (
    store: Versioned<Stored>,
    name: string,
    kind: 'endpoint-config' | 'model',
    prefix: string,
  ) => {
    const { createdMs } = store.seen(name) as Stored
    return { [`${prefix}Name`]: name, [`${prefix}Arn`]: arnOf(kind, name), CreationTime: createdMs / 1000 }
  }

  const operations: SimulatedPart['operations'] = {
    CreateModel: createModel,
    DescribeModel: ({ ModelName }) => described('model', String(ModelName), models),
    DeleteModel: deleteModel,
    ListModels(input) {
      const { items, token } = page(input, models.seenNames())
      return { Models: items.map((name) => listed(models, name, 'model', 'Model')), ...token }
    },
    CreateEndpointConfig: createConfig,
    DescribeEndpointConfig: ({ EndpointConfigName }) =>
      described('endpoint-config', String(EndpointConfigName), configs),
    DeleteEndpointConfig: deleteConfig,
    ListEndpointConfigs(input) {
      const { items, token } = page(input, configs.seenNames())
      const EndpointConfigs = items.map((name) => listed(configs, name, 'endpoint-config', 'EndpointConfig'))
      return { EndpointConfigs, ...token }
    },
    CreateEndpoint: createEndpoint,
    DescribeEndpoint: describeEndpoint,
    UpdateEndpoint: updateEndpoint,
    UpdateEndpointWeightsAndCapacities: updateWeights,
    DeleteEndpoint: deleteEndpoint,
    ListEndpoints: listEndpoints,
    ListTags: listTags,
    AddTags({ ResourceArn, Tags }) {
      const arn = String(ResourceArn)
      if (!tags.has(arn)) throw Fault.validation(`Could not find endpoint "${arn}".`)
      keepTags(arn, Tags)
      return listTags({ ResourceArn })
    },
  }

  return {
    operations: Object.fromEntries(
      Object.entries(operations).map(([name, run]) => [
        name,
        (input: Json) => {
          progress()
          return run(input)
        },
      ]),
    ),
    journal,
    misuse,
    vices: given,
    failNext(reason) {
      failure = reason
    },
    alarm(name, isOn = true) {
      progress()
      if (isOn) alarms.add(name)
      else alarms.delete(name)
      progress()
    },
    unguarded,
    percent(name) {
      progress()
      const { change, status } = endpoints.get(name) ?? {}
      return change?.guarded && status === 'Updating' ? percentAt(change.guarded, nowMs()) : undefined
    },
    settle: () => progress(true),
    autoscale(name, variant, count) {
      const endpoint = endpoints.get(name) as Endpoint
      const variants = endpoint.variants.map((each) =>
        each.name === variant ? { ...each, currentCount: count, desiredCount: count } : each,
      )
      endpoints.set(name, { ...endpoint, variants, modifiedMs: nowMs() })
    },
    put(name, change) {
      const made = { status: 'InService', config: '', variants: [], createdMs: nowMs(), modifiedMs: nowMs() }
      // It is so since long ago.
      endpoints.set(name, { ...made, ...endpoints.get(name), ...change }, 0)
    },
    endpoint(name) {
      progress()
      return endpoints.get(name)
    },
    config: (name) => configs.get(name)?.input,
    model: (name) => models.get(name)?.input,
    endpoints: () => endpoints.names(),
    configs: () => configs.names(),
    models: () => models.names(),
    tags: (kind, name) => Object.fromEntries(tags.get(arnOf(kind, name)) ?? []),
    untag: (kind, name) => tags.get(arnOf(kind, name))?.clear(),
    tag: (kind, name, more) =>
      keepTags(
        arnOf(kind, name),
        Object.entries(more).map(([Key, Value]) => ({ Key, Value })),
      ),
  }
}
