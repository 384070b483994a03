import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { serve } from '../child.ts'
import { type Traffic, traffic } from './traffic.ts'

/** A model server with fixed answers, each after so many milliseconds. Pieces come 2 ms apart. */
const [, , afterMs = '0'] = process.argv
const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const asked = request.url?.startsWith('/v2/') ? 'infer' : JSON.parse(String(Buffer.concat(chunks))).model
    const told = traffic[asked]
    if (told === undefined) throw new Error(`there is no traffic ${asked}`)
    if (afterMs === '0') answer(told, response)
    else setTimeout(answer, Number(afterMs), told, response)
  })
})
server.listen(0, '127.0.0.1', () => {
  serve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, () => undefined)
})

function answer({ reply, contentType, pieces }: Traffic, response: ServerResponse): void {
  if (pieces === undefined) {
    response.writeHead(200, { 'content-type': contentType, 'content-length': Buffer.byteLength(reply) })
    response.end(reply)
    return
  }
  response.writeHead(200, { 'content-type': contentType })
  let next = 0
  const write = (): void => {
    response.write(pieces[next] ?? '')
    next += 1
    if (next < pieces.length) setTimeout(write, 2)
    else response.end()
  }
  write()
}
