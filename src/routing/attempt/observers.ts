import { messageOf } from '../../errors.ts'
import type { AttemptRecord, RequestObserver, RequestRecord, RequestStart } from '../../telemetry/contract.ts'
import { type Logger, silentLogger } from '../../telemetry/logger.ts'

/** All observers together. The group never throws. */
export interface ObserverGroup {
  /** How often an observer threw. */
  readonly failures: number
  started(request: RequestStart): Readonly<Record<string, string>> | undefined
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
      logger.error({ failures, error: messageOf(error) }, 'a request observer threw an error')
    }
  }
  return {
    get failures() {
      return failures
    },
    started(request) {
      let headers: Readonly<Record<string, string>> | undefined
      for (const observer of observers) {
        try {
          const added = observer.started?.(request)
          if (added !== undefined) headers = headers === undefined ? added : { ...headers, ...added }
        } catch (error) {
          failed(error)
        }
      }
      return headers
    },
    attempted(record) {
      for (const observer of observers) {
        try {
          observer.attempted?.(record)
        } catch (error) {
          failed(error)
        }
      }
    },
    finished(record) {
      for (const observer of observers) {
        try {
          observer.finished?.(record)
        } catch (error) {
          failed(error)
        }
      }
    },
  }
}
