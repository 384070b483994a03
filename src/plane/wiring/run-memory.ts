import type { Clock } from '../../clock.ts'
import { createBackoff } from '../../reconcile/backoff.ts'
import type { FinishedRun } from '../../reconcile/loop.ts'
import type { Queue } from '../../reconcile/queue.ts'
import type { Key } from '../../resources/metadata.ts'
import { type Fault, faultOf } from '../../rollout/shell/fault.ts'
import type { CommitListener } from './stored/commit-listeners.ts'

/** What this process remembers of its last run of each deployment. Its keys are declared deployments. */
export interface RunMemory extends CommitListener {
  finished(run: FinishedRun<Key>): void
  /** The fault of the last run. */
  faultOf(key: Key): Fault | undefined
  /** Whether this process wrote this version itself. Its look was asked for with the write. */
  wrote(key: Key, version: string): boolean
  /** Lets every deployment whose last run failed come back, at random times. */
  callBackFailed(queue: Queue<Key>): void
}

export function createRunMemory(clock: Clock): RunMemory {
  const faults = new Map<Key, Fault>()
  /** The version that this process wrote last. */
  const ownVersions = new Map<Key, string>()
  /** A deployment that fails again after it was called back waits longer the next time. */
  const calledBack = createBackoff<Key>({ clock, baseMs: 1000 })
  const forgetFault = (key: Key): void => {
    faults.delete(key)
    calledBack.forget(key)
  }
  return {
    committed({ kind, key, version }) {
      if (kind === 'ModelDeployment') ownVersions.set(key, version)
    },
    gone(kind, key) {
      if (kind !== 'ModelDeployment') return
      forgetFault(key)
      ownVersions.delete(key)
    },
    finished({ key, result }) {
      const cause = result.kind === 'done' ? undefined : result.cause
      if (cause === undefined) forgetFault(key)
      else faults.set(key, faultOf(cause))
      if (result.kind === 'done') ownVersions.delete(key)
    },
    faultOf: (key) => faults.get(key),
    wrote: (key, version) => ownVersions.get(key) === version,
    callBackFailed(queue) {
      for (const key of faults.keys()) queue.add(key, { afterMs: calledBack.next(key) })
    },
  }
}
