import { appendFileSync } from 'node:fs'
import type { ControlPlane } from 'modelspine'

const everyMs = 10

/**
 * Sends a small, steady stream of requests to a route once it has a backend. Each failure is a line in a
 * file.
 */
export function flowTraffic(plane: ControlPlane, route: string, failuresFile: string): () => void {
  const send = async (): Promise<void> => {
    // A standby hears of a removed revision a moment later than the process that removed it.
    if (!plane.health().leading) return
    if (plane.router.table?.find(route)?.plans.infer?.backends.length !== 1) return
    try {
      await plane.router.infer(route, { kind: 'tensors', inputs: [] })
    } catch (error) {
      appendFileSync(failuresFile, `${JSON.stringify({ atMs: Date.now(), message: String(error) })}\n`)
    }
  }
  const timer = setInterval(() => void send(), everyMs)
  return () => clearInterval(timer)
}
