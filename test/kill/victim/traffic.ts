import { appendFileSync } from 'node:fs'
import type { ControlPlane } from 'modelspine'
import { isModelspineError, type MetricSource, type RequestObserver } from 'modelspine/adapter'

export interface Traffic {
  readonly observer: RequestObserver
  /** Share of failed requests by revision, as this process saw them; what an earlier one saw is gone. */
  readonly metrics: MetricSource
  /** Sends a small, steady stream of requests to a route; failures are written to a file, one line each. */
  flow(plane: ControlPlane, route: string, failuresFile: string): () => void
}

const everyMs = 10

export function createTraffic(): Traffic {
  const startedMs = Date.now()
  const attempts: { readonly revision: string; readonly atMs: number; readonly failed: boolean }[] = []
  return {
    observer: {
      attempted({ backend, endedAtMs, outcome }) {
        if (backend.revision === undefined || outcome === 'aborted') return
        attempts.push({ revision: backend.revision, atMs: endedAtMs, failed: outcome === 'failed' })
      },
    },
    metrics: {
      capabilities: { counts: true, routerMeasured: true },
      query({ labels: { revision }, interval: { fromMs, toMs } }) {
        const covered = { fromMs: Math.max(fromMs, startedMs), toMs }
        const asked = attempts.filter(
          (each) => each.revision === revision && each.atMs >= covered.fromMs && each.atMs < toMs,
        )
        if (asked.length === 0) return { kind: 'no-data', covered }
        const hits = asked.filter(({ failed }) => failed).length
        return { kind: 'ratio', hits, total: asked.length, covered }
      },
    },
    flow(plane, route, failuresFile) {
      const send = async (): Promise<void> => {
        if (plane.router.table?.find(route)?.plans.infer?.backends.length !== 1) return
        try {
          await plane.router.infer(route, { kind: 'tensors', inputs: [] })
        } catch (error) {
          const code = isModelspineError(error) ? error.code : 'unknown'
          appendFileSync(
            failuresFile,
            `${JSON.stringify({ atMs: Date.now(), code, message: String(error) })}\n`,
          )
        }
      }
      const timer = setInterval(() => void send(), everyMs)
      return () => clearInterval(timer)
    },
  }
}
