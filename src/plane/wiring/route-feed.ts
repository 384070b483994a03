import { type Clock, sleep } from '../../clock.ts'
import { isModelspineError, messageOf } from '../../errors.ts'
import { sameJson } from '../../json.ts'
import type { ModelProvider } from '../../provider/contract.ts'
import type { DeploymentStatus } from '../../resources/deployment/deployment-status.ts'
import type { Endpoint } from '../../resources/deployment/revision.ts'
import type { Key } from '../../resources/metadata.ts'
import type { ModelRoute } from '../../resources/route/model-route.ts'
import type { RouteTableHolder } from '../../routing/table-holder.ts'
import type { DeploymentView } from '../../routing/upstreams.ts'
import type { Kind } from '../../store/contract.ts'
import { ifUnreadable } from '../../store/if-unreadable.ts'
import type { TypedObject, TypedStore } from '../../store/typed-store.ts'
import type { Logger } from '../../telemetry/logger.ts'

export interface RouteFeedOptions {
  readonly store: TypedStore
  readonly holder: RouteTableHolder
  readonly providers: Readonly<Record<string, ModelProvider>>
  readonly connect: Readonly<Record<string, (endpoint: Endpoint) => ModelProvider>>
  readonly clock: Clock
  readonly logger: Logger
  /** Called with every object that was read because the store reported a change. */
  changed(stored: TypedObject): void
  /** Called when an object was found gone. */
  gone(kind: Kind, key: Key): void
}

export interface RouteFeed {
  /** Reads everything once and swaps the table. */
  load(): Promise<void>
  /**
   * Brings one object up to date now, without waiting for the watch. Does nothing before the first `load`.
   */
  refresh(kind: Kind, key: Key): Promise<void>
  /** Follows the store until aborted. */
  follow(abortSignal: AbortSignal): Promise<void>
}

const retryMs = 1000

/**
 * Keeps the router's table in step with the store. A new weight of a canary reaches the router as a new
 * table.
 */
export function createRouteFeed(options: RouteFeedOptions): RouteFeed {
  const { store, holder, clock, logger } = options
  const connect = { ...options.connect, ...hostedBy(options.providers) }
  const routes = new Map<Key, ModelRoute>()
  const views = new Map<Key, { readonly view: DeploymentView; readonly status: unknown }>()
  let dirty = true
  let loaded = false
  let last = Promise.resolve()

  const swap = (): void => {
    if (!dirty) return
    dirty = false
    holder.load({
      routes: [...routes.values()],
      deployments: Array.from(views.values(), ({ view }) => view),
      providers: options.providers,
      connect,
    })
  }
  const take = ({ kind, key, resource, status }: TypedObject): void => {
    if (kind === 'ModelRoute') {
      if (routes.get(key) === resource) return
      routes.set(key, resource)
      dirty = true
      return
    }
    if (views.get(key)?.status === status && views.has(key)) return
    const view = viewOf(key, status)
    const before = views.get(key)?.view
    if (!sameJson(before, view)) dirty = true
    views.set(key, { view, status })
  }
  const drop = (kind: Kind, key: Key): void => {
    if (kind === 'ModelRoute' ? routes.delete(key) : views.delete(key)) dirty = true
    options.gone(kind, key)
  }
  const readAll = async (): Promise<void> => {
    const gone = { ModelRoute: new Set(routes.keys()), ModelDeployment: new Set(views.keys()) }
    for (const kind of ['ModelRoute', 'ModelDeployment'] as const) {
      for await (const stored of store.list(kind)) {
        take(stored)
        gone[kind].delete(stored.key)
        options.changed(stored)
      }
      for (const key of gone[kind]) {
        // A list leaves out what cannot be read. That stays in the table as it was.
        const stored = await store.get(kind, key).catch((error: unknown) => {
          if (!isModelspineError(error, 'status-newer')) ifUnreadable(error)
          return undefined
        })
        if (stored === null) drop(kind, key)
      }
    }
    swap()
  }
  const readOne = async (kind: Kind, key: Key): Promise<void> => {
    const stored = await store.get(kind, key).catch(ifTooNew)
    if (stored === undefined) return
    if (stored === null) drop(kind, key)
    else take(stored)
    swap()
    if (stored !== null) options.changed(stored)
  }
  /** One read at a time. Otherwise an earlier read could answer later and put older state into the table. */
  const inTurn = (look: () => Promise<void>): Promise<void> => {
    const looked = last.then(look)
    last = looked.catch(() => {})
    return looked
  }
  return {
    async load() {
      await inTurn(readAll)
      loaded = true
    },
    async refresh(kind, key) {
      if (loaded) await inTurn(() => readOne(kind, key))
    },
    async follow(abortSignal) {
      while (!abortSignal.aborted) {
        try {
          for await (const change of store.watch(abortSignal)) {
            await inTurn(() => (change.type === 'resync' ? readAll() : readOne(change.kind, change.key)))
          }
        } catch (error) {
          if (abortSignal.aborted) return
          logger.warn(
            { error: messageOf(error) },
            `watching the store failed; the watch begins again in ${retryMs} ms`,
          )
        }
        if (!abortSignal.aborted) await sleep(clock, retryMs, abortSignal).catch(() => {})
      }
    },
  }
}

/** What a newer Modelspine wrote stays in the table as this process last understood it. */
function ifTooNew(error: unknown): undefined {
  if (!isModelspineError(error, 'status-newer')) throw error
}

/**
 * The router sees the ready revisions. When no revision is ready, it sees every revision that has an address.
 */
function viewOf(key: Key, status: DeploymentStatus | undefined): DeploymentView {
  const reachable = (status?.revisions ?? []).flatMap(({ revision, state, endpoint }) =>
    endpoint === undefined ? [] : [{ revision: revision.name, state, endpoint }],
  )
  const ready = reachable.filter(({ state }) => state === 'ready')
  const seen = ready.length > 0 ? ready : reachable
  return {
    key,
    split: status?.split ?? [],
    endpoints: seen.map(({ revision, endpoint }) => ({ revision, endpoint })),
    ...(status?.stable !== undefined && { stable: status.stable }),
  }
}

/**
 * The protocol of a hosted revision is the name of the provider that runs it. The plane was given this
 * provider and keeps it.
 */
function hostedBy(
  providers: Readonly<Record<string, ModelProvider>>,
): Readonly<Record<string, (endpoint: Endpoint) => ModelProvider>> {
  return Object.fromEntries(
    Object.entries(providers).map(([name, provider]) => [name, () => borrowed(provider)]),
  )
}

/**
 * The same provider without `close`. A table that no longer needs the provider must not close it for others.
 */
function borrowed(provider: ModelProvider): ModelProvider {
  const { name, capabilities } = provider
  return {
    name,
    capabilities,
    ...(provider.infer && { infer: provider.infer.bind(provider) }),
    ...(provider.chat && { chat: provider.chat.bind(provider) }),
    ...(provider.chatStream && { chatStream: provider.chatStream.bind(provider) }),
    ...(provider.embed && { embed: provider.embed.bind(provider) }),
  }
}
