/** A plane in a process of its own, whose target is KServe. */

import { secretOf } from 'modelspine/adapter'
import { kserveTarget } from 'modelspine/adapters/kserve'
import { playStages } from '../../../kill/staged/play-stages.ts'
import type { VictimOrders } from './orders.ts'

const { folder, url, token, namespace, mode } = JSON.parse(process.argv[2] ?? '') as VictimOrders

await playStages({
  folder,
  target: kserveTarget({
    mode,
    namespace,
    baseUrl: url,
    token: () => secretOf(token),
    modelFormat: 'sklearn',
  }),
  protocol: 'open-inference',
  artifact: (version) => ({ kind: 'files', files: [{ uri: `s3://models/${version}` }] }),
  spec: { runtime: { secrets: { TOKEN: 'vault:token' } }, pause: '100ms' },
  options: {
    secrets: { vault: { resolve: async () => secretOf('kill-secret-77') } },
    // Long enough for a very busy machine, and short enough for many kills.
    leaseMs: 3000,
    // A run that waits for a resync is too late.
    resyncMs: 300_000,
  },
})
