import { type CallContext, type Clock, ModelspineError, unlessAborted } from 'modelspine/adapter'

/** Triton's name of the extension, in the description of the server. */
const extension = 'binary_tensor_data'

/** How long an answer of the server is believed, in milliseconds. */
const knownForMs = 60_000
/** How long a question that failed is not asked again, in milliseconds. */
const restMs = 5000
/** How long the server may take to answer, in milliseconds. */
const limitMs = 5000

interface Looked {
  readonly answer: Promise<boolean>
  untilMs: number
}

/**
 * Whether tensors are sent to a server as binary data: yes, no, or what the server says of itself. Then it is asked
 * before the first tensors, and every minute. A server that cannot be asked gets JSON.
 */
export class BinarySupport {
  /** What is known at the moment. */
  now: boolean
  readonly #asks: boolean
  readonly #clock: Clock
  readonly #extensions: (abortSignal: AbortSignal) => Promise<readonly string[]>
  #looked: Looked | undefined

  constructor(
    option: boolean | 'auto',
    clock: Clock,
    extensions: (abortSignal: AbortSignal) => Promise<readonly string[]>,
  ) {
    if (option !== 'auto' && typeof option !== 'boolean') {
      const message = `binary is ${JSON.stringify(option)}; write true, false or 'auto'`
      throw new ModelspineError('invalid-options', message, { details: { field: 'binary' } })
    }
    this.now = option === true
    this.#asks = option === 'auto'
    this.#clock = clock
    this.#extensions = extensions
  }

  /** Throws `aborted` when the call is aborted meanwhile. */
  async find({ abortSignal }: CallContext): Promise<boolean> {
    if (!this.#asks) return this.now
    if (this.#looked === undefined || this.#clock.monotonic() >= this.#looked.untilMs) this.#look()
    const { answer } = this.#looked as Looked
    return await unlessAborted(answer, abortSignal, (cause) => {
      return new ModelspineError('aborted', 'the caller aborted the call', { cause })
    })
  }

  #look(): void {
    const leaving = new AbortController()
    const timer = this.#clock.schedule(limitMs, () => leaving.abort())
    const answer = this.#extensions(leaving.signal)
      .then(
        (names) => {
          this.now = names.includes(extension)
        },
        () => {
          this.now = false
          looked.untilMs = this.#clock.monotonic() + restMs
        },
      )
      .then(() => {
        timer.cancel()
        return this.now
      })
    const looked: Looked = { answer, untilMs: this.#clock.monotonic() + knownForMs }
    this.#looked = looked
  }
}
