import type { CallerAbort } from '../routing/attempt/routed-request.ts'
import type { CallOptions } from '../routing/router.ts'

/** A request as surfaces see it. It may come from any handler. */
export interface GatewayRequest {
  readonly method: string
  /** With the query. The host is what the caller wrote, or `localhost` where no request can have that. */
  readonly url: string
  /** The path below the base path, without the query, percent-encoded as it came. */
  readonly path: string
  /** Fires when the caller goes away. */
  readonly abortSignal: CallerAbort
  /** Why the request is not served, whatever it asks for. Health probes are answered all the same. */
  readonly refusal: Error | undefined
  /** The value of a header by its lower-case name. */
  header(name: string): string | undefined
  /** All headers, by lower-case name. */
  headers(): Readonly<Record<string, string | string[] | undefined>>
  /**
   * The whole body. Read it once. If the body is too large, this stops reading and rejects with
   * `body-too-large`. If the caller goes away, this rejects with `aborted`.
   */
  body(): Promise<Uint8Array>
}

/** The answer to a request. The pieces of a stream are read no faster than the caller reads them. */
export interface Answer {
  readonly status: number
  /** Lower-case names. */
  readonly headers: Record<string, string | string[]>
  readonly body: string | Uint8Array | AsyncIterable<string | Uint8Array>
}

/** A request that `authenticate` has let in, or that needs no authentication. */
export interface Call {
  readonly request: GatewayRequest
  readonly requestId: string
  /** The id that the caller gave the request. */
  readonly callerId: string | undefined
  /** The names in the path, decoded. */
  readonly names: readonly string[]
  /** The options for the router: the actor, the request id, the `abortSignal` and the headers. */
  options(): CallOptions
}

export type Handler = (call: Call) => Answer | Promise<Answer>

/** The handlers at one path. */
export interface SurfacePath {
  readonly methods: Readonly<Record<string, Handler>>
  readonly names: readonly string[]
  /** Whether the path is served without `authenticate`. */
  readonly open?: boolean
  /** Whether this is a health probe: served to everybody, under any host, also when there is room for nothing else. */
  readonly probe?: boolean
}

/** One HTTP interface over the router, with its own paths and its own form of errors. */
export interface Surface {
  /** Undefined when the surface does not serve the path. May throw `bad-request`. */
  find(path: string): SurfacePath | undefined
  errorBody(error: ErrorFacts): string
  /** The status of an error, where the interface has one of its own. */
  statusOf?(error: ErrorFacts): number
  /** A further header with the request's id, which the interface's clients read. In lower case. */
  readonly requestIdHeader?: string
}

export interface ErrorFacts {
  readonly status: number
  /** One of Modelspine's error codes, or `internal`. */
  readonly code: string
  readonly message: string
  /** The field with the wrong value. Undefined when the error is not about a field. */
  readonly field?: string | undefined
  /** The upstream's own word for what is wrong with the request, without credentials. */
  readonly vendorCode?: string | undefined
  readonly vendorType?: string | undefined
}
