/**
 * A plane in a process of its own, whose target is KServe. It plays its stages one after the other. Started again after
 * a kill, it goes on with the stage that it had not ended.
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createControlPlane, memoryProvider, memoryRegistry } from 'modelspine'
import { isModelspineError, secretOf } from 'modelspine/adapter'
import { fileAuditLog } from 'modelspine/adapters/file'
import { kserveTarget } from 'modelspine/adapters/kserve'
import { sqliteStore } from 'modelspine/adapters/sqlite'
import type { ModelDeploymentSpecInput } from 'modelspine/resources'
import type { VictimOrders } from './orders.ts'

const { folder, url, token, namespace, mode } = JSON.parse(process.argv[2] ?? '') as VictimOrders
const actor = { name: 'kill-test' }

const plane = createControlPlane({
  store: sqliteStore({ path: join(folder, 'state.db'), pollMs: 100 }),
  audit: fileAuditLog({ path: join(folder, 'audit') }),
  registries: {
    models: memoryRegistry({
      name: 'models',
      versions: ['1', '2', '3'].map((version) => ({
        name: 'digits',
        version,
        approval: 'approved',
        artifact: { kind: 'files', files: [{ uri: `s3://models/${version}` }] },
      })),
    }),
  },
  targets: {
    kserve: kserveTarget({
      mode,
      namespace,
      baseUrl: url,
      token: () => secretOf(token),
      modelFormat: 'sklearn',
    }),
  },
  secrets: { vault: { resolve: async () => secretOf('kill-secret-77') } },
  connect: {
    'open-inference': () => memoryProvider({ infer: () => ({ kind: 'tensors', outputs: [] }) }),
  },
  logger: {
    debug() {},
    info() {},
    warn: (fields, message) => console.error(message, JSON.stringify(fields)),
    error: (fields, message) => console.error(message, JSON.stringify(fields)),
  },
  shareMeasurements: false,
  // Long enough for a very busy machine, and short enough for many kills.
  leaseMs: 3000,
  routersLearnMs: 100,
  // A run that waits for a resync is too late.
  resyncMs: 300_000,
})

const canary: ModelDeploymentSpecInput['strategy'] & object = {
  canary: { steps: [{ weight: 10 }, { pause: '100ms' }, { weight: 60 }, { pause: '100ms' }] },
}

async function bring(
  name: string,
  version: string,
  more: Partial<ModelDeploymentSpecInput> = {},
): Promise<void> {
  const spec = {
    model: `models/digits:${version}`,
    target: 'kserve',
    runtime: { secrets: { TOKEN: 'vault:token' } },
    strategy: canary,
    ...more,
  }
  await plane.apply({ kind: 'ModelDeployment', metadata: { name }, spec }, { actor })
  for (;;) {
    const found = await plane.get(name)
    const { status } = found ?? {}
    const requested = status?.placements.flatMap((placement) => placement.requested) ?? []
    const isDone =
      status?.rollout.phase === 'converged' &&
      status.observedGeneration === found?.generation &&
      requested.length === 0
    if (isDone) return
    await pause(20)
  }
}

async function remove(name: string): Promise<void> {
  await plane.delete(name, { actor }).catch((error: unknown) => {
    // It was asked before the kill.
    if (!isModelspineError(error, 'not-found')) throw error
  })
  while ((await plane.get(name)) !== null) await pause(20)
}

const stages: readonly (() => Promise<unknown>)[] = [
  () => Promise.all([bring('digits', '1'), bring('aside', '1')]),
  () => Promise.all([bring('digits', '2'), bring('aside', '2')]),
  () => Promise.all([bring('digits', '3', { strategy: { rolling: {} } }), remove('aside')]),
]

const file = join(folder, 'stage')
await plane.start()
for (
  let stage = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
  stage < stages.length;
  stage += 1
) {
  await stages[stage]?.()
  writeFileSync(file, String(stage + 1))
}
await plane.stop()
