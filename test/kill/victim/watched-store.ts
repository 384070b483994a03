import type { DeploymentStatus, Key } from 'modelspine'
import type { PutStatusOptions, StateStore, StoredObject } from 'modelspine/adapter'
import { ledgerOf, splitIn } from '../../status.ts'
import type { Reach } from './reach.ts'

/** A store that passes a point before and after each write. `known` follows the stored statuses. */
export function watchedStore(inner: StateStore, reach: Reach, known: Map<Key, DeploymentStatus>): StateStore {
  const learn = <Stored extends StoredObject | null>(key: Key, stored: Stored): Stored => {
    if (stored === null) known.delete(key)
    else if (stored.kind === 'ModelDeployment' && stored.status !== undefined) {
      known.set(key, stored.status as DeploymentStatus)
    }
    return stored
  }
  return {
    ...inner,
    get: async (kind, key) => learn(key, await inner.get(kind, key)),
    async putSpec(resource, options) {
      const key: Key = `${resource.metadata.namespace}/${resource.metadata.name}`
      reach('spec/before-write', key)
      const stored = await inner.putSpec(resource, options)
      reach('spec/after-write', key)
      return learn(key, stored)
    },
    async putStatus(kind, key, status, options) {
      const [before, after] = pointsOf(known.get(key), status as DeploymentStatus, options)
      reach(before, key)
      const stored = await inner.putStatus(kind, key, status, options)
      learn(key, stored)
      reach(after, key)
      return stored
    },
    async delete(kind, key, options) {
      reach('mark/before-write', key)
      const left = await inner.delete(kind, key, options)
      reach('mark/after-write', key)
      return left
    },
    async acknowledgeEvents(ids, fence, head) {
      await inner.acknowledgeEvents(ids, fence, head)
      reach('audit/after-acknowledge')
    },
  }
}

/** The points around a write of a status, named after the change that the write makes. */
function pointsOf(
  before: DeploymentStatus | undefined,
  status: DeploymentStatus,
  { finalizers }: PutStatusOptions,
): readonly [string, string] {
  const around = (what: string): readonly [string, string] => [`${what}/before-write`, `${what}/after-write`]
  if (finalizers !== undefined) return around('removal')
  const [effect, last] = [ledgerOf(status), ledgerOf(before)]
  if (effect !== undefined && JSON.stringify(effect) !== JSON.stringify(last)) {
    return [`${effect.kind}/before-ledger`, `${effect.kind}/after-ledger`]
  }
  if (last !== undefined && effect === undefined) {
    return [`${last.kind}/before-outcome`, `${last.kind}/after-outcome`]
  }
  if (JSON.stringify(splitIn(before)) !== JSON.stringify(splitIn(status))) return around('split')
  const { phase } = status.rollout
  return around(phase === 'converged' && before?.rollout.phase !== phase ? phase : 'status')
}
