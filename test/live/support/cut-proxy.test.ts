import { request } from 'node:http'
import { connect } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { serveLoopback } from '../../loopback.ts'
import { type CutProxy, cutProxy } from './cut-proxy.ts'

/** A proxy before a server that repeats what it is told. */
async function scene(): Promise<{ readonly proxy: CutProxy; readonly handled: () => number }> {
  let handled = 0
  const server = await serveLoopback((_request, body, response) => {
    handled += 1
    response.end(`heard ${body}`)
  })
  const proxy = await cutProxy(server.url)
  onTestFinished(async () => {
    await proxy.close()
    await server.close()
  })
  return { proxy, handled: () => handled }
}

/** One request on a connection of its own: the reply, or the code of the failure. */
function ask(url: string, body: string): Promise<string> {
  return new Promise((resolve) => {
    const call = request(url, { method: 'POST', agent: false }, (response) => {
      let text = ''
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () => resolve(text))
    })
    call.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
    call.end(body)
  })
}

/** A round through this process's loop, so that what the kernel already has is delivered. */
async function turns(proxy: CutProxy, connections: number): Promise<void> {
  while (proxy.connections < connections) await new Promise(setImmediate)
}

describe('cutProxy', () => {
  it('passes requests through and counts connections', async () => {
    const { proxy } = await scene()
    expect(await Promise.all([ask(proxy.url, 'a'), ask(proxy.url, 'b')])).toEqual(['heard a', 'heard b'])
    expect(proxy.connections).toBe(2)
  })

  it('keeps the path of the address', async () => {
    const { proxy } = await scene()
    const behind = await cutProxy(`${proxy.url}/api/2.0/`)
    onTestFinished(() => behind.close())
    expect(behind.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/api\/2\.0$/)
    expect(behind.url).not.toContain(new URL(proxy.url).port)
  })

  it('refuses connections while it is cut, and accepts them on the same address again', async () => {
    const { proxy, handled } = await scene()
    await proxy.cut()
    expect(await ask(proxy.url, 'a')).toBe('ECONNREFUSED')
    expect(proxy.connections).toBe(0)
    await proxy.restore()
    expect(await ask(proxy.url, 'b')).toBe('heard b')
    expect(handled()).toBe(1)
  })

  it('resets the connections that are open when it is cut', async () => {
    const { proxy } = await scene()
    const socket = connect(Number(new URL(proxy.url).port), '127.0.0.1')
    const failure = new Promise((resolve) => socket.on('error', resolve))
    await turns(proxy, 1)
    await proxy.cut()
    expect(await failure).toMatchObject({ code: 'ECONNRESET' })
  })

  it('holds a new connection without an answer, and lets it through later', async () => {
    const { proxy, handled } = await scene()
    proxy.silence()
    const held = ask(proxy.url, 'a')
    await turns(proxy, 1)
    expect(handled()).toBe(0)
    await proxy.restore()
    expect(await held).toBe('heard a')
  })

  it('holds back the bytes of an open connection, and delivers them later', async () => {
    const { proxy, handled } = await scene()
    const socket = connect(Number(new URL(proxy.url).port), '127.0.0.1')
    let heard = ''
    socket.on('data', (chunk) => {
      heard += chunk
    })
    const until = async (text: string): Promise<void> => {
      while (!heard.endsWith(text)) await new Promise((resolve) => socket.once('data', resolve))
    }
    const say = (text: string): boolean =>
      socket.write(`POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\n\r\n${text}`)
    say('a')
    await until('heard a')
    proxy.silence()
    say('b')
    // Another connection is made after these bytes, so the proxy has had its chance to pass them on.
    const other = ask(proxy.url, 'c')
    await turns(proxy, 2)
    expect(handled()).toBe(1)
    await proxy.restore()
    await until('heard b')
    expect(await other).toBe('heard c')
    socket.destroy()
  })

  it('resets what it held back when it is cut', async () => {
    const { proxy, handled } = await scene()
    proxy.silence()
    const held = ask(proxy.url, 'a')
    await turns(proxy, 1)
    await proxy.cut()
    expect(await held).toBe('ECONNRESET')
    await proxy.restore()
    expect(await ask(proxy.url, 'b')).toBe('heard b')
    expect(handled()).toBe(1)
  })

  it('ends a connection whose server is gone', async () => {
    const server = await serveLoopback((_request, _body, response) => void response.end())
    const proxy = await cutProxy(server.url)
    onTestFinished(() => proxy.close())
    await server.close()
    expect(await ask(proxy.url, 'a')).toBe('ECONNRESET')
  })
})
