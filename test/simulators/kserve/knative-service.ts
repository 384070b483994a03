import { canonicalJson } from 'modelspine/adapter'
import type { Faults } from './faults.ts'
import type { FailureInfo, Predictor } from './inference-service.ts'
import { failureOf, type ModelProcess, type ProcessState, stateOf } from './model-process.ts'
import type { Declared, Share, Simulated, SimulatedService, Timing } from './simulated-service.ts'

/**
 * A service in Knative mode. Knative makes a revision of each template and never edits one. The share of
 * `canaryTrafficPercent` belongs to the newest revision that is ready, which is another one while the newest starts:
 * also one that was turned back before (kserve#2130).
 */
export function knativeService(name: string, { readyAfterMs }: Timing): SimulatedService {
  const revisions: ModelProcess[] = []
  let rolledOut: ModelProcess | undefined
  let previous: ModelProcess | undefined
  let canary: ModelProcess | undefined
  let lastFailure: FailureInfo | undefined
  let workload = { generation: 0, sinceMs: 0, text: '' }

  const stateAt = (revision: ModelProcess, nowMs: number): ProcessState =>
    stateOf(revision, readyAfterMs, nowMs)

  function newestFor(
    { spec: { predictor }, annotations }: Declared,
    faults: Faults,
    nowMs: number,
  ): ModelProcess {
    const template = templateOf(predictor, annotations)
    const newest = revisions.at(-1)
    if (newest?.template === template) return newest
    const number = String(revisions.length + 1).padStart(5, '0')
    const fate = faults.fate?.(predictor) ?? 'loads'
    const created = { name: `${name}-predictor-${number}`, predictor, template, fate, startedMs: nowMs }
    revisions.push(created)
    return created
  }

  function sharesOf({ canaryTrafficPercent }: Predictor, ready: ModelProcess): readonly Share[] {
    if (canaryTrafficPercent === undefined || rolledOut === undefined)
      return [{ process: ready, percent: 100, tag: 'latest' }]
    const rest = 100 - canaryTrafficPercent
    return [
      { process: ready, percent: canaryTrafficPercent, tag: 'latest' },
      ...(rest > 0 ? [{ process: rolledOut, percent: rest, tag: 'prev' }] : []),
    ]
  }

  /** Which revision counts as rolled out, now that `ready` has this share. */
  function learn(percent: number, ready: ModelProcess, newest: ModelProcess, faults: Faults): void {
    if (ready !== rolledOut) {
      if (percent === 100) {
        previous = rolledOut
        rolledOut = ready
      } else if (ready === newest && ready !== canary) {
        if (faults.wrongPrevious && canary !== undefined) previous = canary
        canary = ready
      }
    } else if (percent < 100 && ready === newest && previous !== undefined) {
      // Less than all for the newest revision, which had all: KServe goes back to the one before.
      rolledOut = previous
    }
  }

  return {
    step(declared, faults, nowMs): Simulated {
      const { predictor } = declared.spec
      const newest = newestFor(declared, faults, nowMs)
      const ready = revisions.findLast((revision) => stateAt(revision, nowMs) === 'ready')
      const state = stateAt(newest, nowMs)
      if (state === 'failed') lastFailure = failureOf(newest, readyAfterMs)
      if (ready !== undefined) learn(sharesOf(predictor, ready)[0]?.percent ?? 0, ready, newest, faults)
      const shares = ready === undefined ? [] : sharesOf(predictor, ready)
      const percent = predictor.canaryTrafficPercent ?? 100
      const text = canonicalJson([newest.template, percent, percent < 100 && rolledOut?.name])
      if (text !== workload.text) workload = { generation: workload.generation + 1, sinceMs: nowMs, text }
      return {
        workload,
        started: revisions.length,
        processes: revisions,
        state,
        servedBefore: ready !== undefined,
        lastFailure,
        shares,
        component: {
          latestCreatedRevision: newest.name,
          ...(ready !== undefined && { latestReadyRevision: ready.name }),
          ...(rolledOut !== undefined && { latestRolledoutRevision: rolledOut.name }),
          ...(previous !== undefined && { previousRolledoutRevision: previous.name }),
        },
      }
    },
  }
}

/** The share is no part of a revision. The scale is, because Knative keeps it in annotations of the template. */
function templateOf({ canaryTrafficPercent: _, ...template }: Predictor, annotations: object = {}): string {
  return canonicalJson([template, annotations])
}
