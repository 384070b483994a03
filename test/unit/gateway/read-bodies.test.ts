import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from 'vitest'
import { createGateway, type Gateway } from '../../../src/gateway/index.ts'
import { NodeRequest } from '../../../src/gateway/node/node-request.ts'
import { createRouter } from '../../../src/routing/router.ts'

const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each()
})

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener)
  undo.push(() => {
    server.close()
    server.closeAllConnections()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

function logged(): { readonly gateway: Gateway; readonly errors: object[] } {
  const errors: object[] = []
  const logger = { debug() {}, info() {}, warn() {}, error: (facts: object) => void errors.push(facts) }
  return {
    gateway: createGateway({ router: createRouter({ table: { current: undefined } }), logger }),
    errors,
  }
}

const post = (body: string): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body,
})
const told = [{ error: expect.stringContaining('put the gateway before body parsers') }]

describe('a body that was read before the gateway', () => {
  it('is a failure at once over the node handler, and the log says why', async () => {
    const { gateway, errors } = logged()
    const port = await serve((req, res) => void buffer(req).then(() => gateway.node(req, res)))
    const response = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, post('{}'))
    expect([response.status, await response.json()]).toMatchObject([
      500,
      { error: { message: 'the gateway failed' } },
    ])
    expect(errors).toMatchObject(told)
  })

  it('is a failure over the node handler although its end is still to come', async () => {
    const { gateway, errors } = logged()
    const port = await serve(
      (req, res) =>
        void once(req, 'data').then(() => {
          req.pause()
          gateway.node(req, res)
        }),
    )
    const response = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, post('{}'))
    await response.text()
    expect(response.status).toBe(500)
    expect(errors).toMatchObject(told)
  })

  it('is a failure over the fetch handler', async () => {
    const { gateway, errors } = logged()
    const request = new Request('http://gateway.test/v1/chat/completions', post('{}'))
    await request.text()
    expect((await gateway.fetch(request)).status).toBe(500)
    expect(errors).toMatchObject(told)
  })

  it('does not matter when it was empty', async () => {
    const { gateway, errors } = logged()
    const port = await serve((req, res) => void buffer(req).then(() => gateway.node(req, res)))
    const response = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, post(''))
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { error: { type: 'invalid_request_error' } },
    ])
    expect(errors).toEqual([])
  })
})

describe('a caller who left while sending, before its body was asked for', () => {
  it('is known to have left', async () => {
    const options = { basePath: '', maxBodyBytes: 100, sendsContinue: false, refusal: () => undefined }
    const left = Promise.withResolvers<NodeRequest>()
    const port = await serve((req, res) => {
      const request = new NodeRequest(req, res, options)
      req.on('error', () => {})
      req.on('close', () => left.resolve(request))
      socket.destroy()
    })
    const socket = connect(port, '127.0.0.1')
    socket.write('POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\n{')
    await expect((await left.promise).body()).rejects.toMatchObject({ code: 'aborted' })
  })
})
