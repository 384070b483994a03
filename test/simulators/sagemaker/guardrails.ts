/** Updates with `DeploymentConfig`: how SageMaker moves traffic by steps, watches alarms and gives up. */

import { Fault, type Json } from './sagemaker-simulator.ts'

/** A guarded update that runs. */
export interface GuardedUpdate {
  /** How much of the traffic the new instances have, and until when. */
  readonly steps: readonly { readonly percent: number; readonly untilMs: number }[]
  readonly alarms: readonly string[]
  readonly endsAtMs: number
  /** Why it will not end well by itself. */
  readonly fails?: string
}

type Variants = readonly Json[]

/** Undefined where SageMaker silently leaves out what was asked for. */
export function guardedUpdate(
  given: Json,
  { before, after }: { readonly before: Variants; readonly after: Variants },
  { nowMs, provisionMs }: { readonly nowMs: number; readonly provisionMs: number },
): GuardedUpdate | undefined {
  const names = (variants: Variants): string => variants.map(({ VariantName }) => VariantName).join()
  if (names(before) !== names(after)) {
    throw Fault.validation(
      `The variants ${names(after)} of the new endpoint configuration must be those of the endpoint, ${names(before)}.`,
    )
  }
  const { BlueGreenUpdatePolicy: blue, RollingUpdatePolicy: rolling } = given as Record<string, Json>
  if (rolling !== undefined && after.length > 1) {
    throw Fault.validation('Rolling updates are not supported for multi-variant endpoints.')
  }
  if ([...before, ...after].some(({ InstanceType }) => String(InstanceType).startsWith('ml.inf1'))) {
    return undefined
  }
  const routing = (blue?.TrafficRoutingConfiguration ?? rolling ?? {}) as Json
  const count = Number(after[0]?.InitialInstanceCount ?? 1)
  const percents =
    rolling === undefined ? percentsOf(routing, count) : inSteps(rolling.MaximumBatchSize, 5, count)
  const waitMs = Number(routing.WaitIntervalInSeconds) * 1000
  const lastMs = Number(blue?.TerminationWaitInSeconds ?? 0) * 1000
  let untilMs = nowMs + provisionMs
  const steps = [{ percent: 0, untilMs }]
  for (const [place, percent] of percents.entries()) {
    untilMs += waitMs + (place === percents.length - 1 ? lastMs : 0)
    steps.push({ percent, untilMs })
  }
  const limit = Number((blue ?? rolling)?.MaximumExecutionTimeoutInSeconds ?? Number.NaN) * 1000
  const isTooLong = Number.isFinite(untilMs) && untilMs - nowMs > limit
  const { Alarms = [] } = (given.AutoRollbackConfiguration ?? {}) as { readonly Alarms?: Variants }
  return {
    steps,
    alarms: Alarms.map(({ AlarmName }) => String(AlarmName)),
    endsAtMs: isTooLong ? nowMs + limit : untilMs,
    ...(isTooLong && { fails: 'The deployment exceeded its maximum execution timeout.' }),
  }
}

function percentsOf({ Type, CanarySize, LinearStepSize }: Json, count: number): readonly number[] {
  switch (Type) {
    case 'CANARY':
      return [sizeIn(CanarySize, 1, count), 100]
    case 'LINEAR':
      return inSteps(LinearStepSize, 10, count)
    default:
      return [100]
  }
}

function inSteps(size: unknown, least: number, count: number): readonly number[] {
  const percent = sizeIn(size, least, count)
  const whole = Array.from({ length: Math.ceil(100 / percent) }, (_, place) => (place + 1) * percent)
  return whole.map((each) => Math.min(each, 100))
}

function sizeIn(size: unknown, least: number, count: number): number {
  const { Type, Value } = size as { readonly Type: string; readonly Value: number }
  const percent = Type === 'CAPACITY_PERCENT' ? Value : (Value / count) * 100
  if (percent >= least && percent <= 50) return percent
  throw Fault.validation(`The size ${Value} must be between ${least} and 50 percent of the capacity.`)
}

/** How much of the traffic the new instances have now. */
export function percentAt({ steps }: GuardedUpdate, nowMs: number): number {
  return (steps.find(({ untilMs }) => nowMs < untilMs) ?? steps.at(-1))?.percent ?? 0
}
