import { nextTurn } from '../../../src/clock.ts'
import type { StateStore } from '../../../src/store/contract.ts'

/** Waits until the store has answered everything that it was asked before. Its answers come in real time. */
export async function settled(store: StateStore): Promise<void> {
  // A write that forgets nothing: it goes together with the writes that wait for others.
  await store.acknowledgeEvents([]).catch(() => {})
  await nextTurn()
}
