import { Pool } from 'undici'
import { serve } from '../child.ts'
import { body } from './formats.ts'

/** For a message `{ url, count, model, stream }`: sends so many requests over 16 connections and replies how many failed. */
interface Load {
  readonly url: string
  readonly count: number
  readonly model: string
  readonly stream: boolean
}

const headers = { 'content-type': 'application/json' }
let pool: Pool | undefined

serve('', async (message) => {
  const { url, count, model, stream } = message as Load
  pool ??= new Pool(url, { connections: 16 })
  const own = pool
  const text = JSON.stringify({ model, ...body, ...(stream && { stream }) })
  let left = count
  let failed = 0
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1
      const path = '/v1/chat/completions'
      const { statusCode, body: answer } = await own.request({ method: 'POST', path, headers, body: text })
      const said = await answer.text()
      if (statusCode !== 200 || (stream && !said.endsWith('[DONE]\n\n'))) failed += 1
    }
  }
  await Promise.all(Array.from({ length: 16 }, worker))
  return failed
})
