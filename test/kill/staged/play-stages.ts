/**
 * What a plane in a process of its own lives through. Started again after a kill, it goes on with the stage that it had
 * not ended.
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type ControlPlaneOptions, createControlPlane, memoryProvider, memoryRegistry } from 'modelspine'
import { type Artifact, type DeploymentTarget, isModelspineError } from 'modelspine/adapter'
import { fileAuditLog } from 'modelspine/adapters/file'
import { sqliteStore } from 'modelspine/adapters/sqlite'
import type { ModelDeploymentSpecInput } from 'modelspine/resources'

export interface StagedPlane {
  /** Keeps the state from one life to the next. */
  readonly folder: string
  readonly target: DeploymentTarget
  /** Of the target's endpoints. */
  readonly protocol: string
  /** Of a version of the model. */
  artifact(version: string): Artifact
  /** Of all deployments. Its canary has such a pause after each step. */
  readonly spec: Pick<ModelDeploymentSpecInput, 'runtime' | 'deadline'> & {
    readonly pause: `${number}ms` | `${number}s`
  }
  readonly options: Pick<ControlPlaneOptions, 'clock' | 'leaseMs' | 'timeouts' | 'resyncMs' | 'secrets'>
}

const actor = { name: 'kill-test' }

/** Brings two deployments, brings them to their next version, and brings one further while the other one goes. */
export async function playStages(staged: StagedPlane): Promise<void> {
  const { folder } = staged
  const plane = planeOf(staged)
  const { pause: between, ...spec } = staged.spec
  const canary: ModelDeploymentSpecInput['strategy'] & object = {
    canary: { steps: [{ weight: 10 }, { pause: between }, { weight: 60 }, { pause: between }] },
  }

  async function bring(
    name: string,
    version: string,
    strategy: ModelDeploymentSpecInput['strategy'] & object = canary,
  ): Promise<void> {
    const wanted = { ...spec, model: `models/digits:${version}`, target: 'target', strategy }
    await plane.apply({ kind: 'ModelDeployment', metadata: { name }, spec: wanted }, { actor })
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
    () => Promise.all([bring('digits', '3', { rolling: {} }), remove('aside')]),
  ]
  const file = join(folder, 'stage')
  const begun = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0
  await plane.start()
  for (const [place, stage] of stages.entries()) {
    if (place < begun) continue
    await stage()
    writeFileSync(file, String(place + 1))
  }
  await plane.stop()
}

function planeOf({ folder, target, protocol, artifact, options }: StagedPlane) {
  const { clock } = options
  return createControlPlane({
    ...options,
    store: sqliteStore({ path: join(folder, 'state.db'), pollMs: 100, ...(clock && { clock }) }),
    audit: fileAuditLog({ path: join(folder, 'audit') }),
    registries: {
      models: memoryRegistry({
        name: 'models',
        versions: ['1', '2', '3'].map((version) => ({
          name: 'digits',
          version,
          approval: 'approved',
          artifact: artifact(version),
        })),
      }),
    },
    targets: { target },
    connect: { [protocol]: () => memoryProvider({ infer: () => ({ kind: 'tensors', outputs: [] }) }) },
    logger: {
      debug() {},
      info() {},
      warn: (fields, message) => console.error(message, JSON.stringify(fields)),
      error: (fields, message) => console.error(message, JSON.stringify(fields)),
    },
    shareMeasurements: false,
    routersLearnMs: 100,
  })
}
