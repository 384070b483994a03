import { appendFileSync } from 'node:fs'
import type { DeploymentStatus, Key } from 'modelspine'
import type { ApplyOptions, DeploymentTarget } from 'modelspine/adapter'
import { ledgerOf } from '../../status.ts'
import type { Reach } from './reach.ts'

/** A call that may change a target, as it was sent. */
export interface SentCall {
  readonly life: number
  readonly key: Key
  readonly kind: string
  readonly operationId: string
  readonly fence: number
  /** Milliseconds since the epoch. */
  readonly atMs: number
}

export interface WatchOptions {
  readonly reach: Reach
  readonly known: ReadonlyMap<Key, DeploymentStatus>
  readonly life: number
  /** Gets a line for each call, before the call. */
  readonly effectsFile: string
}

/**
 * A target that passes a point before and after each call that may change it. The ledger entry names the
 * point.
 */
export function watchedTarget(
  inner: DeploymentTarget,
  { reach, known, life, effectsFile }: WatchOptions,
): DeploymentTarget {
  const around = async <Result>(
    key: Key,
    { operationId, fence }: Pick<ApplyOptions, 'operationId' | 'fence'>,
    call: () => Promise<Result>,
  ): Promise<Result> => {
    const kind = ledgerOf(known.get(key))?.kind ?? 'nothing'
    reach(`${kind}/before-apply`, key)
    const sent: SentCall = { life, key, kind, operationId, fence, atMs: Date.now() }
    appendFileSync(effectsFile, `${JSON.stringify(sent)}\n`)
    const result = await call()
    reach(`${kind}/after-apply`, key)
    return result
  }
  return {
    ...inner,
    async observe(key, options) {
      reach('observe/before', key)
      return inner.observe(key, options)
    },
    apply: (key, want, options) => around(key, options, () => inner.apply(key, want, options)),
    destroy: (key, options) => around(key, options, () => inner.destroy(key, options)),
  }
}
