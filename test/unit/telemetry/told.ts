import type {
  AttemptRecord,
  RequestObserver,
  RequestRecord,
  RequestStart,
  RequestWatch,
} from '../../../src/telemetry/contract.ts'
import { requestStart } from './request-records.ts'

/** Tells an observer as the router does, with one watch for each request id. */
export interface Told {
  /** Gives the headers for the upstream. */
  started(request: RequestStart): RequestWatch['headers']
  attempted(record: AttemptRecord): void
  finished(record: RequestRecord): void
}

const all = new WeakMap<RequestObserver, Told>()

export function told(observer: RequestObserver): Told {
  const known = all.get(observer)
  if (known !== undefined) return known
  const watches = new Map<string, RequestWatch | undefined>()
  const start = (request: RequestStart): RequestWatch | undefined => {
    const watch = observer.started?.(request)
    watches.set(request.requestId, watch)
    return watch
  }
  const watchOf = (requestId: string, streamed: boolean): RequestWatch | undefined =>
    watches.has(requestId) ? watches.get(requestId) : start(requestStart({ requestId, streamed }))
  const made: Told = {
    started: (request) => start(request)?.headers,
    attempted: (record) => watchOf(record.requestId, record.firstOutputMs !== undefined)?.attempted?.(record),
    finished(record) {
      watchOf(record.requestId, record.streamed)?.finished?.(record)
      watches.delete(record.requestId)
    },
  }
  all.set(observer, made)
  return made
}
