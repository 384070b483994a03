/**
 * Time, timers and randomness as one injected object. No other part of the core reads a clock or a random
 * number. So the same seed gives the same run.
 */

import { ModelspineError } from './errors.ts'

export interface Timer {
  cancel(): void
}

export interface Clock {
  /** Wall time, milliseconds since the epoch. */
  now(): number
  /** Milliseconds from an arbitrary start. Never goes backwards. For durations. */
  monotonic(): number
  /** Calls `run` once after `delayMs`. The timer keeps the process alive only when `keepAlive` is true. */
  schedule(delayMs: number, run: () => void, keepAlive?: boolean): Timer
  /** Uniform in [0, 1). */
  random(): number
  /** A new unique name: 26 characters, sortable by time. */
  id(): string
}

/** Two numbers below this make the random part of an id. Each is eight digits in base 32. */
const half = 32 ** 8
/** Two digits stand for ten bits. */
const twoDigits = 2 ** 10
const fourDigits = 2 ** 20
let pairs: readonly string[] | undefined

/**
 * 10 digits of time and 16 random digits, in base 32 with the digits 0–9 and a–v. It is cheap, because every
 * request gets such an id.
 */
export function sortableId(nowMs: number, random: () => number): string {
  const time = Math.floor(nowMs)
  const high = Math.floor(time / half)
  return (
    pair(high) + eightDigits(time - high * half) + eightDigits(random() * half) + eightDigits(random() * half)
  )
}

function eightDigits(value: number): string {
  const high = Math.floor(value / fourDigits)
  const low = Math.floor(value - high * fourDigits)
  return pair(high >> 10) + pair(high) + pair(low >> 10) + pair(low)
}

/** The last two digits of a number. A look-up is much cheaper than `toString(32)`. */
function pair(value: number): string {
  pairs ??= Array.from({ length: twoDigits }, (_, each) => each.toString(32).padStart(2, '0'))
  return pairs[value & (twoDigits - 1)] as string
}

/** When a delay is longer than this, Node runs the timer at once. */
const longestTimerMs = 2 ** 31 - 1

function scheduleFar(delayMs: number, run: () => void, keepAlive: boolean): Timer {
  let timer: Timer
  const wait = (leftMs: number): void => {
    const stepMs = Math.min(leftMs, longestTimerMs)
    timer = systemClock.schedule(stepMs, stepMs < leftMs ? () => wait(leftMs - stepMs) : run, keepAlive)
  }
  wait(delayMs)
  return { cancel: () => timer.cancel() }
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule(delayMs, run, keepAlive = false) {
    if (delayMs > longestTimerMs) return scheduleFar(delayMs, run, keepAlive)
    const timer = setTimeout(run, delayMs)
    if (!keepAlive) timer.unref()
    return { cancel: () => clearTimeout(timer) }
  },
  random: () => Math.random(),
  id: () => sortableId(Date.now(), Math.random),
}

/** Resolves after `delayMs`. Throws `aborted` as soon as the signal fires, with the abort's reason as cause. */
export function sleep(clock: Clock, delayMs: number, abortSignal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const aborted = (): ModelspineError =>
      new ModelspineError('aborted', 'the wait was aborted', { cause: abortSignal?.reason })
    if (abortSignal?.aborted) return reject(aborted())
    const onAbort = (): void => {
      timer.cancel()
      reject(aborted())
    }
    const timer = clock.schedule(
      delayMs,
      () => {
        abortSignal?.removeEventListener('abort', onAbort)
        resolve()
      },
      true,
    )
    abortSignal?.addEventListener('abort', onAbort, { once: true })
  })
}

/** mulberry32: a small seeded generator. Good enough for random choice and jitter, but not for keys. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

/**
 * Resolves when everything that is ready now has run: the settled promises, and then the promises they
 * started.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
