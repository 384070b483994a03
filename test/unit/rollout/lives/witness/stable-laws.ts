import { revisionStatus, splitOf, weightOf } from '../../../../../src/rollout/machine/status-edits.ts'
import { law } from './law.ts'
import { type Written, wasReady } from './written.ts'

/** Law 2, for a status. */
export function checkStable(written: Written): void {
  const { before, after, spec, deleting, moved, target } = written
  if (after.rollout.phase === 'deleting') {
    law(deleting, 'law 2: deletion was not asked for')
    return
  }
  law(!moved || target === spec.target.name, 'law 2: another target was not asked for')
  law(before.stable === undefined || after.stable !== undefined, 'law 2: there is no stable revision left')
  const { stable } = after
  if (stable === undefined) return
  if (stable !== before.stable || moved) {
    law(wasReady(written, stable), 'law 2: a revision becomes stable that is not ready')
    law(weightOf(splitOf(after), stable) === 100, 'law 2: becomes stable without all traffic')
  }
  law(revisionStatus(after, stable) !== undefined, 'law 2: the stable revision is not wanted')
}
