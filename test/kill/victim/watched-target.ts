import type { DeploymentStatus, Key } from 'modelspine'
import type { DeploymentTarget } from 'modelspine/adapter'
import type { Reach } from './reach.ts'

/**
 * A target that passes a point before and after each call that may change it. The ledger entry names the
 * point.
 */
export function watchedTarget(
  inner: DeploymentTarget,
  reach: Reach,
  known: ReadonlyMap<Key, DeploymentStatus>,
): DeploymentTarget {
  const around = async <Result>(key: Key, call: () => Promise<Result>): Promise<Result> => {
    const kind = known.get(key)?.effect?.kind ?? 'nothing'
    reach(`${kind}/before-apply`, key)
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
    apply: (key, want, options) => around(key, () => inner.apply(key, want, options)),
    destroy: (key, options) => around(key, () => inner.destroy(key, options)),
  }
}
