import { setTimeout as sleep } from 'node:timers/promises'
import { serve } from '../child.ts'

export interface BurnQuestion {
  readonly cpuMs: number
  readonly withinMs: number
}

const sliceMs = 5

/** Uses so much CPU time, spread evenly over so much time, and nothing else. Replies how much it was. */
serve('', async (message) => {
  const { cpuMs, withinMs } = message as BurnQuestion
  const startedMs = performance.now()
  const cpu = process.cpuUsage()
  const burnt = (): number => {
    const { user, system } = process.cpuUsage(cpu)
    return (user + system) / 1000
  }
  for (;;) {
    const passedMs = performance.now() - startedMs
    if (passedMs >= withinMs) return burnt()
    if (burnt() >= (cpuMs * passedMs) / withinMs) {
      await sleep(1)
      continue
    }
    const untilMs = performance.now() + sliceMs
    while (performance.now() < untilMs);
  }
})
