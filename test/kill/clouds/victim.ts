/**
 * A plane in a process of its own, whose target is a simulated cloud. It plays its stages one after the other. Started
 * again after a kill, it goes on with the stage that it had not ended.
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createControlPlane, memoryProvider, memoryRegistry } from 'modelspine'
import { isModelspineError } from 'modelspine/adapter'
import { fileAuditLog } from 'modelspine/adapters/file'
import { sqliteStore } from 'modelspine/adapters/sqlite'
import type { ModelDeploymentSpecInput } from 'modelspine/resources'
import type { CloudName } from './clouds.ts'
import { fastClock } from './fast-clock.ts'
import { type VictimOrders, victimSpeed } from './orders.ts'
import { sagemakerVictim } from './sagemaker/sagemaker-victim.ts'
import type { VictimCloud } from './simulated-cloud.ts'
import { vertexVictim } from './vertex/vertex-victim.ts'

const { folder, cloud, address } = JSON.parse(process.argv[2] ?? '') as VictimOrders
const victims: Readonly<Record<CloudName, VictimCloud>> = { sagemaker: sagemakerVictim, vertex: vertexVictim }
const own = victims[cloud]
const clock = fastClock(victimSpeed)
const actor = { name: 'kill-test' }

const plane = createControlPlane({
  clock,
  store: sqliteStore({ path: join(folder, 'state.db'), pollMs: 100, clock }),
  audit: fileAuditLog({ path: join(folder, 'audit') }),
  registries: {
    models: memoryRegistry({
      name: 'models',
      versions: ['1', '2', '3'].map((version) => ({
        name: 'digits',
        version,
        approval: 'approved',
        artifact: own.artifact(version),
      })),
    }),
  },
  targets: { cloud: own.target(address as never) },
  connect: {
    [own.protocol]: () => memoryProvider({ infer: () => ({ kind: 'tensors', outputs: [] }) }),
  },
  logger: {
    debug() {},
    info() {},
    warn: (fields, message) => console.error(message, JSON.stringify(fields)),
    error: (fields, message) => console.error(message, JSON.stringify(fields)),
  },
  shareMeasurements: false,
  // Long enough for a very busy machine, and short enough for many kills.
  leaseMs: 3000 * victimSpeed,
  // The machine is not faster than usual.
  timeouts: Object.fromEntries(
    ['observeMs', 'applyMs', 'destroyMs', 'resolveMs', 'auditMs', 'storeMs', 'standDownMs'].map((name) => [
      name,
      10_000 * victimSpeed,
    ]),
  ),
  routersLearnMs: 100,
  // A run that waits for a resync is too late.
  resyncMs: 3_600_000,
})

const canary: ModelDeploymentSpecInput['strategy'] & object = {
  canary: { steps: [{ weight: 10 }, { pause: '1s' }, { weight: 60 }, { pause: '1s' }] },
}

async function bring(
  name: string,
  version: string,
  more: Partial<ModelDeploymentSpecInput> = {},
): Promise<void> {
  const spec: ModelDeploymentSpecInput = {
    model: `models/digits:${version}`,
    target: 'cloud',
    runtime: { env: own.env },
    strategy: canary,
    deadline: '30m',
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
