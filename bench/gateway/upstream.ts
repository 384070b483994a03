import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { serve } from '../child.ts'

/** A model server with a fixed answer of about 1 KB, after so many milliseconds. */
const [, , afterMs = '0'] = process.argv
const data = Array.from({ length: 100 }, (_, place) => place / 128)
const reply = Buffer.from(
  JSON.stringify({
    model_name: 'm',
    outputs: [{ name: 'y', datatype: 'FP32', shape: [data.length], data }],
  }),
)
const server = createServer((request, response) => {
  request.resume()
  const answer = (): void => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': reply.byteLength })
    response.end(reply)
  }
  request.on('end', () => (afterMs === '0' ? answer() : setTimeout(answer, Number(afterMs))))
})
server.listen(0, '127.0.0.1', () => {
  serve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, () => undefined)
})
