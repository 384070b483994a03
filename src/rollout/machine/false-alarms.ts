import { gateDefaults } from '../../resources/deployment/gate-defaults.ts'
import type { ModelDeploymentSpec } from '../../resources/deployment/model-deployment.ts'
import { stepsOf } from './strategy-steps.ts'

/**
 * The chance of a false alarm that each test of a rollout has: an equal part of what the whole rollout may have. There is
 * one test for each gate of each step. A gate with `compare: raw` is no test and gets no part. Another one has its part also
 * where no test fits its numbers, because nobody knows that before they are read.
 */
export function falseAlarmsOf(
  spec: Pick<ModelDeploymentSpec, 'strategy' | 'analysis' | 'falseAlarms'>,
): number {
  const raw = new Set(spec.analysis.filter(({ compare }) => compare === 'raw').map(({ name }) => name))
  const tests = stepsOf(spec)
    .flatMap((step) => (step.kind === 'analyze' ? step.gates : []))
    .filter((gate) => !raw.has(gate)).length
  return (spec.falseAlarms ?? gateDefaults.falseAlarms) / Math.max(1, tests)
}
