import type { Fate } from './faults.ts'
import type { FailureInfo, ModelState, ModelStatus, Predictor } from './inference-service.ts'

/** The servers of one model: a Knative revision, or a Deployment. */
export interface ModelProcess {
  /** The revision's name, or the Deployment's. */
  readonly name: string
  readonly predictor: Predictor
  /** What makes it another process when it changes. */
  readonly template: string
  readonly fate: Fate
  readonly startedMs: number
}

export type ProcessState = 'starting' | 'ready' | 'failed'

export function stateOf(
  { fate, startedMs }: ModelProcess,
  readyAfterMs: number,
  nowMs: number,
): ProcessState {
  if (fate === 'never-ready' || nowMs < startedMs + readyAfterMs) return 'starting'
  return fate === 'loads' ? 'ready' : 'failed'
}

export interface ModelFacts {
  readonly state: ProcessState
  /** Whether an earlier process of the service still serves. */
  readonly servedBefore: boolean
  readonly copies: number
  /** KServe keeps it after the model was loaded. */
  readonly lastFailure: FailureInfo | undefined
}

export function modelStatusOf({ state, servedBefore, copies, lastFailure }: ModelFacts): ModelStatus {
  const failed = state === 'failed' ? 1 : 0
  // Without a server KServe takes the model for one that is about to load, also when it scaled down to zero.
  const target: ModelState = failed ? 'FailedToLoad' : copies === 0 ? 'Pending' : loadStates[state]
  const active: ModelState = target === 'Loaded' || servedBefore ? 'Loaded' : ''
  return {
    transitionStatus: transitions[target],
    states: { activeModelState: active, targetModelState: target },
    copies: { failedCopies: failed, totalCopies: copies },
    ...(lastFailure !== undefined && { lastFailureInfo: lastFailure }),
  }
}

const loadStates = { starting: 'Loading', ready: 'Loaded', failed: 'FailedToLoad' } as const

const transitions: Readonly<Record<ModelState, ModelStatus['transitionStatus']>> = {
  '': 'InProgress',
  Pending: 'InProgress',
  Loading: 'InProgress',
  Loaded: 'UpToDate',
  FailedToLoad: 'BlockedByFailedLoad',
}

export function failureOf({ name, startedMs }: ModelProcess, readyAfterMs: number): FailureInfo {
  return {
    reason: 'ModelLoadFailed',
    message: `the model of ${name} cannot be read`,
    exitCode: 1,
    time: new Date(startedMs + readyAfterMs).toISOString(),
  }
}
