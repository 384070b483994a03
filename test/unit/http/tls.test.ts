import { generateKeyPairSync } from 'node:crypto'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import { Agent } from 'undici'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { createHttpClient, type HttpClient, type HttpClientOptions } from '../../../src/http/http-client.ts'
import { secretOf } from '../../../src/security/secret.ts'
import { certificate, certificateKey } from '../../test-certificate.ts'

/** Fits to no certificate here. */
const { privateKey: otherKey } = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})

let server: Server
let url: string
const clients: HttpClient[] = []

beforeAll(async () => {
  // The server asks for a certificate, and answers with the name in it.
  const options = { cert: certificate, key: certificateKey, requestCert: true, rejectUnauthorized: false }
  server = createServer(options, (request, response) => {
    const peer = (request.socket as TLSSocket).getPeerCertificate()
    response.end(peer.subject?.CN ?? 'nobody')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => void server.close())
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close()
})

async function answerTo(tls: HttpClientOptions['tls']): Promise<string> {
  const client = createHttpClient({ baseUrl: url, ...(tls && { tls }) })
  clients.push(client)
  return (await client.request({ method: 'GET', path: '/' })).text()
}

describe('TLS of the HTTP client', () => {
  it('trusts the given authority, and nobody unknown without it', async () => {
    expect(await answerTo({ ca: certificate })).toBe('nobody')
    expect(await answerTo({ ca: [certificate] })).toBe('nobody')
    await expect(answerTo(undefined)).rejects.toMatchObject({ code: 'unavailable' })
  })

  it('shows its own certificate', async () => {
    const tls = { ca: certificate, cert: certificate, key: secretOf(certificateKey) }
    expect(await answerTo(tls)).toBe('localhost')
  })

  it('compares the server’s name with serverName', async () => {
    expect(await answerTo({ ca: certificate, serverName: 'localhost' })).toBe('nobody')
    await expect(answerTo({ ca: certificate, serverName: 'other.example' })).rejects.toMatchObject({
      code: 'unavailable',
    })
  })

  it('skips 100 Continue, and sends again what a closed connection lost, as without TLS', async () => {
    let requests = 0
    const raw = createTlsServer({ cert: certificate, key: certificateKey }, (socket) => {
      let served = 0
      socket.on('error', () => {})
      socket.on('data', () => {
        requests += 1
        served += 1
        if (served > 1) socket.destroy()
        else socket.write('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
      })
    })
    await new Promise<void>((resolve) => raw.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void raw.close())
    const { port } = raw.address() as AddressInfo
    const client = createHttpClient({ baseUrl: `https://127.0.0.1:${port}`, tls: { ca: certificate } })
    clients.push(client)
    for (let round = 0; round < 2; round += 1) {
      expect((await client.request({ method: 'GET', path: '/' })).text()).toBe('ok')
    }
    expect(requests).toBe(3)
  })

  it.each([
    [{ baseUrl: 'http://a', tls: {} }, 'baseUrl does not begin with https:'],
    [{ baseUrl: 'https://a', tls: {}, dispatcher: new Agent() }, 'together with a dispatcher'],
    [{ baseUrl: 'https://a', tls: { cert: 'x' } }, 'only one of cert and key'],
    [{ baseUrl: 'https://a', tls: { key: secretOf('x') } }, 'only one of cert and key'],
    [{ baseUrl: 'https://a', tls: { ca: 'x' } }, 'a ca that is no certificate'],
    [{ baseUrl: 'https://a', tls: { ca: [certificate, ''] } }, 'a ca that is no certificate'],
    [{ baseUrl: 'https://a', tls: { cert: 'x', key: secretOf(certificateKey) } }, 'cert and key'],
    [{ baseUrl: 'https://a', tls: { cert: certificate, key: secretOf('x') } }, 'cert and key'],
    [{ baseUrl: 'https://a', tls: { cert: certificate, key: secretOf(otherKey) } }, 'cert and key'],
  ])('refuses %o', (options, why) => {
    const refusal = expect.objectContaining({
      code: 'invalid-options',
      retryable: false,
      message: expect.stringContaining(why),
    })
    expect(() => createHttpClient(options as HttpClientOptions)).toThrow(refusal)
  })

  it('is taken however the scheme of the base URL is spelled', () => {
    clients.push(createHttpClient({ baseUrl: 'HTTPS://a', tls: { ca: certificate } }))
  })
})
