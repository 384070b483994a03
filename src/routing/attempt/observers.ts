import { messageOf } from '../../errors.ts'
import type {
  AttemptRecord,
  AttemptStart,
  RequestObserver,
  RequestRecord,
  RequestStart,
  RequestWatch,
} from '../../telemetry/contract.ts'
import { type Logger, silentLogger } from '../../telemetry/logger.ts'

/** All observers together. The group never throws. */
export interface ObserverGroup {
  /** How often an observer threw, or something else that only hears of requests. */
  readonly failures: number
  /** Undefined when no observer watches the request. */
  started(request: RequestStart): WatchGroup | undefined
  /** Calls something else that must not disturb a request, and counts a throw or a rejection in the same way. */
  guarded(run: () => unknown): void
}

/** An attempt that tells what observers hear of its begin, if one of them wants to. */
export interface BegunAttempt {
  readonly start: AttemptStart
}

/** What all observers together hear of one request. */
export interface WatchGroup {
  readonly headers: Readonly<Record<string, string>> | undefined
  attempting(attempt: BegunAttempt): void
  attempted(record: AttemptRecord): void
  finished(record: RequestRecord): void
}

/**
 * Logs the first failure and then one in every thousand, so that a broken observer does not flood the log.
 */
export function groupObservers(
  observers: readonly RequestObserver[],
  logger: Logger = silentLogger,
): ObserverGroup {
  let failures = 0
  const failed = (error: unknown): void => {
    failures += 1
    if (failures % 1000 === 1) {
      logger.error({ failures, error: messageOf(error) }, 'something that hears of requests threw an error')
    }
  }
  return {
    get failures() {
      return failures
    },
    started(request) {
      const watches: RequestWatch[] = []
      let headers: RequestWatch['headers']
      for (const observer of observers) {
        try {
          const watch = observer.started?.(request)
          if (watch === undefined) continue
          headers = joined(headers, watch.headers)
          watches.push(watch)
        } catch (error) {
          failed(error)
        }
      }
      return watches.length === 0 ? undefined : new Watches(watches, headers, failed)
    },
    guarded(run) {
      try {
        hear(run(), failed)
      } catch (error) {
        failed(error)
      }
    },
  }
}

class Watches implements WatchGroup {
  readonly headers: Readonly<Record<string, string>> | undefined
  readonly #watches: readonly RequestWatch[]
  readonly #failed: (error: unknown) => void

  constructor(
    watches: readonly RequestWatch[],
    headers: RequestWatch['headers'],
    failed: (error: unknown) => void,
  ) {
    this.#watches = watches
    this.headers = headers
    this.#failed = failed
  }

  attempting(attempt: BegunAttempt): void {
    let start: AttemptStart | undefined
    for (const watch of this.#watches) {
      if (watch.attempting === undefined) continue
      try {
        start ??= attempt.start
        hear(watch.attempting(start), this.#failed)
      } catch (error) {
        this.#failed(error)
      }
    }
  }

  attempted(record: AttemptRecord): void {
    for (const watch of this.#watches) {
      try {
        hear(watch.attempted?.(record), this.#failed)
      } catch (error) {
        this.#failed(error)
      }
    }
  }

  finished(record: RequestRecord): void {
    for (const watch of this.#watches) {
      try {
        hear(watch.finished?.(record), this.#failed)
      } catch (error) {
        this.#failed(error)
      }
    }
  }
}

/** Nobody waits for what only hears of requests. But a promise of it that rejects would end the host. */
function hear(answer: unknown, failed: (error: unknown) => void): void {
  if (answer instanceof Promise) answer.catch(failed)
}

function joined(headers: RequestWatch['headers'], added: RequestWatch['headers']): RequestWatch['headers'] {
  return headers === undefined || added === undefined ? (headers ?? added) : { ...headers, ...added }
}
