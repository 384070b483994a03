import { sameJson } from '../../../../../src/json.ts'
import type { Rollout } from '../../../../../src/resources/deployment/deployment-status.ts'
import type {
  AnalysisGate,
  ModelDeploymentSpec,
} from '../../../../../src/resources/deployment/model-deployment.ts'
import type { RolloutEvent } from '../../../../../src/rollout/machine/machine-types.ts'
import { type Step, stepsOf } from '../../../../../src/rollout/machine/strategy-steps.ts'
import type { Reading, Run } from '../run.ts'
import { law } from './law.ts'
import type { Written } from './written.ts'

/** Law 6. Keeps its own record of the analyses that passed or that a person skipped. */
export class GateLaw {
  /** Places in `#steps`, for the rollout under way. */
  readonly #cleared: Set<number> = new Set()
  #steps: readonly Step[] = []

  restart(): void {
    this.#cleared.clear()
  }

  checkWritten(written: Written, metricsSinceMs: number): void {
    const { before, after, events, spec } = written
    this.#count(spec)
    if (events.some(({ action }) => action === 'rollout-started')) this.#cleared.clear()
    const completed = events.some(({ action }) => action === 'rollout-completed')
    const from = before.rollout
    const movedOn = (at: { readonly step: number }): boolean => completed || stepOf(after.rollout) > at.step
    law(from.phase !== 'holding' || !movedOn(from), 'law 6: a hold ended by itself')
    if (from.phase === 'analyzing' && movedOn(from)) {
      const step = this.#steps[from.step]
      law(step?.kind === 'analyze', 'law 6: an analysis of nothing is passed')
      for (const name of step.gates) this.#passed(written, name, from)
      const measuredMs = written.now - Math.max(from.sinceMs, metricsSinceMs)
      law(measuredMs >= step.forMs, `law 6: passed after ${measuredMs} of ${step.forMs} ms`)
      this.#cleared.add(from.step)
    }
    if (from.phase === 'analyzing') this.#leftUndecided(written, from)
    // A move to another target begins there as a first revision does: the author of the spec asked for it.
    if (completed && before.stable !== undefined && !written.moved) this.#allCleared(from.phase)
  }

  promoted(spec: ModelDeploymentSpec, from: Rollout, to: Rollout, events: readonly RolloutEvent[]): void {
    this.#count(spec)
    const skipped: string[] = []
    const place = 'step' in to ? to.step : this.#steps.length
    for (let step = stepOf(from); step < place; step += 1) {
      const each = this.#steps[step]
      if (each?.kind !== 'analyze') continue
      skipped.push(...each.gates)
      this.#cleared.add(step)
    }
    const event = events.find(({ action }) => action === 'rollout-promoted')
    law(sameJson(event?.details.skipped, skipped), 'law 6: skipped gates are audited')
    if (events.some(({ action }) => action === 'rollout-completed')) this.#allCleared('promote')
  }

  /** Only data of the step itself, and enough of it, lets a gate pass. */
  #passed({ run, spec }: Written, name: string, from: Extract<Rollout, { phase: 'analyzing' }>): void {
    const gate = spec.analysis.find((each) => each.name === name)
    const reading = readingOf(run, gate, from)
    const isEnough = reading?.mode === 'pass' || (reading?.mode === 'undecided' && gate?.undecided === 'pass')
    law(isEnough, `law 6: ${name} is passed with ${reading?.mode ?? 'no reading'}`)
    law(reading.fromMs >= from.sinceMs, `law 6: ${name} is judged by data from before the step`)
  }

  /** A step is extended once. What its gates leave open turns it back only where one of them says so. */
  #leftUndecided(
    { events, run, spec, after }: Written,
    from: Extract<Rollout, { phase: 'analyzing' }>,
  ): void {
    const isExtended = events.some(({ action }) => action === 'analysis-extended')
    law(!isExtended || from.extended !== true, 'law 6: a step is extended twice')
    if (after.rollout.phase !== 'rolling-back' || after.rollout.cause !== 'GateInconclusive') return
    const step = this.#steps[from.step]
    const gates = spec.analysis.filter(({ name }) => step?.kind === 'analyze' && step.gates.includes(name))
    const says = gates.some((gate) =>
      readingOf(run, gate, from)?.mode === 'undecided'
        ? gate.undecided === 'fail'
        : gate.onError === 'fail' || gate.noData === 'fail',
    )
    law(says, 'law 6: an open step is turned back, and no gate says so')
  }

  #allCleared(where: string): void {
    const open = this.#steps.findIndex((step, place) => step.kind === 'analyze' && !this.#cleared.has(place))
    law(open === -1, `law 6: completed from ${where} without the analysis of step ${open}`)
  }

  /** Other steps have other places. */
  #count(spec: ModelDeploymentSpec): void {
    const steps = stepsOf(spec)
    if (!sameJson(steps, this.#steps)) this.#cleared.clear()
    this.#steps = steps
  }
}

function readingOf(
  run: Run,
  gate: AnalysisGate | undefined,
  { revision }: Extract<Rollout, { phase: 'analyzing' }>,
): Reading | undefined {
  return run.readings.findLast((each) => each.metric === gate?.metric && each.revision === revision)
}

function stepOf(rollout: Rollout): number {
  return 'step' in rollout ? rollout.step : -1
}
