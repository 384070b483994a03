import type { HttpHeaders, WireController, WireHandler, WireOptions } from './dispatcher.ts'
import { abortedError, type CallPhase, httpError } from './http-error.ts'
import { secretsOf } from './scrub.ts'

/** One call, as both kinds of exchange need it. */
export interface WireCall {
  readonly wire: WireOptions
  readonly abortSignal: AbortSignal | undefined
  readonly maxBytes: number
  /** Whether it may be sent a second time when nobody can say whether the first reached the server. */
  readonly resend: boolean
}

/** With these, a connection ends that the server closed. */
const closings: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])

/** One HTTP call: the part that is the same for a whole body and for a streamed body. */
export abstract class Exchange implements WireHandler {
  readonly wire: WireOptions
  /** Called once, when the call is over. */
  onOver: (() => void) | undefined
  /**
   * Set while the call uses a connection that is not just made. Called in place of the end when the connection broke before
   * the call was written, or before any byte of an answer to a call that may be sent again.
   */
  onStale: (() => void) | undefined
  protected readonly abortSignal: AbortSignal | undefined
  protected readonly maxBytes: number
  protected phase: CallPhase = 'connecting'
  protected controller: WireController | undefined
  private readonly onAbort = (): void => this.end(abortedError(this.call(), this.abortSignal?.reason))
  private mayResend: boolean
  private over = false

  constructor({ wire, abortSignal, maxBytes, resend }: WireCall) {
    this.wire = wire
    this.abortSignal = abortSignal
    this.maxBytes = maxBytes
    this.mayResend = resend
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

  /** The first bytes of an answer are there. */
  answerBegan(): void {
    this.mayResend = false
  }

  onResponseEnd(): void {
    if (!this.over) this.finish(undefined)
  }

  onResponseError(_controller: WireController | null, error: Error): void {
    if (this.over) return
    const { onStale } = this
    const maySend = this.phase === 'connecting' || this.mayResend
    if (onStale !== undefined && maySend && closings.has((error as NodeJS.ErrnoException).code)) {
      this.onStale = undefined
      this.mayResend = false
      this.phase = 'connecting'
      onStale()
      return
    }
    this.finish(httpError(error, { ...this.call(), secrets: secretsOf(this.wire.headers) }))
  }

  /** Ends the call from our side. Closes the socket and ignores everything that undici reports afterwards. */
  end(error: Error): void {
    if (this.over) return
    this.finish(error)
    this.controller?.abort(error)
  }

  get isOver(): boolean {
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
    this.onOver?.()
    this.settle(error)
  }
}
