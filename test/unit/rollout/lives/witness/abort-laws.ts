import { sameJson } from '../../../../../src/json.ts'
import type { RolloutEvent } from '../../../../../src/rollout/machine/machine-types.ts'
import { splitOf, weightOf } from '../../../../../src/rollout/machine/status-edits.ts'
import { ledgerOf } from '../../../../status.ts'
import { law } from './law.ts'
import type { Written } from './written.ts'

type Happened = Pick<RolloutEvent, 'details'> & { readonly action: string }

/** Law 7. Keeps its own record of the revisions that were aborted and not retried since. */
export class AbortLaw {
  readonly #aborted: Set<string> = new Set()

  restart(): void {
    this.#aborted.clear()
  }

  retried(revision: string): void {
    this.#aborted.delete(revision)
  }

  note(events: readonly Happened[]): void {
    for (const { action, details } of events) {
      if (action !== 'rollout-failed' && action !== 'rollout-aborted') continue
      this.#aborted.add(String(details.revision))
    }
  }

  checkWritten({ before, after, events }: Written): void {
    this.note(events)
    const started = events.find(({ action }) => action === 'rollout-started')?.details.revision
    law(!this.#aborted.has(String(started)), 'law 7: an aborted revision is started')
    for (const { revision, weight } of splitOf(after)) {
      const raised = revision !== before.stable && weight > weightOf(splitOf(before), revision)
      law(!raised || !this.#aborted.has(revision), 'law 7: an aborted revision gets traffic')
    }
    const effect = ledgerOf(after)
    if (effect?.kind === 'create' && !sameJson(effect, ledgerOf(before))) {
      // A revision with traffic is kept while no other revision is ready to take the traffic.
      const kept = weightOf(splitOf(after), effect.revision) > 0 || effect.revision === after.stable
      law(kept || !this.#aborted.has(effect.revision ?? ''), 'law 7: an aborted revision is created')
    }
    if (after.rollout.phase === 'failed') {
      law(this.#aborted.has(after.rollout.revision), 'law 7: the failed revision was not aborted')
    }
  }
}
