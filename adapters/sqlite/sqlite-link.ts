import { Worker } from 'node:worker_threads'
import { type Clock, ModelspineError, sleep, systemClock } from 'modelspine/adapter'
import { createGathering } from './gather.ts'
import {
  type CallName,
  type Calls,
  close,
  type PageBounds,
  type Reply,
  type Request,
  type SqliteFault,
  type WorkerOptions,
} from './sqlite-calls.ts'
import { errorOf, isBusy } from './sqlite-errors.ts'

export interface SqliteLinkOptions {
  /** An absolute path. */
  readonly path: string
  readonly clock: Pick<Clock, 'now'>
  readonly busyTimeoutMs: number
  readonly maxPages: PageBounds | undefined
}

/** Asks the worker of a store, starts it when it is needed, and starts it again when it has died. */
export interface SqliteLink {
  /** Waits for a lock of another process, for `busyTimeoutMs` at most. Throws what the worker found wrong. */
  ask<Name extends CallName>(name: Name, ask: Calls[Name]['ask']): Promise<Calls[Name]['answer']>
  /** Runs a call of several questions. A close waits until it has ended. */
  during<Result>(call: () => Promise<Result>): Promise<Result>
  setMaxPages(maxPages: PageBounds): Promise<void>
  /** Answers what was asked before, closes the file and ends the worker. */
  close(): Promise<void>
}

interface Asked {
  readonly resolve: (reply: Reply) => void
  readonly reject: (error: unknown) => void
  /** Whether the answer comes before others that wait. */
  readonly first: boolean
}

/** What must not wait behind the answers of others: who is late with a lease loses it. */
const first: ReadonlySet<CallName> = new Set(['lease', 'grant', 'renew'])

/** Leases and urgent writes go at once. */
function waitsForOthers(request: Request): boolean {
  return (
    request.name === 'put' ||
    request.name === 'measure' ||
    request.name === 'forget' ||
    (request.name === 'status' && !request.ask.urgent)
  )
}

export function createLink(options: SqliteLinkOptions): SqliteLink {
  const { path, clock, busyTimeoutMs } = options
  let maxPages = options.maxPages
  let worker: Worker | undefined
  let ended: Promise<void> = Promise.resolve()
  let closed: Promise<void> | undefined
  let ids = 0
  /** Requests that the worker has and has not answered. */
  let underWay = 0
  const calls = new Set<Promise<unknown>>()
  const asked = new Map<number, Asked>()
  const answers: (() => void)[] = []

  /** One answer in each turn, so that what the callers make of many answers does not hold up the event loop. */
  const handOut = (): void => {
    answers.shift()?.()
    if (answers.length > 0) setImmediate(handOut)
  }
  const receive = (replies: readonly Reply[]): void => {
    const idle = answers.length === 0
    underWay -= replies.length
    for (const reply of replies) {
      const caller = asked.get(reply.id)
      asked.delete(reply.id)
      if (caller?.first) caller.resolve(reply)
      else if (caller !== undefined) answers.push(() => caller.resolve(reply))
    }
    if (asked.size === 0) worker?.unref()
    if (idle && answers.length > 0) setImmediate(handOut)
  }

  const start = (): Worker => {
    const workerData: WorkerOptions = { path, maxPages, nowMs: clock.now() }
    const started = new Worker(workerFile, {
      workerData,
      name: 'modelspine-sqlite',
      execArgv: [],
      env: ownEnv(),
    })
    let cause: unknown
    started.on('message', receive)
    started.on('error', (error) => {
      cause = error
    })
    ended = new Promise((resolve) => {
      started.on('exit', () => {
        if (worker === started) worker = undefined
        underWay = 0
        const lost = [...asked.values()]
        asked.clear()
        for (const { reject } of lost) reject(deathOf(path, cause))
        resolve()
      })
    })
    return started
  }
  const send = (requests: readonly Request[]): void => {
    worker ??= start()
    worker.ref()
    worker.postMessage(requests)
    underWay += requests.length
  }
  const gathering = createGathering(send, () => answers.length > 0 || underWay > 0)

  const once = (name: CallName, ask: unknown): Promise<Reply> =>
    new Promise((resolve, reject) => {
      ids += 1
      const request = { id: ids, name, ask } as Request
      asked.set(ids, { resolve, reject, first: first.has(name) })
      if (waitsForOthers(request)) gathering.add(request)
      else send([request])
    })

  const link: SqliteLink = {
    async ask(name, ask) {
      const giveUpMs = systemClock.monotonic() + busyTimeoutMs
      for (;;) {
        if (closed !== undefined && calls.size === 0) throw closedStore(path)
        const reply = await once(name, ask)
        if (!('fault' in reply)) return reply.answer as Calls[typeof name]['answer']
        const fault: SqliteFault = reply.fault
        if (!isBusy(fault) || systemClock.monotonic() >= giveUpMs) throw errorOf(fault, path)
        if (closed !== undefined) throw closedStore(path)
        // The worker would keep the readers waiting if it waited itself. Other processes work in real time.
        await sleep(systemClock, 5 + 20 * systemClock.random())
      }
    },
    async during(call) {
      if (closed !== undefined) throw closedStore(path)
      const running = call()
      calls.add(running)
      try {
        return await running
      } finally {
        calls.delete(running)
      }
    },
    async setMaxPages(bounds) {
      maxPages = bounds
      await link.ask('maxPages', { ...bounds, urgent: true })
    },
    close() {
      closed ??= (async () => {
        await Promise.allSettled(calls)
        gathering.flush()
        if (worker === undefined) return
        worker.ref()
        worker.postMessage(close)
        await ended
      })()
      return closed
    },
  }
  return link
}

/** What a host preloads into its threads is not for this one. What Node compiled before saves compiling it again. */
function ownEnv(): NodeJS.ProcessEnv {
  const { NODE_COMPILE_CACHE } = process.env
  return NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE }
}

/** Beside this file, as source and in the package. */
const workerFile = new URL(
  import.meta.url.endsWith('.ts') ? './sqlite-worker.ts' : './sqlite-worker.js',
  import.meta.url,
)

function closedStore(path: string): ModelspineError {
  return new ModelspineError('store-unavailable', `${path}: this store was closed`, { retryable: false })
}

function deathOf(path: string, cause: unknown): ModelspineError {
  return new ModelspineError(
    'store-unavailable',
    `${path}: the thread that works on it ended; the next call starts it again`,
    { ...(cause !== undefined && { cause }), details: { path } },
  )
}
