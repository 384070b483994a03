import { Pool } from 'undici'
import { serve } from '../child.ts'

/**
 * For a message `{ url, count }`: sends that many requests over 16 connections and replies how many failed.
 */
const data = Array.from({ length: 110 }, (_, place) => place / 128)
const body = Buffer.from(
  JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [data.length], data }] }),
)
const pools = new Map<string, Pool>()

serve('', async (message) => {
  const { url, count } = message as { readonly url: string; readonly count: number }
  const pool = pools.get(url) ?? new Pool(url, { connections: 16 })
  pools.set(url, pool)
  let left = count
  let failed = 0
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1
      const { statusCode, body: answer } = await pool.request({
        method: 'POST',
        path: '/v2/models/m/infer',
        headers: { 'content-type': 'application/json' },
        body,
      })
      await answer.dump()
      if (statusCode !== 200) failed += 1
    }
  }
  await Promise.all(Array.from({ length: 16 }, worker))
  return failed
})
