import { ModelspineError } from 'modelspine/adapter'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createVendorClient } from '../../../adapters/shared/vendor-client.ts'
import { createVendorReach } from '../../../adapters/shared/vendor-reach.ts'

const refused = (): Promise<never> => Promise.reject(new ModelspineError('unavailable', 'ECONNREFUSED'))
const fine = async (): Promise<string> => 'fine'

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
    const reach = createVendorReach('Acme')
    await expect(reach.through(refused, undefined)).rejects.toThrow('ECONNREFUSED')
    expect(reach.isAway).toBe(true)
    expect(await reach.through(fine, undefined)).toBe('fine')
    expect(reach.isAway).toBe(false)
  })

  it('is not lost by a call that is slow, aborted or answered badly', async () => {
    const reach = createVendorReach('Acme')
    for (const code of ['timeout', 'aborted', 'malformed-reply'] as const) {
      const fails = (): Promise<never> => Promise.reject(new ModelspineError(code, 'no'))
      await expect(reach.through(fails, undefined)).rejects.toThrow('no')
      expect(reach.isAway).toBe(false)
    }
  })

  it('lets one call find out, and makes the others when that one was answered', async () => {
    const reach = createVendorReach('Acme')
    await expect(reach.through(refused, undefined)).rejects.toThrow()
    const { open, call } = calls()
    const all = [1, 2, 3].map(() => reach.through(call, undefined))
    expect(open).toHaveLength(1)
    open[0]?.resolve('first')
    expect(await all[0]).toBe('first')
    await new Promise(setImmediate)
    expect(open).toHaveLength(3)
    for (const each of open) each.resolve('next')
    expect(await Promise.all(all)).toEqual(['first', 'next', 'next'])
  })

  it('sends nothing for the others when that one finds no connection either', async () => {
    const reach = createVendorReach('Acme')
    await expect(reach.through(refused, undefined)).rejects.toThrow()
    const { open, call } = calls()
    const all = [1, 2, 3].map(() => reach.through(call, undefined))
    open[0]?.reject(new ModelspineError('unavailable', 'ECONNREFUSED'))
    const ends = await Promise.allSettled(all)
    expect(ends.map((end) => end.status === 'rejected' && end.reason)).toMatchObject([
      { code: 'unavailable', message: 'ECONNREFUSED' },
      { code: 'unavailable', details: { phase: 'connecting' } },
      { code: 'unavailable', details: { phase: 'connecting' } },
    ])
    expect(open).toHaveLength(1)
  })

  it('is not waited for by a caller who aborts', async () => {
    const reach = createVendorReach('Acme')
    await expect(reach.through(refused, undefined)).rejects.toThrow()
    const { open, call } = calls()
    const first = reach.through(call, undefined)
    const abort = new AbortController()
    const second = reach.through(call, abort.signal)
    abort.abort()
    await expect(second).rejects.toMatchObject({ code: 'aborted' })
    open[0]?.resolve('fine')
    await first
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
    expect(sent).toBe(4)
  })
})
