/** A plane in a process of its own, whose target is a simulated cloud. */

import { playStages } from '../staged/play-stages.ts'
import type { CloudName } from './clouds.ts'
import { fastClock } from './fast-clock.ts'
import { type VictimOrders, victimSpeed } from './orders.ts'
import { sagemakerVictim } from './sagemaker/sagemaker-victim.ts'
import type { VictimCloud } from './simulated-cloud.ts'
import { vertexVictim } from './vertex/vertex-victim.ts'

const { folder, cloud, address } = JSON.parse(process.argv[2] ?? '') as VictimOrders
const victims: Readonly<Record<CloudName, VictimCloud>> = { sagemaker: sagemakerVictim, vertex: vertexVictim }
const { target, protocol, artifact, env } = victims[cloud]

await playStages({
  folder,
  target: target(address as never),
  protocol,
  artifact,
  spec: { runtime: { env }, deadline: '30m', pause: '1s' },
  options: {
    clock: fastClock(victimSpeed),
    // Long enough for a very busy machine, and short enough for many kills.
    leaseMs: 3000 * victimSpeed,
    // The machine is not faster than usual.
    timeouts: Object.fromEntries(
      ['observeMs', 'applyMs', 'destroyMs', 'resolveMs', 'auditMs', 'storeMs', 'standDownMs'].map((name) => [
        name,
        10_000 * victimSpeed,
      ]),
    ),
    // A run that waits for a resync is too late.
    resyncMs: 3_600_000,
  },
})
