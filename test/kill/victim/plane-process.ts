/**
 * A plane in a process of its own. `plane-handle.ts` starts it and calls it over IPC. One folder holds its
 * state.
 */

import { flushCompileCache } from 'node:module'
import type { ControlPlane, DeploymentStatus, Key } from 'modelspine'
import { here, ledgerOf } from '../../status.ts'
import { layoutOf } from '../layout.ts'
import type { Answer, Call, Orders, Question } from './protocol.ts'
import { createReach } from './reach.ts'
import { flowTraffic } from './traffic.ts'
import { watchSystem } from './watch-system.ts'

const { folder, mode, life, kill } = JSON.parse(process.argv[2] ?? '') as Orders
const known = new Map<Key, DeploymentStatus>()
const reach = createReach({ folder, life, kill, known })
watchSystem(
  reach,
  kill?.at === 'point' && kill.lateShellMs ? { nth: kill.nth, ms: kill.lateShellMs } : undefined,
)

// Imported only now, so that all modules use the watched system.
const { createControlPlane } = await import('modelspine')
const { isModelspineError } = await import('modelspine/adapter')
const { fileAuditLog, fileRegistry } = await import('modelspine/adapters/file')
const { sqliteStore } = await import('modelspine/adapters/sqlite')
const { makeTargets } = await import('./make-targets.ts')
const { watchedAudit } = await import('./watched-audit.ts')
const { watchedStore } = await import('./watched-store.ts')
const { watchedTarget } = await import('./watched-target.ts')

// A process that is killed would not leave what it compiled to the next one.
flushCompileCache()

const at = layoutOf(folder)
const actor = { name: 'kill-test' }

const made = makeTargets(mode, folder)
const watch = { reach, known, life, effectsFile: at.effects }

/** With a standby, a busy machine must not make the lead change hands. */
const leaseMs = mode === 'restart' ? 1000 : 2000

const plane: ControlPlane = createControlPlane({
  // Only one process at a time is asked, and its gates need not wait for others.
  shareMeasurements: false,
  store: watchedStore(sqliteStore({ path: at.state, pollMs: 100 }), reach, known),
  audit: watchedAudit(fileAuditLog({ path: at.audit }), reach),
  registries: { models: fileRegistry({ path: at.registry, name: 'models' }) },
  targets: {
    local: watchedTarget(made.local, watch),
    front: watchedTarget(made.front, watch),
  },
  connect: made.connect,
  // Long enough to be killed in, short enough for many kills.
  routersLearnMs: 200,
  logger: {
    debug() {},
    info: (fields, message) => log('info', fields, message),
    warn: (fields, message) => log('warn', fields, message),
    error: (fields, message) => log('error', fields, message),
  },
  leaseMs,
  // The resync comes so seldom that a run which waits for a resync is too late.
  resyncMs: 300_000,
})

function log(level: string, fields: unknown, message: string): void {
  process.stdout.write(`${new Date().toISOString()} ${life} ${level} ${message} ${JSON.stringify(fields)}\n`)
}

/** Longer than a lease lives, so that nobody is asked elsewhere while the lead only changes hands. */
const patienceMs = leaseMs + 2000

class LeadsElsewhere extends Error {}

async function until(done: () => Promise<boolean>): Promise<void> {
  let ledAtMs = performance.now()
  while (!(await done())) {
    if (plane.health().leading || mode === 'restart') ledAtMs = performance.now()
    if (performance.now() - ledAtMs > patienceMs) throw new LeadsElsewhere()
    await new Promise((next) => setTimeout(next, 20))
  }
}

async function settled(name: string): Promise<boolean> {
  const deployment = await plane.get(name)
  if (deployment?.status === undefined) return false
  const { generation, status } = deployment
  // A hold comes only from missing traffic on a very busy machine. The gates themselves pass.
  if (status.rollout.phase === 'holding') {
    await plane.resume(name, { actor }).catch((error: unknown) => {
      if (!isModelspineError(error, 'wrong-phase')) throw error
    })
  }
  return (
    // Without this, an earlier process may have settled the deployment before this process looked at it.
    plane.health().leading &&
    status.rollout.phase === 'converged' &&
    status.observedGeneration === generation &&
    ledgerOf(status) === undefined &&
    here(status).requested.length === 0
  )
}

async function carryOut(asked: Call): Promise<unknown> {
  switch (asked.call) {
    case 'apply':
      return plane.apply(asked.resource, { actor })
    case 'delete':
      return plane.delete(asked.name, { actor }).catch((error: unknown) => {
        // The call is asked again after a kill, and the deployment may be gone by then.
        if (!isModelspineError(error, 'not-found')) throw error
      })
    case 'lead':
      return until(async () => plane.health().leading)
    case 'settle':
      return until(() => settled(asked.name))
    case 'settle-gone':
      return until(async () => (await plane.get(asked.name)) === null)
    case 'end':
      return reach.end()
    case 'reconcile':
      await plane.reconcileOnce(asked.name).catch((error: unknown) => {
        throw isModelspineError(error, 'lease-held') ? new LeadsElsewhere() : error
      })
      return undefined
    case 'explain': {
      const explained = []
      for await (const { key } of plane.list()) explained.push(await plane.explain(key))
      return { health: plane.health(), explained }
    }
    case 'stop':
      quiet()
      return plane.stop()
  }
}

await plane.start()
const quiet = flowTraffic(plane, 'digits', at.failures)

// The parent process is gone, so that no process would ask this one to stop.
const abandoned = (): void => process.exit(1)
process.on('disconnect', abandoned)

process.on('message', async ({ id, asked }: Question) => {
  let answer: Answer
  try {
    answer = { id, ok: true, value: await carryOut(asked) }
  } catch (error) {
    answer =
      error instanceof LeadsElsewhere
        ? { id, ok: false, elsewhere: true }
        : {
            id,
            ok: false,
            message: error instanceof Error ? (error.stack ?? error.message) : String(error),
          }
  }
  process.send?.(answer, () => {
    if (asked.call !== 'stop') return
    process.off('disconnect', abandoned)
    process.disconnect()
  })
})
const hello: Answer = { id: 0, ok: true }
process.send?.(hello)
