import type { Endpoint, ObservedRevision } from 'modelspine/adapter'
import type { Failure } from '../state/revision-files.ts'
import type { Health } from './judge-health.ts'
import type { ProcessRun } from './process-run.ts'

/** Where one revision stands. Times are the clock's monotonic milliseconds. */
export type SupervisedState =
  /** The revision has a process, or a shell that is about to become the process. */
  | ({ readonly kind: 'running'; readonly run: ProcessRun } & Health)
  /**
   * The process is being ended because it is not healthy. Afterwards it waits for its restart, or has failed.
   */
  | {
      readonly kind: 'ending'
      readonly run: ProcessRun
      readonly killAtMs: number
      readonly why: Failure
      readonly failed: boolean
    }
  /** The process ended. It starts again by itself at this time. */
  | { readonly kind: 'waiting'; readonly untilMs: number; readonly exits: number; readonly why: Failure }
  /** The process ended and is not started again. */
  | { readonly kind: 'failed'; readonly why: Failure }
  /** The process ended, and cannot be started without secrets that only the next `apply` brings. */
  | { readonly kind: 'lost' }
  /** The revision is no longer wanted. */
  | { readonly kind: 'stopping'; readonly run?: ProcessRun; readonly killAtMs: number }
  | { readonly kind: 'gone' }

/** Undefined for a revision that does not exist at the target: it is gone, or it ended and is lost. */
export function observedOf(
  revision: string,
  state: SupervisedState,
  endpoint: (port: number) => Endpoint,
): ObservedRevision | undefined {
  const scale = { min: 1, max: 1 }
  switch (state.kind) {
    case 'running':
      if (state.health === 'ready') {
        return { revision, state: 'ready', endpoint: endpoint(state.run.intent.port), scale }
      }
      return {
        revision,
        state: state.health,
        reason: state.health === 'starting' ? 'Starting' : 'ProbeFailing',
        ...(state.message === undefined ? {} : { message: state.message }),
        scale,
      }
    case 'ending':
      return { revision, state: state.failed ? 'failed' : 'unready', ...state.why, scale }
    case 'waiting':
      return { revision, state: 'unready', ...state.why, scale }
    case 'failed':
      return { revision, state: 'failed', ...state.why, scale }
    case 'stopping':
      return { revision, state: 'stopping', scale }
    case 'lost':
    case 'gone':
      return undefined
  }
}
