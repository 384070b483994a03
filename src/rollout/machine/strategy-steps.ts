import { sha256 } from '../../hash.ts'
import { canonicalJson } from '../../json.ts'
import type { ModelDeploymentSpec } from '../../resources/deployment/model-deployment.ts'
import { durationMs } from '../../resources/duration.ts'

/** One step. Every strategy becomes a list of steps. Times are in milliseconds. */
export type Step =
  | { readonly kind: 'weight'; readonly weight: number }
  | { readonly kind: 'pause'; readonly forMs?: number }
  | { readonly kind: 'analyze'; readonly gates: readonly string[]; readonly forMs: number }

/** The steps that take a ready candidate to all traffic. The last weight is always 100. */
export function stepsOf({ strategy }: Pick<ModelDeploymentSpec, 'strategy'>): readonly Step[] {
  if ('rolling' in strategy) {
    const { step, every } = strategy.rolling
    const steps: Step[] = []
    for (let weight = step; weight < 100; weight += step) {
      steps.push({ kind: 'weight', weight }, { kind: 'pause', forMs: durationMs(every) })
    }
    return [...steps, { kind: 'weight', weight: 100 }]
  }
  if ('blueGreen' in strategy) {
    const { autoPromote, analyze, for: window } = strategy.blueGreen
    return [
      ...(autoPromote ? [] : [{ kind: 'pause' } as const]),
      { kind: 'weight', weight: 100 },
      ...(analyze.length === 0
        ? []
        : [{ kind: 'analyze', gates: analyze, forMs: durationMs(window) } as const]),
    ]
  }
  const steps = strategy.canary.steps.map((step): Step => {
    if ('weight' in step) return { kind: 'weight', weight: step.weight }
    if ('analyze' in step) return { kind: 'analyze', gates: step.analyze, forMs: durationMs(step.for) }
    return step.pause === 'until-promoted'
      ? { kind: 'pause' }
      : { kind: 'pause', forMs: durationMs(step.pause) }
  })
  const last = steps.findLast((step) => step.kind === 'weight')
  return last?.kind === 'weight' && last.weight === 100 ? steps : [...steps, { kind: 'weight', weight: 100 }]
}

/** A name that is the same for equal steps, so that a rollout notices when other steps are declared. */
export function nameSteps(steps: readonly Step[]): string {
  // The names stand in stored statuses, so the form that is hashed stays as it was when weights were called `percent`.
  // Another form would send every rollout under way back to its first step.
  const hashed = steps.map((step) =>
    step.kind === 'weight' ? { kind: step.kind, percent: step.weight } : step,
  )
  return sha256(canonicalJson(hashed)).slice(0, 10)
}

/** How long the replaced revision is kept running, ready to take traffic back. */
export function keepPreviousMs({ strategy }: ModelDeploymentSpec): number {
  return 'blueGreen' in strategy ? durationMs(strategy.blueGreen.keepPrevious) : 0
}
