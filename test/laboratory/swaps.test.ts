import { Agent } from 'node:http'
import { openaiCompatible } from 'modelspine/adapters/openai-compatible'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFakeClock, type FakeClock } from '../../src/testing/fake-clock.ts'
import { ask, type Form, inWords } from './asking.ts'
import type { FaultyVendor } from './fault-world.ts'
import type { FaultName } from './faults.ts'
import { openaiWords } from './openai-words.ts'
import { openSwapWorld, type SwapWorld } from './swap-world.ts'

const requests = 1000
const swaps = 200
const replacements = 20
const callers = 16

/** All can be answered by a fallback, because their upstream fails before any output. */
const met: readonly FaultName[] = [
  'none',
  'rate-limit',
  'fails-once',
  'flapping',
  'reset',
  'reset-when-used',
  'web-page',
]

/** Its keys come late. So some calls have chosen their provider when it is replaced, and sent nothing yet. */
const vendor: FaultyVendor = {
  words: openaiWords,
  connect: (url, name) =>
    openaiCompatible({
      baseUrl: `${url}/v1`,
      name,
      async apiKey() {
        await new Promise((resolve) => setImmediate(resolve))
        return { reveal: () => 'key' }
      },
    }),
}

describe('requests while upstreams move, providers are replaced, and the gateway stops', () => {
  let clock: FakeClock
  let world: SwapWorld
  const agent = new Agent({ keepAlive: true })
  beforeEach(async () => {
    clock = createFakeClock()
    const sharesWithDeployment = (fault: FaultName): boolean => fault !== 'slow-start'
    world = await openSwapWorld({ clock, vendor, faults: [...met, 'slow-start'], sharesWithDeployment })
  })
  afterEach(async () => {
    agent.destroy()
    await world.close()
  })

  it('are all answered if they can be', async () => {
    const wrong: string[] = []
    const send = async (form: Form, fault: FaultName): Promise<void> => {
      const got = inWords(form, await ask(world.listening.url, agent, form, fault))
      if (!got.startsWith('200, whole')) wrong.push(`${form} ${fault}: ${got}`)
    }
    let begun = 0
    const caller = async (): Promise<void> => {
      while (begun < requests - callers) {
        begun += 1
        if (begun % (requests / replacements) === 0) world.replace()
        else if (begun % (requests / swaps) === 0) world.move()
        // The connections of the addresses before are closed meanwhile.
        await clock.advance(10)
        await send(begun % 3 === 0 ? 'chat-stream' : 'chat', met[begun % met.length] ?? 'none')
      }
    }
    await Promise.all(Array.from({ length: callers }, caller))

    const last = Array.from({ length: callers }, () => send('chat', 'slow-start'))
    const pausing = (): number => world.laboratories.reduce((sum, each) => sum + each.pausing, 0)
    await expect.poll(pausing).toBe(callers)
    const closed = world.listening.close()
    await clock.advance(8000)
    await Promise.all([...last, closed])
    await expect(ask(world.listening.url, agent, 'chat', 'none')).rejects.toThrow('ECONNREFUSED')
    expect(wrong).toEqual([])
    expect([world.inFlight, world.callsInFlight]).toEqual([0, 0])
  })
})
