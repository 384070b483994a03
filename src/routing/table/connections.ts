/**
 * The providers that were made for endpoints. A new snapshot of the table keeps the providers that it still
 * uses, so that a change of weights rebuilds no connection pool. The other providers are closed when their
 * calls have ended.
 */

import type { Clock, Timer } from '../../clock.ts'
import { messageOf } from '../../errors.ts'
import type { ModelProvider } from '../../provider/contract.ts'
import type { Endpoint } from '../../resources/deployment/revision.ts'
import { type Logger, silentLogger } from '../../telemetry/logger.ts'

/** A provider, and how many of its calls are under way. */
export interface Connection {
  readonly provider: ModelProvider
  readonly inFlight: number
  /** Whether the provider was made elsewhere, so that several upstreams may call by it. */
  readonly isShared: boolean
  /** Call this when a call begins. */
  lease(): void
  /** Call this when the call has ended, exactly once for each lease. */
  release(): void
}

/** Makes the provider for an endpoint. The provider should open no connection before its first call. */
export type Connect = (endpoint: Endpoint) => ModelProvider

export interface ConnectionsOptions {
  readonly clock: Clock
  /**
   * How long an unused connection is kept, in milliseconds, because a request may still hold an older
   * snapshot. Default 10,000.
   */
  readonly graceMs?: number
  /**
   * How long calls under way may keep a connection open after `graceMs`, in milliseconds. Default 600,000.
   */
  readonly drainMs?: number
  readonly logger?: Logger
}

export interface Connections {
  /**
   * The connection to an endpoint. Makes the connection if there is none yet. Throws what `connect` throws.
   */
  toEndpoint(endpoint: Endpoint, connect: Connect, providers: readonly ModelProvider[]): Connection
  /** The connection of a provider that was made elsewhere. Its maker closes it. */
  ofProvider(provider: ModelProvider): Connection
  /** One more route uses the connection. */
  use(connection: Connection): void
  /** One route less uses it. The last one retires it. */
  letGo(connection: Connection): void
  /** Closes at once every connection that was made here, even when calls are under way. */
  close(): Promise<void>
}

class CountedConnection implements Connection {
  readonly provider: ModelProvider
  readonly isShared: boolean = true
  inFlight = 0
  /** How many routes of the current snapshot use it. */
  users = 0

  constructor(provider: ModelProvider) {
    this.provider = provider
  }

  lease(): void {
    this.inFlight += 1
  }

  release(): void {
    this.inFlight -= 1
  }
}

class MadeConnection extends CountedConnection {
  override readonly isShared: boolean = false
  readonly id: string
  readonly address: string
  state: ConnectionState = { kind: 'active' }
  readonly #drained: (connection: MadeConnection) => void

  constructor(
    id: string,
    address: string,
    provider: ModelProvider,
    drained: (connection: MadeConnection) => void,
  ) {
    super(provider)
    this.id = id
    this.address = address
    this.#drained = drained
  }

  override release(): void {
    super.release()
    if (this.inFlight === 0 && this.state.kind === 'draining') this.#drained(this)
  }
}

type ConnectionState =
  | { readonly kind: 'active' }
  /** The current snapshot does not use the connection, but a request may still hold an older snapshot. */
  | { readonly kind: 'grace'; readonly timer: Timer }
  /** The connection is closed when its last call ends, or when the timer runs out. */
  | { readonly kind: 'draining'; readonly timer: Timer }
  | { readonly kind: 'closed' }

/**
 * Above this number, retired connections are closed at once, the oldest of those without calls first. So
 * frequent changes cannot pile up connections.
 */
const maxRetired = 64

export function createConnections(options: ConnectionsOptions): Connections {
  const { clock, graceMs = 10_000, drainMs = 600_000, logger = silentLogger } = options
  /** By id. Its size is bounded by the declared resources and by `maxRetired`. */
  const made = new Map<string, MadeConnection>()
  /** Gives each `connect` function a number, because two functions may make connections to one endpoint. */
  const makers = new WeakMap<Connect, number>()
  let makersSeen = 0
  /** How many connections have the same provider, because `connect` may return one for several endpoints. */
  const sharing = new Map<ModelProvider, number>()
  /** The retired ones, the oldest first. */
  const retired = new Set<MadeConnection>()
  /** Its size is bounded by the number of providers that routes use. */
  const given = new Map<ModelProvider, CountedConnection>()

  const enter = (connection: MadeConnection, state: ConnectionState): void => {
    if ('timer' in connection.state) connection.state.timer.cancel()
    connection.state = state
  }

  const idOf = ({ protocol, address, model }: Endpoint, connect: Connect): string => {
    let maker = makers.get(connect)
    if (maker === undefined) {
      makersSeen += 1
      maker = makersSeen
      makers.set(connect, maker)
    }
    return JSON.stringify([protocol, address, model, maker])
  }

  const shut = async (connection: MadeConnection): Promise<void> => {
    if (connection.state.kind === 'closed') return
    enter(connection, { kind: 'closed' })
    made.delete(connection.id)
    retired.delete(connection)
    const { provider } = connection
    const others = (sharing.get(provider) ?? 1) - 1
    if (others > 0) {
      sharing.set(provider, others)
      return
    }
    sharing.delete(provider)
    try {
      await provider.close?.()
    } catch (error) {
      logger.warn({ endpoint: connection.address, error: messageOf(error) }, 'closing a provider failed')
    }
  }

  const retire = (connection: MadeConnection): void => {
    const afterGrace = (): void => {
      if (connection.inFlight === 0) void shut(connection)
      else
        enter(connection, { kind: 'draining', timer: clock.schedule(drainMs, () => void shut(connection)) })
    }
    enter(connection, { kind: 'grace', timer: clock.schedule(graceMs, afterGrace) })
    retired.add(connection)
    if (retired.size <= maxRetired) return
    const [oldest] = retired
    const idle = [...retired].find(({ inFlight }) => inFlight === 0) ?? oldest
    if (idle !== undefined) void shut(idle)
  }

  return {
    toEndpoint(endpoint, connect, providers) {
      const id = idOf(endpoint, connect)
      const known = made.get(id)
      if (known !== undefined) return known
      const provider = connect(endpoint)
      // A hosted model's endpoint leads to a provider that the plane owns and closes.
      if (providers.includes(provider)) return this.ofProvider(provider)
      const connection = new MadeConnection(id, endpoint.address, provider, shut)
      made.set(id, connection)
      sharing.set(provider, (sharing.get(provider) ?? 0) + 1)
      return connection
    },
    ofProvider(provider) {
      let connection = given.get(provider)
      if (connection === undefined) {
        connection = new CountedConnection(provider)
        given.set(provider, connection)
      }
      return connection
    },
    use(connection) {
      if (!(connection instanceof CountedConnection)) return
      connection.users += 1
      if (!(connection instanceof MadeConnection) || connection.state.kind === 'closed') return
      enter(connection, { kind: 'active' })
      retired.delete(connection)
    },
    letGo(connection) {
      if (!(connection instanceof CountedConnection)) return
      connection.users -= 1
      if (connection.users > 0) return
      if (!(connection instanceof MadeConnection)) given.delete(connection.provider)
      else if (connection.state.kind === 'active') retire(connection)
    },
    async close() {
      await Promise.all([...made.values()].map(shut))
      given.clear()
    },
  }
}
