import { type Duration, durationMs } from '../duration.ts'
import type { ModelDeploymentSpec } from './model-deployment.ts'

/** The limit of a spec that says none. */
export const defaultAnswerWithin: Duration = '7d'

/** How long a rollout waits for a person. Specs that an older version stored do not say it. */
export function answerWithin(spec: Pick<ModelDeploymentSpec, 'answerWithin'>): Duration {
  return (spec.answerWithin as Duration | undefined) ?? defaultAnswerWithin
}

export function answerWithinMs(spec: Pick<ModelDeploymentSpec, 'answerWithin'>): number {
  return durationMs(answerWithin(spec))
}
