import type { ObservedTarget } from '../../../../../src/deployment-target/contract.ts'
import { revisionStatus, servingRevisions } from '../../../../../src/rollout/machine/status-edits.ts'
import { law } from './law.ts'
import type { Written } from './written.ts'

/** As docs/resources.md tells it. */
const fewestLooks = 3
const shortestMs = 2_000

/** A revision is believed to be lost only after several looks that did not show it. Keeps its own count. */
export class LossLaw {
  readonly #missed: Map<string, { looks: number; readonly sinceMs: number }> = new Map()

  noteObserved(target: string, { revisions }: ObservedTarget, known: readonly string[], now: number): void {
    for (const revision of known) {
      const id = `${revision} at ${target}`
      const missed = this.#missed.get(id)
      if (revisions.some((each) => each.revision === revision)) this.#missed.delete(id)
      else if (missed === undefined) this.#missed.set(id, { looks: 1, sinceMs: now })
      else missed.looks += 1
    }
  }

  checkWritten({ before, after, target, moved, now }: Written): void {
    if (moved) return
    for (const { revision, state } of servingRevisions(after)) {
      if (state !== 'requested') continue
      const known = revisionStatus(before, revision)
      if (known === undefined || known.state === 'requested') continue
      const { looks, sinceMs } = this.#missed.get(`${revision} at ${target}`) ?? {
        looks: 0,
        sinceMs: now,
      }
      law(
        looks >= fewestLooks && now - sinceMs >= shortestMs,
        `law 1: ${revision} is believed to be lost after ${looks} looks and ${now - sinceMs} ms`,
      )
    }
  }
}
