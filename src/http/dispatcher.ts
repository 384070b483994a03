/**
 * The part of an undici dispatcher (`Pool`, `Agent`, `MockAgent` …) that the client needs. It is declared
 * here so that no public signature uses undici's types. The dispatcher must call handlers as undici 7 and
 * later do.
 */
export interface HttpDispatcher {
  dispatch(options: never, handler: never): boolean
}

/** Headers as undici gives them: names in lower case, and a list when a header came more than once. */
export type HttpHeaders = Readonly<Record<string, string | string[] | undefined>>

export interface WireOptions {
  readonly origin: string
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | string | null
  readonly headersTimeout: number
  readonly bodyTimeout: number
}

export interface WireController {
  abort(reason: Error): void
  pause(): void
  resume(): void
}

export interface WireHandler {
  onRequestStart(controller: WireController): void
  onResponseStart(controller: WireController, status: number, headers: HttpHeaders): void
  onResponseData(controller: WireController, chunk: Uint8Array): void
  onResponseEnd(controller: WireController): void
  onResponseError(controller: WireController | null, error: Error): void
}

export interface WireDispatcher {
  dispatch(options: WireOptions, handler: WireHandler): boolean
  close(): Promise<void>
}
