import type { TargetRefusal, TargetWant } from 'modelspine/adapter'
import { completeSettings } from '../endpoint-requests.ts'
import { refused } from '../revision-refusal.ts'
import type { TargetConfig } from '../target-options.ts'
import { type SagemakerGuardrails, stepPercent } from './guardrails.ts'

/** The reason why SageMaker cannot do this with guardrails, or would leave them out silently. Pure. */
export function guardedRefusal(
  want: TargetWant,
  guardrails: SagemakerGuardrails,
  config: TargetConfig,
): TargetRefusal | undefined {
  const part = want.split.find(({ weight }) => weight !== 0 && weight !== 100)
  if (part !== undefined) {
    return refused(
      'SplitUnsupported',
      `revision ${part.revision} shall have ${part.weight} percent, but the target has guardrails, and then SageMaker alone shifts: declare strategy.blueGreen, or leave out the target’s option guardrails`,
    )
  }
  for (const revision of want.revisions) {
    const { instanceType = '' } = completeSettings(revision, config)
    if (dropsGuardrails(instanceType)) return instanceRefusal(`settings.instanceType is ${instanceType}`)
  }
  return sizeRefusal(want, guardrails)
}

/** SageMaker shifts all at once there, watches no alarm, and does not say so. */
export function dropsGuardrails(instanceType: unknown): boolean {
  return typeof instanceType === 'string' && instanceType.startsWith('ml.inf1.')
}

export function instanceRefusal(what: string): TargetRefusal {
  return refused(
    'InstanceUnsupported',
    `${what}, for which SageMaker silently leaves out guardrails: choose another type, or leave out the target’s option guardrails`,
  )
}

function sizeRefusal({ scale }: TargetWant, guardrails: SagemakerGuardrails): TargetRefusal | undefined {
  if (guardrails.kind === 'all-at-once' || guardrails.sizeInstances === undefined) return undefined
  const { kind, sizeInstances } = guardrails
  const [least, most] = stepPercent[kind]
  const percentOf = (count: number): number => (sizeInstances / count) * 100
  if (percentOf(scale.min) <= most && percentOf(scale.max) >= least) return undefined
  const count = scale.min === scale.max ? scale.min : `${scale.min} to ${scale.max}`
  return refused(
    'StepUnsupported',
    `guardrails.sizeInstances is ${sizeInstances} of ${count} instances, but a step of ${kind} has ${least} to ${most} percent of them: write sizePercent, or another scale`,
  )
}
