import { Pool } from 'undici'
import { serve } from '../child.ts'
import { traffic } from './traffic.ts'

/**
 * For a message `{ url, count, model }`: sends that many requests over 16 connections and replies how many failed.
 */
const pools = new Map<string, Pool>()

serve('', async (message) => {
  const { url, count, model } = message as {
    readonly url: string
    readonly count: number
    readonly model: string
  }
  const pool = pools.get(url) ?? new Pool(url, { connections: 16 })
  pools.set(url, pool)
  const { path = '', body = '' } = traffic[model] ?? {}
  let left = count
  let failed = 0
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1
      const headers = { 'content-type': 'application/json' }
      const { statusCode, body: answer } = await pool.request({ method: 'POST', path, headers, body })
      await answer.dump({ limit: 10_000_000 })
      if (statusCode !== 200) failed += 1
    }
  }
  await Promise.all(Array.from({ length: 16 }, worker))
  return failed
})
