import type { AddressInfo } from 'node:net'
import { ModelspineError } from 'modelspine/adapter'
import { createFakeClock, type FakeClock } from 'modelspine/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createVendorClient } from '../../../adapters/shared/vendor-client.ts'
import { createVendorReach } from '../../../adapters/shared/vendor-reach.ts'
import { serveLoopback } from '../../loopback.ts'

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const refusal = () => new ModelspineError('unavailable', 'ECONNREFUSED', { details: { phase: 'connecting' } })
const refused = (): Promise<never> => Promise.reject(refusal())
/** Waits as long as it takes. */
const anyTime = { timeoutMs: 0, abortSignal: undefined }
const fine = async (): Promise<string> => 'fine'

/** A vendor that was found away, when it is time to find out again. */
async function lost() {
  const clock: FakeClock = createFakeClock()
  const reach = createVendorReach('Acme', clock)
  await expect(reach.through(refused, anyTime)).rejects.toThrow('ECONNREFUSED')
  await clock.advance(500)
  return { reach, clock }
}

/** Calls whose ends the test decides. */
function calls() {
  const open: PromiseWithResolvers<string>[] = []
  return {
    open,
    call(): Promise<string> {
      const next = Promise.withResolvers<string>()
      open.push(next)
      return next.promise
    },
  }
}

describe('the reach of a vendor', () => {
  it('is lost when there is no connection, and is there again after any answer', async () => {
    const { reach } = await lost()
    expect(reach.isAway).toBe(true)
    expect(await reach.through(fine, anyTime)).toBe('fine')
    expect(reach.isAway).toBe(false)
  })

  it('is not lost by a call that is slow, aborted, answered badly, or sent and not answered', async () => {
    const reach = createVendorReach('Acme')
    for (const code of ['timeout', 'aborted', 'malformed-reply', 'unavailable'] as const) {
      const fails = (): Promise<never> => Promise.reject(new ModelspineError(code, 'no'))
      await expect(reach.through(fails, anyTime)).rejects.toThrow('no')
      expect(reach.isAway).toBe(false)
    }
  })

  it('lets one call find out, and makes the others when that one was answered', async () => {
    const { reach } = await lost()
    const { open, call } = calls()
    const all = [1, 2, 3].map(() => reach.through(call, anyTime))
    expect(open).toHaveLength(1)
    open[0]?.resolve('first')
    expect(await all[0]).toBe('first')
    await nextTurn()
    expect(open).toHaveLength(3)
    for (const each of open) each.resolve('next')
    expect(await Promise.all(all)).toEqual(['first', 'next', 'next'])
  })

  it('sends nothing for the others when that one finds no connection either', async () => {
    const { reach } = await lost()
    const { open, call } = calls()
    const all = [1, 2, 3].map(() => reach.through(call, anyTime))
    open[0]?.reject(refusal())
    const ends = await Promise.allSettled(all)
    expect(ends.map((end) => end.status === 'rejected' && end.reason)).toMatchObject([
      { code: 'unavailable', message: 'ECONNREFUSED' },
      { code: 'unavailable', details: { phase: 'connecting' } },
      { code: 'unavailable', details: { phase: 'connecting' } },
    ])
    expect(open).toHaveLength(1)
  })

  it('is sought at most ten times in a minute, however many calls come', async () => {
    const { reach, clock } = await lost()
    let sent = 1
    const call = (): Promise<never> => {
      sent += 1
      return refused()
    }
    for (let ms = 500; ms < 60_000; ms += 100) {
      await expect(reach.through(call, anyTime)).rejects.toMatchObject({ code: 'unavailable' })
      await clock.advance(100)
    }
    expect(sent).toBe(10)
    await clock.advance(10_000)
    expect(await reach.through(fine, anyTime)).toBe('fine')
    expect(await reach.through(fine, anyTime)).toBe('fine')
  })

  it('is not waited for by a caller who aborts', async () => {
    const { reach } = await lost()
    const { open, call } = calls()
    const first = reach.through(call, anyTime)
    const abort = new AbortController()
    const second = reach.through(call, { timeoutMs: 0, abortSignal: abort.signal })
    abort.abort()
    await expect(second).rejects.toMatchObject({ code: 'aborted' })
    open[0]?.resolve('fine')
    await first
  })

  it.each(['timeout', 'aborted'] as const)(
    'is sought by the next call when one learns nothing (%s)',
    async (code) => {
      const { reach } = await lost()
      const { open, call } = calls()
      const all = [1, 2, 3].map(() => reach.through(call, anyTime))
      open[0]?.reject(new ModelspineError(code, 'no'))
      await expect(all[0]).rejects.toMatchObject({ code })
      await nextTurn()
      expect(open).toHaveLength(2)
      open[1]?.resolve('fine')
      await nextTurn()
      open[2]?.resolve('fine')
      expect(await Promise.all(all.slice(1))).toEqual(['fine', 'fine'])
    },
  )

  it('is there again after a call that was sent and not answered', async () => {
    const { reach } = await lost()
    const { open, call } = calls()
    const first = reach.through(call, anyTime)
    const second = reach.through(fine, anyTime)
    open[0]?.reject(new ModelspineError('unavailable', 'other side closed', { details: { phase: 'sent' } }))
    await expect(first).rejects.toThrow('other side closed')
    expect(await second).toBe('fine')
  })

  it('is waited for no longer than the limit of each call, whoever finds out', async () => {
    const { reach, clock } = await lost()
    const { open, call } = calls()
    const first = reach.through(call, anyTime)
    const second = reach.through(call, anyTime)
    const third = reach.through(call, { timeoutMs: 200, abortSignal: undefined })
    const refusedThird = expect(third).rejects.toMatchObject({
      code: 'unavailable',
      details: { phase: 'connecting' },
    })
    await clock.advance(150)
    open[0]?.reject(new ModelspineError('timeout', 'no'))
    await expect(first).rejects.toMatchObject({ code: 'timeout' })
    await clock.advance(50)
    await refusedThird
    expect(open).toHaveLength(2)
    open[1]?.resolve('fine')
    expect(await second).toBe('fine')
  })
})

describe('a client of a vendor that is away', () => {
  it('tries the first call several times, and later ones once', async () => {
    let sent = 0
    const { Agent } = await import('undici')
    const agent = new Agent()
    const dispatcher = {
      dispatch(request: never, handler: never) {
        sent += 1
        return agent.dispatch(request, handler)
      },
    }
    const client = createVendorClient(
      { baseUrl: 'http://127.0.0.1:1', dispatcher },
      { vendor: 'Acme', unavailable: 'registry-unavailable' },
    )
    onTestFinished(async () => {
      await client.close()
      await agent.close()
    })
    const ask = (): Promise<unknown> => client.call({ method: 'GET', path: '/x' })
    await expect(ask()).rejects.toMatchObject({ code: 'registry-unavailable' })
    expect(sent).toBe(3)
    await Promise.allSettled([ask(), ask(), ask()])
    expect(sent).toBe(3)
    await expect(ask()).rejects.toMatchObject({
      retryAfterMs: expect.toSatisfy((ms: number) => ms > 0 && ms <= 500),
    })
    await new Promise((resolve) => setTimeout(resolve, 510))
    await Promise.allSettled([ask(), ask(), ask()])
    expect(sent).toBe(4)
  })

  it('keeps the limit of each call that waits, and sends the next when the one that finds out is aborted', async () => {
    const { server, url } = await serveLoopback((request, _body, response) => {
      if (request.url === '/fast') response.end('{}')
    })
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => server.close(resolve))
    const client = createVendorClient(
      { baseUrl: url },
      { vendor: 'Acme', unavailable: 'registry-unavailable' },
    )
    onTestFinished(async () => {
      await client.close()
      server.closeAllConnections()
      server.close()
    })
    await expect(client.call({ method: 'POST', path: '/fast' })).rejects.toThrow('refused')
    await new Promise((resolve) => setTimeout(resolve, 510))
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    const abort = new AbortController()
    const first = client.call({ method: 'POST', path: '/slow', abortSignal: abort.signal })
    const fast = { method: 'GET', path: '/fast' } as const
    const waiting = client.call(fast)
    await expect(client.call({ ...fast, timeoutMs: 50 })).rejects.toMatchObject({
      code: 'registry-unavailable',
      retryable: true,
      message: expect.stringContaining('another call still finds out'),
    })
    abort.abort()
    await expect(first).rejects.toMatchObject({ code: 'aborted' })
    expect((await waiting).status).toBe(200)
  })
})
