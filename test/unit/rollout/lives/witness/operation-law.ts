import type { ApplyResult, ObservedTarget } from '../../../../../src/deployment-target/contract.ts'
import { durationMs } from '../../../../../src/resources/duration.ts'
import { ledgerOf } from '../../../../status.ts'
import type { Run, Sent } from '../run.ts'
import { law } from './law.ts'
import type { Written } from './written.ts'

/**
 * Law 3 for operations: an accepted create that no list shows yet is not sent anew, and what failed is tried
 * again as another operation. Keeps its own record of the answers.
 */
export class OperationLaw {
  /** Creates that were accepted and were not seen since, by target and revision. */
  readonly #accepted: Map<string, { readonly operationId: string; readonly atMs: number }> = new Map()
  readonly #failed: Set<string> = new Set()

  restart(): void {
    this.#accepted.clear()
  }

  noteObserved(target: string, { revisions, operations }: ObservedTarget): void {
    for (const { revision } of revisions) this.#accepted.delete(`${target} ${revision}`)
    for (const { operationId, state } of operations) {
      if (state !== 'failed') continue
      this.#failed.add(operationId)
      this.#forget(operationId)
    }
  }

  noteAnswer({ status }: Run, { target, operationId }: Sent, kind: ApplyResult['kind'], now: number): void {
    const effect = ledgerOf(status)
    if (kind !== 'accepted' || effect?.operationId !== operationId) return
    if (effect.kind === 'create')
      this.#accepted.set(`${target} ${effect.revision}`, { operationId, atMs: now })
    else if (effect.kind === 'destroy') this.#accepted.clear()
    else if (effect.kind === 'retire') this.#accepted.delete(`${target} ${effect.revision}`)
  }

  /** A failure that was answered counts once it is written down. */
  noteWritten({ before, events }: Written): void {
    const isTold = events.some(({ action }) => action === 'operation-failed')
    const effect = ledgerOf(before)
    if (isTold && effect !== undefined) this.#failed.add(effect.operationId)
  }

  checkSent({ status, spec, lost }: Run, { target, operationId }: Sent, now: number): void {
    // What a process without the lease sends is refused.
    if (lost) return
    law(!this.#failed.has(operationId), `law 3: operation ${operationId} failed and is sent again`)
    const effect = ledgerOf(status)
    if (effect?.kind !== 'create') return
    const accepted = this.#accepted.get(`${target} ${effect.revision}`)
    if (accepted === undefined || accepted.operationId === operationId) return
    const waitedMs = now - accepted.atMs
    law(
      waitedMs >= durationMs(spec.deadline),
      `law 3: ${effect.revision} was accepted ${waitedMs} ms ago, is not listed yet and is created again`,
    )
  }

  #forget(operationId: string): void {
    for (const [id, accepted] of this.#accepted) {
      if (accepted.operationId === operationId) this.#accepted.delete(id)
    }
  }
}
