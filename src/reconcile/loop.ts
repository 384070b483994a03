/**
 * Takes keys from a queue and reconciles them. Several keys run at the same time, but each key runs only once
 * at a time. A key says where to look, never what happened. The reconcile itself reads what is declared and
 * what exists.
 */

import { type Clock, nextTurn } from '../clock.ts'
import { isModelspineError, ModelspineError, messageOf, throwIfAborted } from '../errors.ts'
import { type Logger, silentLogger } from '../telemetry/logger.ts'
import type { Backoff } from './backoff.ts'
import { furthestTimerMs } from './furthest-timer.ts'
import { priorities } from './priority.ts'
import type { Queue } from './queue.ts'
import { checkedResult, type Result, resultOfThrow } from './result.ts'

export interface LoopOptions<K extends string> {
  readonly queue: Queue<K>
  /** Should end soon after `abortSignal` fires. A throw is read by `resultOfThrow`. */
  reconcile(key: K, context: { readonly abortSignal: AbortSignal }): Promise<Result>
  readonly backoff: Backoff<K>
  readonly clock: Clock
  /** Keys reconciled at the same time; default 4. */
  readonly concurrency?: number
  /** Called after every run, also after interrupted runs. A throw is logged and changes nothing. */
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
   * runs and waits until they have ended. Interrupted keys go back into the queue, so that a loop that is
   * started again takes them up.
   */
  stop(options?: { readonly drainMs?: number }): Promise<void>
  /**
   * Reconciles a key now, whether the loop was started or not. Waits first for the end of a run of that key.
   * The result has the same effects as any other result. Rejects with `aborted` when aborted while waiting.
   */
  runOnce(key: K, options?: { readonly abortSignal?: AbortSignal }): Promise<Result>
}

interface Run {
  readonly controller: AbortController
  /** Never rejects. */
  ended: Promise<Result> | undefined
}

/**
 * After this many keys, the timers and sockets of the process get their turn, even if no reconcile waited for
 * any.
 */
const keysPerTurn = 16

export function createLoop<K extends string = string>(options: LoopOptions<K>): Loop<K> {
  const { queue, reconcile, backoff, clock, concurrency = 4, onResult, logger = silentLogger } = options
  if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
    throw new TypeError(`concurrency is ${concurrency}: give a whole number of at least 1`)
  }
  /** The runs under way, by key. */
  const runs = new Map<K, Run>()
  let taking: AbortController | undefined
  let begun = 0

  /** Runs a key that the queue has marked as in work. */
  const run = (key: K): Promise<Result> => {
    const entry: Run = { controller: new AbortController(), ended: undefined }
    runs.set(key, entry)
    entry.ended = attempt(key, entry.controller.signal)
    return entry.ended
  }

  const attempt = async (key: K, abortSignal: AbortSignal): Promise<Result> => {
    const startedMs = clock.monotonic()
    let result: Result
    try {
      result = checkedResult(await reconcile(key, { abortSignal }))
    } catch (cause) {
      result = resultOfThrow(cause)
    }
    const againInMs = abortSignal.aborted && result.kind === 'retry' ? 0 : comeBack(key, result)
    if (againInMs !== undefined) {
      const priority = result.kind === 'requeue' ? result.priority : undefined
      queue.add(key, { afterMs: againInMs, priority: priority ?? priorities.drift })
    }
    runs.delete(key)
    queue.done(key)
    const durationMs = clock.monotonic() - startedMs
    tell({ key, result, durationMs, ...(againInMs === undefined ? {} : { againInMs }) })
    return result
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

  const tell = (finished: FinishedRun<K>): void => {
    const { key, result, againInMs } = finished
    if (result.kind === 'retry' || result.kind === 'terminal') {
      const again =
        againInMs === undefined ? 'it waits for a change' : `it is tried again in ${Math.round(againInMs)} ms`
      const fields = { key, cause: result.cause, failures: backoff.failures(key) }
      logger.warn(fields, `reconciling ${key} failed; ${again}: ${messageOf(result.cause)}`)
    }
    try {
      onResult?.(finished)
    } catch (cause) {
      logger.error({ key, cause }, `onResult threw: ${messageOf(cause)}`)
    }
  }

  /** The loop was stopped after it was given a key and before it began with it. */
  const putBack = (key: K): void => {
    queue.add(key, { priority: priorities.user })
    queue.done(key)
  }

  const work = async (abortSignal: AbortSignal): Promise<void> => {
    for (;;) {
      begun += 1
      if (begun % keysPerTurn === 0) await nextTurn()
      const key = await queue.get(abortSignal)
      if (key === undefined) return
      if (abortSignal.aborted) return putBack(key)
      await run(key)
    }
  }

  return {
    start() {
      if (taking !== undefined) return
      taking = new AbortController()
      for (let worker = 0; worker < concurrency; worker += 1) void work(taking.signal)
    },
    async stop({ drainMs = 10_000 } = {}) {
      taking?.abort()
      taking = undefined
      const left = [...runs.values()]
      const interrupt = (): void => {
        const reason = new ModelspineError('aborted', `the loop was stopped and waited ${drainMs} ms`)
        for (const { controller } of left) controller.abort(reason)
      }
      const timer = clock.schedule(Math.min(drainMs, furthestTimerMs), interrupt, true)
      await Promise.all(left.map(({ ended }) => ended))
      timer.cancel()
    },
    async runOnce(key, { abortSignal } = {}) {
      while (!queue.take(key)) await unlessAborted(runs.get(key)?.ended ?? nextTurn(), abortSignal, key)
      const ended = run(key)
      const controller = runs.get(key)?.controller
      const pass = (): void => controller?.abort(abortSignal?.reason)
      if (abortSignal?.aborted === true) pass()
      abortSignal?.addEventListener('abort', pass, { once: true })
      const result = await ended
      abortSignal?.removeEventListener('abort', pass)
      return result
    },
  }
}

/** Waits for something that never rejects. */
async function unlessAborted(
  what: Promise<unknown>,
  abortSignal: AbortSignal | undefined,
  key: string,
): Promise<void> {
  throwIfAborted(abortSignal, `waiting for the run of ${key} that is under way`)
  if (abortSignal === undefined) {
    await what
    return
  }
  let wake = (): void => {}
  const fired = new Promise<void>((resolve) => {
    wake = resolve
    abortSignal.addEventListener('abort', wake, { once: true })
  })
  await Promise.race([what, fired])
  abortSignal.removeEventListener('abort', wake)
  throwIfAborted(abortSignal, `waiting for the run of ${key} that is under way`)
}
