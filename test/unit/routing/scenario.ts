import { type ErrorCode, ModelspineError } from '../../../src/errors.ts'
import type {
  CallContext,
  ChatDelta,
  ChatEvent,
  ChatReply,
  ChatRequest,
  InferPayload,
  InferReply,
  InferRequest,
  ModelProvider,
  Usage,
} from '../../../src/provider/contract.ts'
import type { ModelRoute, RouteBackend } from '../../../src/resources/route/model-route.ts'
import { createRouter, type Router, type RouterOptions } from '../../../src/routing/router.ts'
import type { RouteTableInput } from '../../../src/routing/table/table.ts'
import { createRouteTableHolder, type RouteTableHolder } from '../../../src/routing/table/table-holder.ts'
import type { DeploymentView } from '../../../src/routing/table/upstreams.ts'
import type { AttemptRecord, RequestRecord } from '../../../src/telemetry/contract.ts'
import { createFakeClock, type FakeClock } from '../../../src/testing/fake-clock.ts'

/** How a scripted provider acts on a call: it fails with a code or error, answers, or never answers (`hang`). */
export type Script = ErrorCode | ModelspineError | 'ok' | 'hang'

/** A provider that follows its script and remembers its calls. */
export interface ScriptedProvider extends ModelProvider {
  capTokens?: NonNullable<ModelProvider['capTokens']>
  readonly calls: { readonly request: InferRequest | ChatRequest; readonly context: CallContext }[]
  closed: number
  script: Script
  /** The events that `chatStream` yields, each as a batch. An error code in the list is thrown. `hang` waits without end. */
  events: readonly (ChatEvent | Script)[]
  returned: number
}

export const delta = (part: ChatDelta, choice = 0): ChatEvent => ({ parts: [{ ...part, choice, block: 0 }] })
export const text = (value: string): ChatEvent => delta({ type: 'text-delta', text: value })
export const finished = (choice: number): ChatEvent => ({
  parts: [{ type: 'finish', choice, finishReason: 'stop' }],
})
export const finish: ChatEvent = finished(0)
export const used = (usage: Usage): ChatEvent => ({ parts: [{ type: 'usage', usage }] })
export const other: ChatEvent = { parts: [] }

export function scriptedProvider(name: string, script: Script = 'ok'): ScriptedProvider {
  const act = async (): Promise<void> => {
    if (provider.script === 'hang') await new Promise(() => {})
    if (provider.script instanceof ModelspineError) throw provider.script
    if (provider.script !== 'ok') throw new ModelspineError(provider.script as ErrorCode, `${name} failed`)
  }
  const provider: ScriptedProvider = {
    name,
    capabilities: { operations: ['infer', 'chat', 'embed'], streaming: true, dialects: [] },
    calls: [],
    closed: 0,
    returned: 0,
    script,
    events: [text('hello'), finish],
    async infer(request, context): Promise<InferReply> {
      provider.calls.push({ request, context })
      await act()
      return { kind: 'tensors', outputs: [], model: name }
    },
    async chat(request, context): Promise<ChatReply> {
      provider.calls.push({ request, context })
      await act()
      const content = [{ type: 'text' as const, text: name }]
      return {
        id: 'x',
        model: name,
        choices: [{ content, finishReason: 'stop' }],
        usage: { inputTokens: 3, outputTokens: 1 },
      }
    },
    async *chatStream(request, context) {
      provider.calls.push({ request, context })
      try {
        for (const event of provider.events) {
          if (typeof event === 'object' && 'parts' in event) yield [event]
          else {
            provider.script = event
            await act()
          }
        }
      } finally {
        provider.returned += 1
      }
    },
    async embed() {
      await act()
      return { model: name, embeddings: [[1]], usage: { inputTokens: 1 } }
    },
    async close() {
      provider.closed += 1
    },
  }
  return provider
}

export function route(
  backends: readonly RouteBackend[],
  spec: Partial<ModelRoute['spec']> = {},
  metadata: { readonly name?: string; readonly namespace?: string } = {},
): ModelRoute {
  return {
    apiVersion: 'modelspine.dev/v1alpha1',
    kind: 'ModelRoute',
    metadata: { name: 'm', namespace: 'default', labels: {}, annotations: {}, ...metadata },
    spec: {
      operations: ['infer', 'chat', 'embed'],
      backends,
      fallback: [],
      timeout: '10s',
      onPolicyError: 'deny',
      ...spec,
    },
  }
}

export const vendor = (provider: string, weight = 1, model = `${provider}-model`): RouteBackend => ({
  provider,
  model,
  weight,
})

/** A deployment whose revisions are all ready, at addresses that are their names. */
export function deployment(
  name: string,
  shares: Readonly<Record<string, number>>,
  more: Partial<DeploymentView> = {},
): DeploymentView {
  return {
    key: `default/${name}`,
    traffic: Object.entries(shares).map(([revision, weight]) => ({ revision, target: 'local', weight })),
    endpoints: Object.keys(shares).map((revision) => ({
      revision,
      target: 'local',
      endpoint: { protocol: 'test', address: revision },
    })),
    ...more,
  }
}

export interface Scenario {
  readonly clock: FakeClock
  readonly holder: RouteTableHolder
  readonly router: Router
  readonly attempts: AttemptRecord[]
  readonly requests: RequestRecord[]
  /** The number of leases that are not given back, over all connections of the current table. */
  readonly inFlight: number
  /** The provider behind an address of protocol `test`. */
  at(address: string): ScriptedProvider
  load(input: Partial<RouteTableInput>): void
}

export function scenario(
  input: Partial<RouteTableInput>,
  options: Partial<RouterOptions> & { readonly seed?: number } = {},
): Scenario {
  const clock = createFakeClock({ seed: options.seed ?? 1 })
  const holder = createRouteTableHolder({ clock, graceMs: 1000, drainMs: 5000 })
  const made = new Map<string, ScriptedProvider>()
  const attempts: AttemptRecord[] = []
  const requests: RequestRecord[] = []
  const connect = {
    test: ({ address }: { readonly address: string }): ModelProvider => {
      const provider = scriptedProvider('test')
      made.set(address, provider)
      return provider
    },
  }
  const load = (next: Partial<RouteTableInput>): void => {
    holder.load({ routes: [], deployments: [], providers: {}, connect, ...next })
  }
  load(input)
  const watch = {
    attempted: (record: AttemptRecord) => void attempts.push(record),
    finished: (record: RequestRecord) => void requests.push(record),
  }
  const observer = { started: () => watch }
  const router = createRouter({
    table: holder,
    clock,
    ...options,
    observers: [observer, ...(options.observers ?? [])],
  })
  return {
    clock,
    holder,
    router,
    attempts,
    requests,
    get inFlight() {
      const routes = holder.current?.routes ?? []
      const choices = routes
        .flatMap(({ plans }) => Object.values(plans))
        .flatMap(({ backends, fallback }) => [...backends, ...fallback])
      const connections = new Set(
        choices.flatMap(({ upstreams }) => upstreams).map(({ connection }) => connection),
      )
      return [...connections].reduce((sum, { inFlight }) => sum + inFlight, 0)
    },
    at(address) {
      const provider = made.get(address)
      if (provider === undefined) throw new Error(`nobody connected to ${address}`)
      return provider
    },
    load,
  }
}

export const tensors: InferPayload = { kind: 'tensors', inputs: [] }
export const question: Omit<ChatRequest, 'model'> = {
  messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }],
}
