import { Pool } from 'undici'
import { percentile } from '../bench.ts'
import { serve } from '../child.ts'

export type ScheduleQuestion =
  | { readonly kind: 'start'; readonly url: string; readonly perSecond: number }
  | { readonly kind: 'stop' }

export interface ScheduleAnswer {
  readonly requests: number
  readonly failed: number
  /** From the moment at which the request was to be sent until the end of its answer. */
  readonly p99Ms: number
}

const body = JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1], data: [1] }] })

/**
 * Sends requests at fixed moments, whether earlier ones were answered or not. A request that could not be sent
 * in time has waited since its moment, so a standstill of the server hides nothing.
 */
let run: { readonly stop: () => void; readonly ended: Promise<ScheduleAnswer> } | undefined

serve('', async (message): Promise<ScheduleAnswer | 'started'> => {
  const question = message as ScheduleQuestion
  if (question.kind === 'start') {
    run = send(question.url, question.perSecond)
    return 'started'
  }
  run?.stop()
  return (await run?.ended) ?? { requests: 0, failed: 0, p99Ms: Number.NaN }
})

function send(url: string, perSecond: number): NonNullable<typeof run> {
  const pool = new Pool(url, { connections: 256 })
  const waits: number[] = []
  const open = new Set<Promise<void>>()
  const startedMs = performance.now()
  let failed = 0
  let sent = 0
  let stopping = false
  const one = async (momentMs: number): Promise<void> => {
    try {
      const answer = await pool.request({
        method: 'POST',
        path: '/v2/models/m/infer',
        headers: { 'content-type': 'application/json' },
        body,
      })
      await answer.body.dump()
      if (answer.statusCode !== 200) failed += 1
    } catch {
      failed += 1
    }
    waits.push(performance.now() - momentMs)
  }
  const { promise: ended, resolve } = Promise.withResolvers<ScheduleAnswer>()
  const tick = async (): Promise<void> => {
    if (stopping) {
      await Promise.all(open)
      await pool.close()
      return resolve({ requests: sent, failed, p99Ms: percentile(waits, 99) })
    }
    for (;;) {
      const momentMs = startedMs + (sent * 1000) / perSecond
      if (momentMs > performance.now()) break
      sent += 1
      const request: Promise<void> = one(momentMs).finally(() => open.delete(request))
      open.add(request)
    }
    setTimeout(tick, 1)
  }
  void tick()
  return {
    stop() {
      stopping = true
    },
    ended,
  }
}
