import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { serve } from '../child.ts'
import { facts, formats, pieces, reply } from './formats.ts'

/** A model server for each format, with fixed answers. Pieces of streams come 2 ms apart. */
const answers = new Map(
  Object.entries(formats).map(([name, format]) => [
    name,
    {
      contentType: format.contentType,
      whole: format.codec.printReply(reply, facts),
      pieces: pieces(format).map((piece) => Buffer.from(piece, format.encoding)),
    },
  ]),
)

const server = createServer((request, response) => {
  request.resume()
  request.on('end', () => {
    const [, name = '', form] = request.url?.split('/') ?? []
    const answer = answers.get(name)
    if (answer === undefined) throw new Error(`there is no format ${name}`)
    if (form === 'chat') {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(answer.whole)
      return
    }
    response.writeHead(200, { 'content-type': answer.contentType })
    let next = 0
    const write = (): void => {
      response.write(answer.pieces[next] ?? '')
      next += 1
      if (next < answer.pieces.length) setTimeout(write, 2)
      else response.end()
    }
    write()
  })
})
server.listen(0, '127.0.0.1', () => {
  serve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, () => undefined)
})
