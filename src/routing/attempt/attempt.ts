import type { Clock, Timer } from '../../clock.ts'
import type { Cost } from '../../cost/contract.ts'
import { ModelspineError } from '../../errors.ts'
import type { CallContext, InferReply, Usage } from '../../provider/contract.ts'
import type { Actor, Key } from '../../resources/metadata.ts'
import type { AttemptKind, AttemptRecord, AttemptStart, Outcome } from '../../telemetry/contract.ts'
import type { StreamNotes } from '../operations/operation.ts'
import type { Route, Upstream } from '../table/route.ts'
import { tokensIn } from '../tokens-in.ts'
import { AttemptTranslation } from './attempt-translation.ts'

/** What an attempt needs of its request. */
export interface AttemptHost {
  readonly clock: Clock
  readonly requestId: string
  readonly callerId: string | undefined
  readonly route: Pick<Route, 'translation'>
  readonly routeKey: Key
  readonly actor: Actor
  readonly operation: AttemptRecord['operation']
  /** Sent to the upstream. */
  readonly headers: Readonly<Record<string, string>> | undefined
  /** About how many tokens were sent. */
  readonly estimatedTokens: number | undefined
  /** What the call cost, if it is billed and there is a table of prices. */
  costOf(attempt: Attempt, outcome: Outcome): Cost | undefined
  attemptBegan(attempt: Attempt): void
  /** Called once, when the first output of a stream has come. */
  attemptAnswered(attempt: Attempt): void
  /** Called once, when everything of the attempt has been released. */
  attemptEnded(attempt: Attempt, record: AttemptRecord): void
}

/** When an attempt is cut. The times are milliseconds. */
export interface AttemptLimits {
  /** The time until the reply, or until the first output of a stream. */
  readonly answerMs: number | undefined
  /** Undefined when `answerMs` is firm. Otherwise the attempt is cut only if another upstream can be asked then. */
  readonly mayMoveOn: ((attempt: Attempt) => boolean) | undefined
  /** The pause between two pieces of a stream, on either side: the upstream's and the caller's. */
  readonly idleMs: number
}

const noUsage: Usage = {}

/**
 * One call to one upstream: its abort, its timer, its lease, and what is known of its reply. Attempts share no
 * state, so several of one request can be under way at once. An attempt ends once. However it ends, its lease is
 * given back once, its timer is cancelled, and its request is told once.
 */
export class Attempt implements StreamNotes {
  readonly upstream: Upstream
  readonly kind: AttemptKind
  /** See `AttemptStart`. */
  readonly retriedFrom: string | undefined
  readonly context: CallContext
  readonly translation: AttemptTranslation
  /** Why it ended, if it did not end well. */
  error: ModelspineError | undefined
  isOver = false
  /** Called when `stop` ends the attempt. */
  whenStopped: ((error: ModelspineError) => void) | undefined

  /** The milliseconds in which the caller was waited for. */
  callerMs = 0
  usage: Usage = noUsage
  /** What it cost, once it has ended. */
  cost: Cost | undefined
  replyId: string | undefined
  replyModel: string | undefined
  finishReasons: readonly string[] | undefined
  hasOutput = false
  isComplete = false
  outputCharacters = 0

  readonly #host: AttemptHost
  readonly #limits: AttemptLimits
  readonly #controller: AbortController = new AbortController()
  readonly #startedAt: number
  readonly #startedAtMs: number
  #timer: Timer | undefined
  #open: Set<number> | undefined
  #firstOutputMs: number | undefined
  /** The last time at which somebody began to wait: the router for the upstream, or the upstream for the caller. */
  #since: number
  /** Whether the upstream is waited for. Otherwise the caller is. */
  #isWaiting = true
  #reject: ((error: ModelspineError) => void) | undefined

  constructor(
    host: AttemptHost,
    upstream: Upstream,
    kind: AttemptKind,
    limits: AttemptLimits,
    retriedFrom?: string,
  ) {
    this.upstream = upstream
    this.kind = kind
    this.retriedFrom = retriedFrom
    this.#host = host
    this.#limits = limits
    const { requestId, headers, clock, route } = host
    const abortSignal = this.#controller.signal
    const translation = new AttemptTranslation(route.translation.approximations)
    this.translation = translation
    this.context =
      headers === undefined
        ? { requestId, abortSignal, translation }
        : { requestId, abortSignal, translation, headers }
    this.#startedAtMs = clock.now()
    this.#startedAt = clock.monotonic()
    this.#since = this.#startedAt
    upstream.connection.lease()
    upstream.state.began()
    host.attemptBegan(this)
    this.#armAnswer()
  }

  /** What observers hear of it when it begins. */
  get start(): AttemptStart {
    const start: Writable<AttemptStart> = {
      requestId: this.#host.requestId,
      kind: this.kind,
      upstream: this.upstream.identity,
      startedAtMs: this.#startedAtMs,
    }
    if (this.retriedFrom !== undefined) start.retriedFrom = this.retriedFrom
    return start
  }

  get open(): Set<number> {
    this.#open ??= new Set()
    return this.#open
  }

  /**
   * Resolves to what `came` makes of the value of `work`. Rejects with what `failed` makes of its error, and at once
   * when the attempt is stopped, even when the provider ignores its abort. Both are called when `work` has settled,
   * so that a stream costs one promise a piece.
   */
  wait<Value, Result>(
    work: Promise<Value>,
    came: (value: Value) => Result,
    failed: (cause: unknown) => unknown = itself,
  ): Promise<Result> {
    this.#waitBegan()
    return new Promise((resolve, reject) => {
      if (this.error !== undefined) reject(this.error)
      else this.#reject = reject
      const fail = (cause: unknown): void => {
        if (this.isOver) return
        this.#waitEnded()
        reject(failed(cause))
      }
      work.then((value) => {
        if (this.isOver) return
        this.#waitEnded()
        try {
          resolve(came(value))
        } catch (cause) {
          reject(failed(cause))
        }
      }, fail)
    })
  }

  /** From now on the upstream is waited for. */
  #waitBegan(): void {
    if (this.#isWaiting) return
    this.#isWaiting = true
    const now = this.#host.clock.monotonic()
    this.callerMs += now - this.#since
    this.#since = now
  }

  /** From now on the caller is waited for, until it asks for more. */
  #waitEnded(): void {
    this.#reject = undefined
    if (!this.#isWaiting || this.isOver) return
    this.#isWaiting = false
    this.#since = this.#host.clock.monotonic()
  }

  /** A piece has come that the router does not see itself. */
  pieceCame(): void {
    this.#since = this.#host.clock.monotonic()
  }

  /** The first output of a stream has come. From now on only pauses cut the attempt. */
  outputBegan(): void {
    if (this.isOver || this.#firstOutputMs !== undefined) return
    this.#firstOutputMs = this.#host.clock.monotonic() - this.#startedAt
    this.#timer?.cancel()
    this.#armIdle(this.#limits.idleMs)
    this.#host.attemptAnswered(this)
  }

  succeeded(prediction?: InferReply): void {
    this.#end('ok', undefined, prediction)
  }

  failed(error: ModelspineError): void {
    this.#end(error.code === 'aborted' ? 'aborted' : 'failed', error)
  }

  /**
   * Ends the attempt from outside: rejects what waits for the upstream, and aborts the call. When nobody waits for
   * the upstream, the caller is the one who does not read. That is no failure of the upstream.
   */
  stop(error: ModelspineError): void {
    if (this.isOver) return
    if (this.#isWaiting) this.failed(error)
    else this.#end('aborted', error)
    this.#reject?.(error)
    this.whenStopped?.(error)
    this.#controller.abort(error)
  }

  #armAnswer(): void {
    const { answerMs, mayMoveOn } = this.#limits
    // A strategy that hears of the attempt may have led to its end.
    if (answerMs === undefined || this.isOver) return
    this.#arm(answerMs, () => {
      if (mayMoveOn === undefined || mayMoveOn(this)) this.#timeOut(answerMs)
    })
  }

  /** Looks again when the pause could be too long. So a piece that comes in time sets no timer. */
  #armIdle(afterMs: number): void {
    this.#arm(afterMs, () => {
      const { idleMs } = this.#limits
      const pauseMs = this.#host.clock.monotonic() - this.#since
      if (pauseMs < idleMs) this.#armIdle(idleMs - pauseMs)
      else this.#timeOut(idleMs)
    })
  }

  #arm(afterMs: number, run: () => void): void {
    this.#timer = this.#host.clock.schedule(afterMs, run)
  }

  #timeOut(limitMs: number): void {
    this.stop(new ModelspineError('timeout', this.#slowness(limitMs), { details: { timeoutMs: limitMs } }))
  }

  #slowness(limitMs: number): string {
    const { provider } = this.upstream.identity
    if (!this.#isWaiting) return `the caller did not read the stream for ${limitMs} ms`
    return this.#firstOutputMs === undefined
      ? `provider ${provider} gave no answer within ${limitMs} ms`
      : `the stream of provider ${provider} paused for ${limitMs} ms`
  }

  #end(outcome: Outcome, error: ModelspineError | undefined, prediction?: InferReply): void {
    if (this.isOver) return
    this.isOver = true
    this.error = error
    this.#timer?.cancel()
    if (outcome !== 'ok') this.#estimateUsage()
    this.cost = this.#host.costOf(this, outcome)
    const { upstream } = this
    upstream.connection.release()
    upstream.state.ended()
    this.#host.attemptEnded(this, this.#record(outcome, error, prediction))
  }

  /**
   * Vendors tell the usage at the end, and charge for a stream that was cut all the same. What some tell at the
   * beginning, such as the tokens of the prompt, is kept. The output that they count there is only the first.
   */
  #estimateUsage(): void {
    const { usage, outputCharacters } = this
    if (outputCharacters === 0 || (usage !== noUsage && this.isComplete)) return
    const inputTokens = usage.inputTokens ?? this.#host.estimatedTokens
    const outputTokens = Math.max(usage.outputTokens ?? 0, tokensIn(outputCharacters))
    this.usage = {
      ...usage,
      ...(inputTokens !== undefined && { inputTokens }),
      outputTokens,
      estimated: true,
    }
  }

  #record(
    outcome: Outcome,
    error: ModelspineError | undefined,
    reply: InferReply | undefined,
  ): AttemptRecord {
    const { clock, requestId, callerId, operation, routeKey, actor } = this.#host
    const now = clock.monotonic()
    const callerMs = this.#isWaiting ? this.callerMs : this.callerMs + now - this.#since
    const durationMs = Math.max(0, now - this.#startedAt - callerMs)
    const record: Writable<AttemptRecord> = {
      requestId,
      kind: this.kind,
      route: routeKey,
      actor,
      upstream: this.upstream.identity,
      operation,
      startedAtMs: this.#startedAtMs,
      endedAtMs: clock.now(),
      durationMs,
      outcome,
      usage: this.usage,
    }
    const { server } = this.upstream
    if (server !== undefined) record.server = server
    if (callerId !== undefined) record.callerId = callerId
    if (this.retriedFrom !== undefined) record.retriedFrom = this.retriedFrom
    if (this.#firstOutputMs !== undefined) record.firstOutputMs = this.#firstOutputMs
    if (error !== undefined) record.code = error.code
    if (error?.retryAfterMs !== undefined) record.retryAfterMs = error.retryAfterMs
    if (reply !== undefined) record.reply = reply
    if (this.cost !== undefined) record.cost = this.cost
    addFacts(record, this)
    return record
  }
}

/** While it is made. Every request makes records, and a spread for each optional member would cost more. */
export type Writable<Record> = { -readonly [Member in keyof Record]: Record[Member] }

type Facts = 'replyId' | 'replyModel' | 'finishReasons'

/** The notes of a reply as records hold them. */
export function addFacts(
  record: Writable<Pick<AttemptRecord, Facts>>,
  { replyId, replyModel, finishReasons }: Pick<StreamNotes, Facts>,
): void {
  if (replyId !== undefined) record.replyId = replyId
  if (replyModel !== undefined) record.replyModel = replyModel
  if (finishReasons !== undefined) record.finishReasons = finishReasons
}

function itself(cause: unknown): unknown {
  return cause
}
