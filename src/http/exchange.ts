import type { HttpHeaders, WireController, WireHandler, WireOptions } from './dispatcher.ts'
import { abortedError, type CallPhase, httpError } from './http-error.ts'
import { secretsOf } from './scrub.ts'

/** One HTTP call: the part that is the same for a whole body and for a streamed body. */
export abstract class Exchange implements WireHandler {
  protected readonly wire: WireOptions
  protected readonly abortSignal: AbortSignal | undefined
  protected phase: CallPhase = 'connecting'
  protected controller: WireController | undefined
  private readonly onAbort: () => void
  private over = false

  constructor(wire: WireOptions, abortSignal: AbortSignal | undefined) {
    this.wire = wire
    this.abortSignal = abortSignal
    this.onAbort = () => this.end(abortedError(this.call(), this.abortSignal?.reason))
    abortSignal?.addEventListener('abort', this.onAbort, { once: true })
  }

  /** Called once, when the call has ended. `error` is undefined when the call succeeded. */
  protected abstract settle(error: Error | undefined): void
  abstract onResponseStart(controller: WireController, status: number, headers: HttpHeaders): void
  abstract onResponseData(controller: WireController, chunk: Uint8Array): void

  onRequestStart(controller: WireController): void {
    this.controller = controller
    if (this.over) controller.abort(new Error('aborted'))
    else this.phase = 'sent'
  }

  onResponseEnd(): void {
    this.finish(undefined)
  }

  onResponseError(_controller: WireController | null, error: Error): void {
    if (this.over) return
    this.finish(httpError(error, { ...this.call(), secrets: secretsOf(this.wire.headers) }))
  }

  /** Ends the call from our side. Closes the socket and ignores everything that undici reports afterwards. */
  end(error: Error): void {
    if (this.over) return
    this.finish(error)
    this.controller?.abort(error)
  }

  protected get isOver(): boolean {
    return this.over
  }

  protected call(): { method: string; url: string; phase: CallPhase } {
    const { origin, path, method } = this.wire
    const query = path.indexOf('?')
    return { method, url: origin + (query < 0 ? path : path.slice(0, query)), phase: this.phase }
  }

  private finish(error: Error | undefined): void {
    this.over = true
    this.abortSignal?.removeEventListener('abort', this.onAbort)
    this.settle(error)
  }
}
