import type { Clock } from '../clock.ts'
import { type Key, keyFrom } from '../resources/metadata.ts'
import type { AboutDeployment, LabelSignal, OutcomeSignal, Signal, SignalOutcome } from './contract.ts'
import { restoreReply } from './keep-reply.ts'
import type { PredictionOf } from './prediction-of.ts'
import type { RememberedRequest, RequestMemory } from './request-memory.ts'
import { compareLabel } from './same-label.ts'
import type { SamplePlace, SignalWindows } from './signal-windows.ts'

export interface SignalCounterParts {
  readonly clock: Clock
  readonly memory: RequestMemory
  readonly windows: SignalWindows
  readonly predictionOf: PredictionOf
  readonly isKnown: (deployment: Key, revision: string | undefined) => boolean
}

type Judged = 'late' | 'unreadable' | { readonly right: number; readonly total: number }

/** Counts each signal once, at the time of the request or prediction that it is about. */
export class SignalCounter {
  readonly #parts: SignalCounterParts

  constructor(parts: SignalCounterParts) {
    this.#parts = parts
  }

  /** Counts a signal that names a deployment. */
  accept(signal: Signal & AboutDeployment): SignalOutcome {
    const nowMs = this.#parts.clock.now()
    // A sample from a clock that is ahead must not look newer than samples that come after it.
    const atMs = Math.min(signal.atMs ?? nowMs, nowMs)
    if (this.#parts.windows.isForgotten(atMs)) return 'late'
    const deployment = keyFrom(signal.deployment)
    const unknown = !this.#parts.isKnown(deployment, signal.revision)
    const place = { deployment, revision: signal.revision ?? '', atMs, unknown }
    if (signal.kind === 'rating') this.#parts.windows.addNumber('ratings.mean', place, signal.value)
    else if (signal.kind === 'outcome') {
      this.#addOutcome(this.#parts.windows.openOutcome(signal.name, unknown), signal, place)
    } else {
      const judged = compareLabel(signal.value, signal.prediction)
      if (judged === undefined) return 'unreadable'
      this.#parts.windows.addShare('labels.accuracy', place, judged.right, judged.total)
    }
    return 'accepted'
  }

  /**
   * Counts a signal that names a request. A request that no deployment answered is joined, too, but counts
   * for no metric.
   */
  join(signal: Signal, request: RememberedRequest): SignalOutcome {
    const place = placeOf(request)
    if (place !== undefined && this.#parts.windows.isForgotten(place.atMs)) return this.#tooOld(signal, place)
    if (signal.kind === 'label') return this.#label(signal, request, place)
    if (signal.kind === 'rating') {
      if (request.rated) return 'duplicate'
      request.rated = true
      if (place !== undefined) this.#parts.windows.addNumber('ratings.mean', place, signal.value)
      return 'joined'
    }
    const metric = this.#parts.windows.openOutcome(signal.name)
    if (request.outcomes?.has(metric)) return 'duplicate'
    this.#addOutcome(metric, signal, place)
    request.outcomes ??= new Set()
    request.outcomes.add(metric)
    return 'joined'
  }

  /** The metrics do not reach back to the request any more. */
  #tooOld(signal: Signal, place: SamplePlace): SignalOutcome {
    if (signal.kind === 'label') this.#countTimeliness(place, 1)
    return 'late'
  }

  #label(signal: LabelSignal, request: RememberedRequest, place: SamplePlace | undefined): SignalOutcome {
    if (request.labelled) return 'duplicate'
    const { windows, memory } = this.#parts
    const judged = this.#judge(signal, request)
    if (judged === 'late') this.#countTimeliness(place, 1)
    if (typeof judged === 'string') return judged
    request.labelled = true
    memory.dropReply(request)
    if (place !== undefined) windows.addShare('labels.accuracy', place, judged.right, judged.total)
    this.#countTimeliness(place, 0)
    return 'joined'
  }

  #judge(signal: LabelSignal, request: RememberedRequest): Judged {
    if (signal.prediction !== undefined) return compareLabel(signal.value, signal.prediction) ?? 'unreadable'
    if (request.replyState === 'dropped') return 'late'
    if (request.reply === undefined) return 'unreadable'
    try {
      const prediction = this.#parts.predictionOf(restoreReply(request.reply), request.deployment)
      return compareLabel(signal.value, prediction) ?? 'unreadable'
    } catch {
      return 'unreadable'
    }
  }

  /** Counts at the time when the label came, because this metric tells how many labels come too late now. */
  #countTimeliness(place: SamplePlace | undefined, late: 0 | 1): void {
    if (place === undefined) return
    const { windows, clock } = this.#parts
    windows.addShare('labels.late', { ...place, atMs: clock.now() }, late, 1)
  }

  #addOutcome(metric: string, { value }: OutcomeSignal, place: SamplePlace | undefined): void {
    const { windows } = this.#parts
    if (place === undefined) return
    if (typeof value === 'boolean') windows.addShare(metric, place, value ? 1 : 0, 1)
    else windows.addNumber(metric, place, value)
  }
}

function placeOf(request: RememberedRequest): SamplePlace | undefined {
  const { deployment, revision = '', atMs } = request
  return deployment === undefined ? undefined : { deployment, revision, atMs, request }
}
