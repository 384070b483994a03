import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Pool } from 'undici'
import { serve } from '../child.ts'

/** The simplest proxy: it reads the body, asks the upstream and sends the answer, or pipes it. */
const pool = new Pool(process.argv[2] ?? '', { connections: 256 })
const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', async () => {
    const answer = await pool.request({
      method: 'POST',
      path: request.url ?? '/',
      headers: { 'content-type': request.headers['content-type'] ?? '' },
      body: Buffer.concat(chunks),
    })
    const contentType = String(answer.headers['content-type'])
    if (contentType === 'text/event-stream') {
      response.writeHead(answer.statusCode, { 'content-type': contentType })
      answer.body.pipe(response)
      return
    }
    const bytes = Buffer.from(await answer.body.arrayBuffer())
    response.writeHead(answer.statusCode, {
      'content-type': contentType,
      'content-length': bytes.byteLength,
    })
    response.end(bytes)
  })
})
server.listen(0, '127.0.0.1', () => {
  serve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, () => process.cpuUsage())
})
