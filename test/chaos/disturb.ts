import { type Clock, sleep } from 'modelspine/adapter'

/** What may be wrong with a part of the plane. */
export const modes = ['hangs', 'is slow', 'fails', 'answers rubbish', 'ignores its abort'] as const
export type Mode = (typeof modes)[number]

/** A switch beside a part. */
export interface Disturbance {
  /** The part behaves so. Undefined while it is well. */
  readonly mode: Mode | undefined
  begin(mode: Mode): void
  /** The part is well again. Calls that ignored their abort do their work now, late as it is. */
  end(): void
  /** Resolves at the end of the disturbance. */
  readonly ended: Promise<void>
}

export function createDisturbance(): Disturbance {
  let mode: Mode | undefined
  let ended = Promise.withResolvers<void>()
  return {
    get mode() {
      return mode
    },
    begin(next) {
      mode = next
      ended = Promise.withResolvers<void>()
    },
    end() {
      mode = undefined
      ended.resolve()
    },
    get ended() {
      return ended.promise
    },
  }
}

export interface DisturbOptions {
  readonly clock: Clock
  readonly disturbance: Disturbance
  /** How long the part needs for an answer in good health, by method. Default 0. */
  readonly latencyMs?: Readonly<Record<string, number>>
  /** The methods that answer with a promise. All others stay as they are. */
  readonly calls: readonly string[]
  /** The methods that answer with an async iterable. */
  readonly streams?: readonly string[]
  /** The error of the part's contract for a part that cannot be reached. */
  fault(method: string): Error
  /**
   * Something that the contract does not know. `work` does the call, for parts that do what they are told and
   * answer badly.
   */
  rubbish(method: string, work: () => Promise<unknown>): unknown
}

/** The answer of a slow part takes this long. It stays within the deadlines of the core. */
export const slowMs = 3000

/**
 * A part that ignores its abort does its work and answers after this time, when nobody waits any more; or at
 * the end of the disturbance.
 */
const deafMs = 60_000

type Method = (...told: readonly unknown[]) => unknown

/** The part, with a switch that makes any of its calls hang, fail, lie, come late or ignore an abort. */
export function disturbed<Part extends object>(part: Part, options: DisturbOptions): Part {
  const { calls, streams = [] } = options
  const methodOf = (name: string): Method | undefined => Reflect.get(part, name) as Method | undefined
  const around = new Map<string, Method>()
  for (const name of calls) {
    const method = methodOf(name)
    if (method !== undefined) around.set(name, (...told) => call(options, name, method, told))
  }
  for (const name of streams) {
    const method = methodOf(name)
    if (method !== undefined) around.set(name, (...told) => stream(options, name, method, told))
  }
  return new Proxy(part, {
    get: (target, name) => around.get(String(name)) ?? Reflect.get(target, name),
  })
}

async function call(
  options: DisturbOptions,
  name: string,
  method: Method,
  told: readonly unknown[],
): Promise<unknown> {
  const { clock, disturbance, latencyMs = {} } = options
  const abortSignal = abortSignalOf(told)
  const work = async (): Promise<unknown> => {
    const takesMs = latencyMs[name] ?? 0
    if (takesMs > 0) await sleep(clock, takesMs, abortSignal)
    return method(...told)
  }
  switch (disturbance.mode) {
    case undefined:
      return work()
    case 'hangs':
      return new Promise((_, reject) => {
        if (abortSignal?.aborted) reject(abortSignal.reason)
        abortSignal?.addEventListener('abort', () => reject(abortSignal.reason), { once: true })
      })
    case 'is slow':
      await sleep(clock, slowMs, abortSignal)
      return work()
    case 'fails':
      if ((latencyMs[name] ?? 0) > 0) await sleep(clock, latencyMs[name] ?? 0, abortSignal)
      throw options.fault(name)
    case 'answers rubbish':
      return options.rubbish(name, work)
    case 'ignores its abort':
      await Promise.race([sleep(clock, deafMs), disturbance.ended])
      return method(...told.map(withoutAbort))
  }
}

async function* stream(
  options: DisturbOptions,
  name: string,
  method: Method,
  told: readonly unknown[],
): AsyncGenerator<unknown> {
  const items = (await call(options, name, method, told)) as AsyncIterable<unknown>
  yield* items
}

function abortSignalOf(told: readonly unknown[]): AbortSignal | undefined {
  for (const each of told) {
    if (each instanceof AbortSignal) return each
    const { abortSignal } = (each ?? {}) as { readonly abortSignal?: unknown }
    if (abortSignal instanceof AbortSignal) return abortSignal
  }
  return undefined
}

/** The part never learns that its caller has given up. */
function withoutAbort(told: unknown): unknown {
  if (told instanceof AbortSignal) return new AbortController().signal
  if (typeof told !== 'object' || told === null || !('abortSignal' in told)) return told
  const { abortSignal: _, ...rest } = told
  return rest
}
