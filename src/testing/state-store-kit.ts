import { type KitOptions, type Law, runKit } from './kit.ts'
import { damageLaws } from './state-store/damage-laws.ts'
import { eventLaws } from './state-store/event-laws.ts'
import { handleLaws } from './state-store/handle-laws.ts'
import { leaseLaws } from './state-store/lease-laws.ts'
import { measurementLaws } from './state-store/measurement-laws.ts'
import { readingLaws } from './state-store/reading-laws.ts'
import { specLaws } from './state-store/spec-laws.ts'
import { statusLaws } from './state-store/status-laws.ts'
import type { StateStoreSubject } from './state-store/subject.ts'

export type { StateStoreSubject } from './state-store/subject.ts'

/** The laws of a StateStore. Each law gets an empty store. */
export const stateStoreLaws: readonly Law<StateStoreSubject>[] = [
  ...specLaws,
  ...statusLaws,
  ...readingLaws,
  ...eventLaws,
  ...leaseLaws,
  ...measurementLaws,
  ...damageLaws,
  ...handleLaws,
]

/** Registers the laws of StateStore as tests of one implementation. */
export function stateStoreConformance(options: KitOptions<StateStoreSubject>): void {
  runKit('StateStore', stateStoreLaws, options)
}
