/**
 * Takes keys from a queue and reconciles them. Several keys run at the same time, but each key runs only once
 * at a time. A key says where to look, never what happened. The reconcile itself reads what is declared and
 * what exists.
 */

import { type Clock, nextTurn, type Timer } from '../clock.ts'
import { isModelspineError, ModelspineError, messageOf, throwIfAborted, unlessAborted } from '../errors.ts'
import { type Logger, silentLogger } from '../telemetry/logger.ts'
import type { Backoff } from './backoff.ts'
import { type Priority, priorities } from './priority.ts'
import type { Queue } from './queue.ts'
import { checkedResult, type Result, resultOfThrow } from './result.ts'
import { withinMs } from './within-ms.ts'

export interface LoopOptions<K extends string> {
  readonly queue: Queue<K>
  /**
   * Should end soon after `abortSignal` fires. It also fires when the run has ended: whatever still waits for the run
   * in a line, nobody needs. A throw is read by `resultOfThrow`.
   */
  reconcile(key: K, context: { readonly abortSignal: AbortSignal }): Promise<Result>
  readonly backoff: Backoff<K>
  readonly clock: Clock
  /** Keys reconciled at the same time, besides those whose run is set aside; default 4. */
  readonly concurrency?: number
  /** Called after every run, also after interrupted and forgotten runs. A throw is logged and changes nothing. */
  onResult?(run: FinishedRun<K>): void
  readonly logger?: Logger
}

export interface FinishedRun<K extends string> {
  readonly key: K
  readonly result: Result
  readonly durationMs: number
  /** Milliseconds until the key comes back by itself; absent when it does not. */
  readonly againInMs?: number
}

export interface Loop<K extends string = string> {
  /** Begins to take keys. Does nothing when it has begun already. */
  start(): void
  /**
   * Takes no more keys and waits up to `drainMs` (default 10 s) for the runs under way. Then aborts these
   * runs, waits up to `graceMs` more (default 1 s) and forgets those that still go on: their end changes
   * nothing. Interrupted and forgotten keys go back into the queue, so that a loop that is started again takes
   * them up.
   */
  stop(options?: { readonly drainMs?: number; readonly graceMs?: number }): Promise<void>
  /**
   * Reconciles a key now, whether the loop was started or not. Waits first for the end of a run of that key.
   * The result has the same effects as any other result. Rejects with `aborted` when aborted while waiting.
   * An abort during the run is passed on to the run, which is forgotten 1 s later if it still goes on.
   */
  runOnce(key: K, options?: { readonly abortSignal?: AbortSignal }): Promise<Result>
  /**
   * Tells that the run of this key waits for its turn at something that other runs use up. Until the answer is
   * called, another key may run in its place. The run then goes on at once. So there can be more runs than
   * places for a while; no key is taken from then on until a place is free.
   */
  aside(key: K): () => void
}

interface Run {
  readonly controller: AbortController
  /** Never rejects. */
  readonly ended: Promise<Result>
  /** Ends the run for the loop, whatever the reconcile still does. Does nothing when it has ended. */
  forget(): void
  /** As in `Loop`. */
  aside(): () => void
}

/** How long a run may go on after its abort, in milliseconds, before the loop forgets it. */
const defaultGraceMs = 1000

/**
 * After this many keys, the timers and sockets of the process get their turn, even if no reconcile waited for
 * any.
 */
const keysPerTurn = 16

/**
 * While more runs are under way, a turn begins at most one more than have ended. Runs that are set aside go on by
 * themselves, and what they still have to do must not grow without end.
 */
const manyRuns = 64

/** Made once: a reason of its own would cost each run a stack trace. */
const runIsOver = new ModelspineError('aborted', 'the run is over')

export function createLoop<K extends string = string>(options: LoopOptions<K>): Loop<K> {
  const { queue, reconcile, backoff, clock, concurrency = 4, onResult, logger = silentLogger } = options
  if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
    throw new TypeError(`concurrency is ${concurrency}: give a whole number of at least 1`)
  }
  /** The runs under way, by key. */
  const runs = new Map<K, Run>()
  let taking: AbortController | undefined
  /** Runs that have ended since the other work of the process last had its turn. */
  let finished = 0
  /** Runs that take up a place. */
  let placed = 0
  let placeIsFree = (): void => {}

  const givePlaceBack = (): void => {
    placed -= 1
    placeIsFree()
  }

  /** Runs a key that the queue has marked as in work. */
  const run = (key: K, takesPlace: boolean): Promise<Result> => {
    const controller = new AbortController()
    const { promise: ended, resolve: end } = Promise.withResolvers<Result>()
    const startedMs = clock.monotonic()
    let open = true
    let waits = 0
    if (takesPlace) placed += 1
    const close = (): void => {
      open = false
      finished += 1
      if (takesPlace && waits === 0) givePlaceBack()
    }
    const aside = (): (() => void) => {
      let waiting = true
      waits += 1
      if (open && takesPlace && waits === 1) givePlaceBack()
      return () => {
        if (!waiting) return
        waiting = false
        waits -= 1
        if (open && takesPlace && waits === 0) placed += 1
      }
    }
    const forget = (): void => {
      if (!open) return
      close()
      runs.delete(key)
      putBack(key)
      logger.warn({ key }, `a run of ${key} ignores its abort; the loop goes on without it`)
      const cause = new ModelspineError('aborted', `the run of ${key} did not end in time`)
      const result: Result = { kind: 'retry', cause }
      call({ key, result, durationMs: clock.monotonic() - startedMs, againInMs: 0 })
      end(result)
    }
    runs.set(key, { controller, ended, forget, aside })
    void attempt(key, controller.signal).then((result) => {
      if (!open) return
      const wasInterrupted = controller.signal.aborted
      controller.abort(runIsOver)
      close()
      finish(key, result, wasInterrupted, startedMs)
      end(result)
    })
    return ended
  }

  const attempt = async (key: K, abortSignal: AbortSignal): Promise<Result> => {
    try {
      return checkedResult(await reconcile(key, { abortSignal }))
    } catch (cause) {
      return resultOfThrow(cause)
    }
  }

  const finish = (key: K, result: Result, wasInterrupted: boolean, startedMs: number): void => {
    const againInMs = wasInterrupted && result.kind === 'retry' ? 0 : comeBack(key, result)
    if (againInMs !== undefined) {
      queue.add(key, { afterMs: againInMs, priority: priorityAfter(key, result, againInMs) })
    }
    runs.delete(key)
    queue.done(key)
    const durationMs = clock.monotonic() - startedMs
    tell({ key, result, durationMs, ...(againInMs === undefined ? {} : { againInMs }) })
  }

  /** Counts failures, and gives the milliseconds until the key comes back. */
  const comeBack = (key: K, result: Result): number | undefined => {
    if (result.kind === 'retry') {
      const waitMs = backoff.next(key)
      const calledMs = (isModelspineError(result.cause) && result.cause.retryAfterMs) || 0
      return Math.min(Math.max(waitMs, calledMs), result.atMostMs ?? Infinity)
    }
    backoff.forget(key)
    return result.kind === 'requeue' ? result.afterMs : undefined
  }

  /** A person's change that goes on at once, or failed, is still a person's change. */
  const priorityAfter = (key: K, result: Result, againInMs: number): Priority => {
    if (result.kind === 'requeue' && result.priority !== undefined) return result.priority
    const goesOn = result.kind === 'retry' || againInMs === 0
    return goesOn && queue.priorityOf(key) === priorities.user ? priorities.user : priorities.drift
  }

  const tell = (finished: FinishedRun<K>): void => {
    const { key, result, againInMs } = finished
    if (result.kind === 'retry' || result.kind === 'terminal') {
      const again =
        againInMs === undefined ? 'it waits for a change' : `it is tried again in ${Math.round(againInMs)} ms`
      const fields = { key, cause: result.cause, failures: backoff.failures(key) }
      logger.warn(fields, `reconciling ${key} failed; ${again}: ${messageOf(result.cause)}`)
    }
    call(finished)
  }

  const call = (finished: FinishedRun<K>): void => {
    const { key } = finished
    try {
      onResult?.(finished)
    } catch (cause) {
      logger.error({ key, cause }, `onResult threw: ${messageOf(cause)}`)
    }
  }

  /** The key is in work for the queue, but not for the loop. */
  const putBack = (key: K): void => {
    queue.add(key, { priority: queue.priorityOf(key) ?? priorities.drift })
    queue.done(key)
  }

  /** Takes keys, one after the other, as long as there are places. */
  const take = async (abortSignal: AbortSignal): Promise<void> => {
    let begun = 0
    for (;;) {
      if (begun >= keysPerTurn || (runs.size > manyRuns && begun > finished)) {
        await nextTurn()
        begun = 0
        finished = 0
      }
      while (placed >= concurrency && !abortSignal.aborted) {
        await new Promise<void>((resolve) => {
          placeIsFree = resolve
        })
      }
      const key = await queue.get(abortSignal)
      if (key === undefined) return
      if (abortSignal.aborted) return putBack(key)
      begun += 1
      void run(key, true)
    }
  }

  return {
    start() {
      if (taking !== undefined) return
      taking = new AbortController()
      void take(taking.signal)
    },
    async stop({ drainMs = 10_000, graceMs = defaultGraceMs } = {}) {
      taking?.abort()
      taking = undefined
      placeIsFree()
      const left = [...runs.values()]
      const ended = Promise.all(left.map((each) => each.ended))
      if (left.length > 0 && (await withinMs(clock, drainMs, ended)) === undefined) {
        const reason = new ModelspineError('aborted', `the loop was stopped and waited ${drainMs} ms`)
        for (const { controller } of left) controller.abort(reason)
        await withinMs(clock, graceMs, ended)
      }
      for (const { forget } of left) forget()
    },
    async runOnce(key, { abortSignal } = {}) {
      const waiting = `waiting for the run of ${key} that is under way`
      while (!queue.take(key)) {
        await unlessAborted<unknown>(
          runs.get(key)?.ended ?? nextTurn(),
          abortSignal,
          (cause) => new ModelspineError('aborted', `${waiting} was aborted`, { cause }),
        )
        throwIfAborted(abortSignal, waiting)
      }
      const ended = run(key, false)
      const mine = runs.get(key)
      let grace: Timer | undefined
      const pass = (): void => {
        mine?.controller.abort(abortSignal?.reason)
        grace = clock.schedule(defaultGraceMs, () => mine?.forget())
      }
      if (abortSignal?.aborted === true) pass()
      abortSignal?.addEventListener('abort', pass, { once: true })
      const result = await ended
      grace?.cancel()
      abortSignal?.removeEventListener('abort', pass)
      return result
    },
    aside: (key) => runs.get(key)?.aside() ?? nothing,
  }
}

function nothing(): void {}
