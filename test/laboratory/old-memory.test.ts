import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Child, start } from '../../bench/child.ts'

/** Too few for a whole garbage collection, and enough that what the code itself needs counts for little. */
const requests = 500

/**
 * V8 puts some objects into the old generation at once: a function that is assigned to a property (`x.y = () => …`),
 * and a getter of an object literal. Until the next whole garbage collection, each keeps all that it can reach.
 */
describe('the memory of a request', () => {
  let children: (Child & { readonly url: string })[]

  beforeAll(async () => {
    const young = ['--conditions=modelspine/source', '--max-semi-space-size=1', '--no-opt', '--no-maglev']
    const upstream = await start('gateway/upstream', [], young)
    const gateway = start('gateway/gateway-proxy', [upstream.url], young)
    children = [upstream, await gateway, await start('gateway/load', [], young)]
  }, 20_000)

  afterAll(() => {
    for (const child of children) child.stop()
  })

  it.for(['infer', 'chat'])('is young, and free again with the request: %s', async (model) => {
    const [, gateway, load] = children as [unknown, (typeof children)[0], Child]
    const ask = (): Promise<number> => load.ask({ url: gateway.url, count: requests, model })
    const oldBytes = async (): Promise<number> => (await gateway.ask<{ oldBytes: number }>('')).oldBytes
    expect(await ask()).toBe(0)
    const before = await oldBytes()
    expect(await ask()).toBe(0)
    expect(((await oldBytes()) - before) / requests).toBeLessThan(4000)
  })
})
