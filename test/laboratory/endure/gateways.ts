import { faultNames } from '../faults.ts'
import { openSwapWorld } from '../swap-world.ts'
import { openaiVendor, openInferenceVendor } from '../vendors.ts'
import { beginCallers } from './callers.ts'
import { judgeEnds } from './judge-ends.ts'
import type { BeginSubject } from './subject.ts'

const swapMs = 1000
/** Every so many swaps a provider is replaced, too. */
const swapsToReplacement = 10

/**
 * 32 streams and 32 whole answers at a time, through two gateways whose upstreams misbehave in every way, while the table
 * changes every second. Some callers leave, and some stall and return.
 */
export const beginGateways: BeginSubject = async ({ clock, seed }) => {
  const sharesWithDeployment = (): boolean => true
  const [openai, openInference] = await Promise.all([
    openSwapWorld({ clock, vendor: openaiVendor, faults: faultNames, sharesWithDeployment }),
    openSwapWorld({ clock, vendor: openInferenceVendor, faults: faultNames, sharesWithDeployment }),
  ])
  const worlds = [openai, openInference]
  const callers = [
    beginCallers({ url: openai.listening.url, form: 'chat-stream', count: 32, seed }),
    beginCallers({ url: openai.listening.url, form: 'chat', count: 12, seed: seed + 1 }),
    beginCallers({ url: openai.listening.url, form: 'embed', count: 10, seed: seed + 2 }),
    beginCallers({ url: openInference.listening.url, form: 'infer', count: 10, seed: seed + 3 }),
  ]
  let swaps = 0
  const swapping = setInterval(() => {
    swaps += 1
    for (const world of worlds) swaps % swapsToReplacement === 0 ? world.replace() : world.move()
  }, swapMs)

  return {
    counts: () => ({
      requests: worlds.reduce((sum, { inFlight }) => sum + inFlight, 0),
      calls: worlds.reduce((sum, { callsInFlight }) => sum + callsInFlight, 0),
    }),
    forget() {
      for (const laboratory of worlds.flatMap(({ laboratories }) => laboratories)) laboratory.forget()
    },
    async stop() {
      clearInterval(swapping)
      await Promise.all(callers.map((each) => each.stop()))
    },
    judge: () => judgeEnds(callers, `${swaps} swaps`),
    get unexpected() {
      return callers.flatMap(({ unexpected }) => unexpected)
    },
    async close() {
      await Promise.all(worlds.map((world) => world.close()))
    },
  }
}
