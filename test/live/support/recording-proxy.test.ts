import { describe, expect, it, onTestFinished } from 'vitest'
import { serveLoopback } from '../../loopback.ts'
import { type RecordingProxy, recordingProxy } from './recording-proxy.ts'

async function scene(): Promise<{ readonly proxy: RecordingProxy; readonly heard: readonly string[] }> {
  const heard: string[] = []
  const server = await serveLoopback((request, body, response) => {
    heard.push(`${request.method} ${request.url} ${body}`)
    if (request.url === '/watch') response.write('first\n')
    else response.writeHead(201).end('done')
  })
  const proxy = await recordingProxy({ url: server.url })
  onTestFinished(async () => {
    await proxy.close()
    await server.close()
  })
  return { proxy, heard }
}

const post = (proxy: RecordingProxy, path: string): Promise<Response> =>
  fetch(`${proxy.url}${path}`, { method: 'POST', body: 'a' })

describe('recordingProxy', () => {
  it('passes requests on and writes them down with the status of the answer', async () => {
    const { proxy, heard } = await scene()
    const response = await post(proxy, '/one?x=1')
    expect([response.status, await response.text()]).toEqual([201, 'done'])
    expect(heard).toEqual(['POST /one?x=1 a'])
    expect(proxy.requests).toMatchObject([{ method: 'POST', path: '/one?x=1', body: 'a', status: 201 }])
  })

  it('loses the answer of what the server did', async () => {
    const { proxy, heard } = await scene()
    proxy.interfere({ matches: ({ method }) => method === 'POST', answer: 'lost' })
    await expect(post(proxy, '/lost')).rejects.toThrow()
    expect(heard).toEqual(['POST /lost a'])
    expect((await post(proxy, '/next')).status).toBe(201)
  })

  it('answers in the server’s place, once', async () => {
    const { proxy, heard } = await scene()
    const answer = { status: 429, headers: { 'retry-after': '1' }, body: { kind: 'Status' } }
    proxy.interfere({ matches: () => true, answer })
    const response = await post(proxy, '/throttled')
    expect([response.status, response.headers.get('retry-after'), await response.json()]).toEqual([
      429,
      '1',
      { kind: 'Status' },
    ])
    expect(heard).toEqual([])
    expect((await post(proxy, '/next')).status).toBe(201)
  })

  it('passes an answer on piece by piece, and breaks it when told to', async () => {
    const { proxy } = await scene()
    const response = await fetch(`${proxy.url}/watch`)
    const reader = response.body?.getReader()
    const piece = await reader?.read()
    expect(Buffer.from(piece?.value ?? []).toString()).toBe('first\n')
    proxy.breakOpen()
    await expect(reader?.read()).rejects.toThrow()
  })
})
