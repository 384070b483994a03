import type { CallerAbort } from '../routing/routed-request.ts'
import type { CallOptions } from '../routing/router.ts'

/** A request as surfaces see it, wherever it came from. */
export interface GatewayRequest {
  readonly method: string
  /** Below the base path, without the query, percent-encoded as it came. */
  readonly path: string
  /** Fires when the caller goes away. */
  readonly abortSignal: CallerAbort
  /** By its lower-case name. */
  header(name: string): string | undefined
  /** All headers, by lower-case name. */
  headers(): Readonly<Record<string, string | string[] | undefined>>
  /** The whole body, read once. Rejects with `body-too-large` without reading further, or with `aborted`. */
  body(): Promise<Uint8Array>
}

/** What goes back. Text events of a stream are pulled no faster than the caller reads. */
export interface Answer {
  readonly status: number
  /** Lower-case names. */
  readonly headers: Record<string, string>
  readonly body: string | Uint8Array | AsyncIterable<string>
}

/** A request that was let in. */
export interface Call {
  readonly request: GatewayRequest
  readonly requestId: string
  /** The names in the path, decoded. */
  readonly names: readonly string[]
  /** What the router is told of it: who asks, under which id, until when. */
  options(): CallOptions
}

export type Handler = (call: Call) => Answer | Promise<Answer>

/** What lives at one path. */
export interface SurfacePath {
  readonly methods: Readonly<Record<string, Handler>>
  readonly names: readonly string[]
  /** Answered without `authenticate`: probes. */
  readonly open?: boolean
}

/** One HTTP interface over the router, with its own paths and its own form of errors. */
export interface Surface {
  /** Undefined when the path is none of the surface's. May throw `bad-request`. */
  find(path: string): SurfacePath | undefined
  /** The body of an error. */
  errorBody(error: ErrorFacts): string
}

export interface ErrorFacts {
  readonly status: number
  /** One of our codes, or `internal`. */
  readonly code: string
  readonly message: string
  /** The field at fault, where one is. */
  readonly field: string | undefined
}
