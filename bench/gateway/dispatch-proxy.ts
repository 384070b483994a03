import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Pool } from 'undici'
import { serve } from '../child.ts'

/** The minimal proxy, but with undici's cheapest and lowest-level call. */
const pool = new Pool(process.argv[2] ?? '', { connections: 256 })
const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const answer: Buffer[] = []
    pool.dispatch(
      {
        method: 'POST',
        path: request.url ?? '/',
        headers: { 'content-type': request.headers['content-type'] ?? '' },
        body: Buffer.concat(chunks),
      },
      {
        onRequestStart() {},
        onResponseStart(_controller, status, headers) {
          response.writeHead(status, {
            'content-type': String(headers['content-type']),
            'content-length': String(headers['content-length']),
          })
        },
        onResponseData(_controller, chunk) {
          answer.push(chunk)
        },
        onResponseEnd() {
          response.end(Buffer.concat(answer))
        },
        onResponseError() {
          response.destroy()
        },
      },
    )
  })
})
server.listen(0, '127.0.0.1', () => {
  serve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, () => process.cpuUsage())
})
