import type { Command } from '../../../../src/rollout/machine/commands.ts'

/**
 * - `die`: the process ends. Another process takes its lease.
 * - `lose`: the process stands still while another process takes its lease and looks twice. Then it goes on,
 *   and its clocks tell it that the lease is over.
 * - `lose-blindly`: the same, but its clocks do not tell. Only for targets that check fences, because nothing
 *   else could stop its effects.
 * - `lose-answer`: the call throws. With `after`, the work was done.
 * - `slow`: the call takes 40 seconds. With `slow-abort`, a person aborts the rollout in the middle.
 * - `edit`: a person declares other annotations.
 * - a command: a person gives it.
 */
export type Event = 'die' | 'lose' | 'lose-blindly' | 'lose-answer' | 'slow' | 'slow-abort' | 'edit' | Command

/** Something that happens at one call which a look makes to a store, a target, a registry or a source. */
export interface Interruption {
  /** The calls of a look count from 0. A look with fewer calls is not interrupted. */
  readonly call: number
  readonly when: 'before' | 'after'
  readonly event: Event
}

/** Thrown out of each call of a process that has died. */
export class Died extends Error {
  override readonly name = 'Died'
}
