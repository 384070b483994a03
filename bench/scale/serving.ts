import { monitorEventLoopDelay } from 'node:perf_hooks'
import { openInference } from 'modelspine/adapters/open-inference'
import { createGateway } from 'modelspine/gateway'
import { serve } from '../child.ts'
import { openFleet } from './fleet.ts'

export type ServingQuestion =
  /** Declares the fleet and waits until it has converged. */
  | { readonly kind: 'fill'; readonly count: number }
  /** Rolls the fleet to this version and waits for its end. */
  | { readonly kind: 'roll'; readonly count: number; readonly version: number }
  /** Only serves, for so many milliseconds. */
  | { readonly kind: 'serve'; readonly forMs: number }

export interface ServingAnswer {
  readonly cpuMs: number
  readonly tookMs: number
  readonly loopDelayMs: number
}

/** The router and the loop of one plane in one process, on SQLite. Requests for `m` go to the given upstream. */
const [, , upstream = ''] = process.argv
const fleet = openFleet({
  stored: 'sqlite',
  providers: { up: openInference({ protocol: 'open-inference', address: upstream }) },
})
await fleet.plane.start()
await fleet.plane.apply(
  {
    kind: 'ModelRoute',
    metadata: { name: 'm' },
    spec: { operations: ['infer'], backends: [{ provider: 'up', model: 'm' }] },
  },
  { actor: { name: 'bench' } },
)
const { url } = await createGateway({ router: fleet.plane.router }).listen({ port: 0 })

serve(url, async (message): Promise<ServingAnswer> => {
  const question = message as ServingQuestion
  const delay = monitorEventLoopDelay({ resolution: 1 })
  const startedMs = performance.now()
  const cpu = process.cpuUsage()
  delay.enable()
  if (question.kind === 'serve') await new Promise((resolve) => setTimeout(resolve, question.forMs))
  else {
    const all = fleet.completed(question.count)
    await fleet.declare(question.count, question.kind === 'roll' ? question.version : 1)
    await all
  }
  delay.disable()
  const { user, system } = process.cpuUsage(cpu)
  return {
    cpuMs: (user + system) / 1000,
    tookMs: performance.now() - startedMs,
    loopDelayMs: delay.percentile(99) / 1e6,
  }
})
