import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createGateway, type Listening, type MountedHandler } from '../../../../src/gateway/index.ts'
import { createRouter } from '../../../../src/routing/router.ts'

const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each()
})

/** A server with a path that answers when it is told to. */
async function serverWith(maxConnections: number) {
  const waiting: (() => void)[] = []
  let came = Promise.withResolvers<void>()
  const slow: MountedHandler = () => {
    came.resolve()
    return new Promise((resolve) => void waiting.push(() => resolve(new Response('slow'))))
  }
  const gateway = createGateway({
    router: createRouter({ table: { current: undefined } }),
    handlers: { '/slow': slow },
  })
  const listening: Listening = await gateway.listen({ port: 0, maxConnections })
  undo.push(() => listening.close({ drainMs: 0 }))
  const open = async (): Promise<Caller> => {
    const socket = connect(listening.port, '127.0.0.1')
    undo.push(() => socket.destroy())
    socket.on('error', () => {})
    await once(socket, 'connect')
    return new Caller(socket)
  }
  return {
    open,
    /** Opens a connection with a request that waits. */
    async openBusy(): Promise<Caller> {
      came = Promise.withResolvers()
      const caller = await open()
      caller.send('/slow')
      await came.promise
      return caller
    },
    answerAll: () => waiting.splice(0).map((answer) => answer()),
  }
}

class Caller {
  readonly closed: Promise<unknown>
  readonly #socket: Socket
  #heard = ''

  constructor(socket: Socket) {
    this.#socket = socket
    this.closed = new Promise((resolve) => socket.on('close', resolve))
    socket.on('data', (bytes) => {
      this.#heard += bytes
    })
  }

  send(path: string): void {
    this.#socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`)
  }

  write(text: string): void {
    this.#socket.write(text)
  }

  /** The status of the next answer, and whether the connection ends with it. */
  async answer(path?: string): Promise<readonly [number, boolean]> {
    if (path !== undefined) this.send(path)
    while (!this.#heard.includes('\r\n\r\n')) {
      if (this.#socket.closed) throw new Error('the connection was closed')
      await Promise.race([new Promise((resolve) => this.#socket.once('data', resolve)), this.closed])
    }
    const heard = this.#heard
    this.#heard = ''
    return [Number(heard.slice(9, 12)), /connection: close/i.test(heard)]
  }

  get isOpen(): boolean {
    return !this.#socket.closed
  }
}

describe('more connections than allowed', () => {
  it('close the one that has been idle longest', async () => {
    const { open } = await serverWith(2)
    const [first, second] = [await open(), await open()]
    expect(await first.answer('/v2')).toEqual([200, false])
    const third = await open()
    await second.closed
    expect(await first.answer('/v2')).toEqual([200, false])
    expect(await third.answer('/v2')).toEqual([200, false])
  })

  it('close those whose headers never end', async () => {
    const { open } = await serverWith(1)
    const slow = await open()
    slow.write('GET /v2 HTTP/1.1\r\nhost: local')
    const next = await open()
    expect(await next.answer('/v2')).toEqual([200, false])
    await slow.closed
  })

  it('leave health probes answered and refuse the rest while every connection is busy', async () => {
    const { open, openBusy, answerAll } = await serverWith(2)
    const busy = [await openBusy(), await openBusy()]
    const [probe, extra] = [await open(), await open()]
    expect(await extra.answer('/v2')).toEqual([503, true])
    expect(await probe.answer('/v2/health/live')).toEqual([200, true])
    await Promise.all([probe.closed, extra.closed])
    answerAll()
    for (const each of busy) expect(await each.answer()).toEqual([200, false])
  })

  it('serve one that came too early as soon as another one is idle', async () => {
    const { open, openBusy, answerAll } = await serverWith(1)
    const busy = await openBusy()
    const early = await open()
    answerAll()
    expect(await busy.answer()).toEqual([200, false])
    expect(await early.answer('/v2')).toEqual([200, false])
    await busy.closed
  })

  it('are limited themselves', async () => {
    const { open, openBusy } = await serverWith(1)
    const busy = await openBusy()
    const idle = await Promise.all(Array.from({ length: 40 }, open))
    expect(await idle.at(-1)?.answer('/v2/health/live')).toEqual([200, true])
    await Promise.all(idle.slice(0, 8).map(({ closed }) => closed))
    expect(busy.isOpen).toBe(true)
    expect(idle.filter(({ isOpen }) => isOpen).length).toBeLessThanOrEqual(32)
  })
})
