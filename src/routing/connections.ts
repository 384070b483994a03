/**
 * Providers made for endpoints. A new snapshot of the table takes over those it still uses, so that a change of
 * weights rebuilds no connection pool; the others are closed once their calls have ended.
 */

import type { Clock, Timer } from '../clock.ts'
import { messageOf } from '../errors.ts'
import type { ModelProvider } from '../provider/contract.ts'
import type { Endpoint } from '../resources/deployment/revision.ts'
import { type Logger, silentLogger } from '../telemetry/logger.ts'

/** A provider, and how many calls it has under way. */
export interface Connection {
  readonly provider: ModelProvider
  readonly inFlight: number
  /** A call begins. */
  lease(): void
  /** It ended; exactly once for each lease. */
  release(): void
}

/** Makes the provider for an endpoint. It should open nothing before its first call. */
export type Connect = (endpoint: Endpoint) => ModelProvider

export interface ConnectionsOptions {
  readonly clock: Clock
  /** How long an unused connection is kept, since a request may still hold an older snapshot. Default 10,000. */
  readonly graceMs?: number
  /** How long calls under way may hold it open after the grace. Default 600,000. */
  readonly drainMs?: number
  readonly logger?: Logger
}

export interface Connections {
  /** The connection to an endpoint, made when there is none. Throws what `connect` throws. */
  toEndpoint(endpoint: Endpoint, connect: Connect, providers: readonly ModelProvider[]): Connection
  /** The connection of a provider that somebody else made and closes. */
  ofProvider(provider: ModelProvider): Connection
  /** Retires every connection that is not among these. */
  keepOnly(used: ReadonlySet<Connection>): void
  /** Closes what was made here, now, whatever is under way. */
  close(): Promise<void>
}

class CountedConnection implements Connection {
  readonly provider: ModelProvider
  inFlight = 0

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
  /** No snapshot uses it, but a request may hold an older one. */
  | { readonly kind: 'grace'; readonly timer: Timer }
  /** Closed with its last call, or when the timer runs out. */
  | { readonly kind: 'draining'; readonly timer: Timer }
  | { readonly kind: 'closed' }

/** Beyond this many, retired connections are closed at once, oldest first: churn cannot pile them up. */
const maxRetired = 64

export function createConnections(options: ConnectionsOptions): Connections {
  const { clock, graceMs = 10_000, drainMs = 600_000, logger = silentLogger } = options
  /** By id. Bounded by declared resources and `maxRetired`. */
  const made = new Map<string, MadeConnection>()
  /** Tells apart connections to one endpoint that different functions made. */
  const makers = new WeakMap<Connect, number>()
  let makersSeen = 0
  /** Bounded by the providers that routes use. */
  const given = new Map<ModelProvider, Connection>()

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
    enter(connection, { kind: 'closed' })
    made.delete(connection.id)
    // `connect` may hand out one provider for several endpoints.
    for (const other of made.values()) if (other.provider === connection.provider) return
    try {
      await connection.provider.close?.()
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
    keepOnly(used) {
      for (const [provider, connection] of given) if (!used.has(connection)) given.delete(provider)
      for (const connection of made.values()) {
        if (used.has(connection)) enter(connection, { kind: 'active' })
        else if (connection.state.kind === 'active') retire(connection)
      }
      const retired = [...made.values()].filter((connection) => connection.state.kind !== 'active')
      for (const oldest of retired.slice(0, Math.max(0, retired.length - maxRetired))) void shut(oldest)
    },
    async close() {
      await Promise.all([...made.values()].map(shut))
      given.clear()
    },
  }
}
