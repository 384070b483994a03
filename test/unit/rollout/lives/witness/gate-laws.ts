import { sameJson } from '../../../../../src/json.ts'
import type { Rollout } from '../../../../../src/resources/deployment/deployment-status.ts'
import type { ModelDeploymentSpec } from '../../../../../src/resources/deployment/model-deployment.ts'
import type { RolloutEvent } from '../../../../../src/rollout/machine/machine-types.ts'
import { type Step, stepsOf } from '../../../../../src/rollout/machine/strategy-steps.ts'
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
    const metric = spec.analysis.find((gate) => gate.name === name)?.metric
    const reading = run.readings.findLast((each) => each.metric === metric && each.revision === from.revision)
    law(reading?.mode === 'pass', `law 6: ${name} is passed with ${reading?.mode ?? 'no reading'}`)
    law(reading.fromMs >= from.sinceMs, `law 6: ${name} is judged by data from before the step`)
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

function stepOf(rollout: Rollout): number {
  return 'step' in rollout ? rollout.step : -1
}
