import { wrongOption } from '../../../shared/wrong-option.ts'

/** How large one step is. */
type Size =
  /** Of the instances of the endpoint. */
  | { readonly sizePercent: number; readonly sizeInstances?: never }
  | { readonly sizeInstances: number; readonly sizePercent?: never }

interface Common {
  /** How long SageMaker watches the alarms after each step, 0 to 3600. */
  readonly waitSeconds: number
  /** After how long SageMaker takes an update back that has not ended, 600 to 28800. */
  readonly maximumSeconds?: number
  /** The names of up to 10 CloudWatch alarms. When one goes off, SageMaker takes the update back. */
  readonly alarms: readonly string[]
}

interface Blue extends Common {
  /** How long the old instances stay after the last step, 0 to 3600. */
  readonly terminationWaitSeconds?: number
}

/** How SageMaker itself carries out the one shift of the strategy `blueGreen`. */
export type SagemakerGuardrails =
  | ({ readonly kind: 'all-at-once' } & Blue)
  /** A first step of up to 50 percent, and then the rest. */
  | ({ readonly kind: 'canary' } & Blue & Size)
  /** Steps of 10 to 50 percent. */
  | ({ readonly kind: 'linear' } & Blue & Size)
  /** Steps of 5 to 50 percent, each of which ends as many old instances. */
  | ({
      readonly kind: 'rolling'
      /** The steps in which it is taken back, 5 to 100. Default of SageMaker: all at once. */
      readonly rollbackSizePercent?: number
    } & Common &
      Size)

type Kind = SagemakerGuardrails['kind']

/** What each kind may have of its instances in one step, in percent. */
export const stepPercent: Readonly<
  Record<Exclude<Kind, 'all-at-once'>, readonly [least: number, most: number]>
> = {
  canary: [1, 50],
  linear: [10, 50],
  rolling: [5, 50],
}

const common = ['kind', 'waitSeconds', 'maximumSeconds', 'alarms'] as const
const membersOf: Readonly<Record<Kind, readonly string[]>> = {
  'all-at-once': [...common, 'terminationWaitSeconds'],
  canary: [...common, 'terminationWaitSeconds', 'sizePercent', 'sizeInstances'],
  linear: [...common, 'terminationWaitSeconds', 'sizePercent', 'sizeInstances'],
  rolling: [...common, 'sizePercent', 'sizeInstances', 'rollbackSizePercent'],
}

/** Throws `invalid-options` and names the field. */
export function checkGuardrails(given: SagemakerGuardrails): SagemakerGuardrails {
  const { kind, waitSeconds, maximumSeconds, alarms } = given
  const members = membersOf[kind]
  if (members === undefined) {
    throw wrongOption('guardrails.kind', `is "${kind}": write one of ${Object.keys(membersOf).join(', ')}`)
  }
  const odd = Object.keys(given).find((name) => !members.includes(name))
  if (odd !== undefined) {
    throw wrongOption(`guardrails.${odd}`, `is nothing of ${kind}, which has ${members.join(', ')}`)
  }
  const fields = given as unknown as Readonly<Record<string, number | undefined>>
  checkWhole('waitSeconds', waitSeconds, [0, 3600])
  checkOptional('terminationWaitSeconds', fields.terminationWaitSeconds, [0, 3600])
  checkOptional('maximumSeconds', maximumSeconds, [600, 28_800])
  checkOptional('rollbackSizePercent', fields.rollbackSizePercent, [5, 100])
  if (kind !== 'all-at-once') checkSize(kind, fields)
  const waits = waitSeconds + (fields.terminationWaitSeconds ?? 0)
  if (maximumSeconds !== undefined && maximumSeconds <= waits) {
    throw wrongOption(
      'guardrails.maximumSeconds',
      `is ${maximumSeconds}, but the waits alone take ${waits}: write more`,
    )
  }
  checkAlarms(alarms)
  return given
}

function checkSize(
  kind: keyof typeof stepPercent,
  { sizePercent, sizeInstances }: Readonly<Record<string, number | undefined>>,
): void {
  if ((sizePercent === undefined) === (sizeInstances === undefined)) {
    throw wrongOption('guardrails', `of ${kind} needs one of sizePercent and sizeInstances`)
  }
  checkOptional('sizePercent', sizePercent, stepPercent[kind])
  checkOptional('sizeInstances', sizeInstances, [1, Number.MAX_SAFE_INTEGER])
}

function checkOptional(name: string, value: number | undefined, range: readonly [number, number]): void {
  if (value !== undefined) checkWhole(name, value, range)
}

function checkWhole(name: string, value: number, [least, most]: readonly [number, number]): void {
  if (Number.isInteger(value) && value >= least && value <= most) return
  const right = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `${least} to ${most}`
  throw wrongOption(`guardrails.${name}`, `is ${value}: write a whole number, ${right}`)
}

function checkAlarms(alarms: readonly string[]): void {
  if (!Array.isArray(alarms)) {
    throw wrongOption('guardrails.alarms', `is ${alarms}: write a list of names, or []`)
  }
  if (alarms.length > 10) throw wrongOption('guardrails.alarms', `has ${alarms.length}: give 10 at most`)
  for (const [place, name] of alarms.entries()) {
    if (typeof name === 'string' && /\S/.test(name) && name.length <= 255) continue
    throw wrongOption(`guardrails.alarms[${place}]`, `is "${name}": write the name of a CloudWatch alarm`)
  }
}

/** `DeploymentConfig` of UpdateEndpoint. */
export function deploymentConfig(guardrails: SagemakerGuardrails): object {
  const { alarms } = guardrails
  return {
    ...policyOf(guardrails),
    ...(alarms.length > 0 && {
      AutoRollbackConfiguration: { Alarms: alarms.map((AlarmName) => ({ AlarmName })) },
    }),
  }
}

function policyOf(guardrails: SagemakerGuardrails): object {
  const { waitSeconds: WaitIntervalInSeconds, maximumSeconds } = guardrails
  const limit = maximumSeconds !== undefined && { MaximumExecutionTimeoutInSeconds: maximumSeconds }
  if (guardrails.kind === 'rolling') {
    const { rollbackSizePercent: back } = guardrails
    return {
      RollingUpdatePolicy: {
        MaximumBatchSize: capacityOf(guardrails),
        WaitIntervalInSeconds,
        ...limit,
        ...(back !== undefined && { RollbackMaximumBatchSize: { Type: 'CAPACITY_PERCENT', Value: back } }),
      },
    }
  }
  const { terminationWaitSeconds } = guardrails
  return {
    BlueGreenUpdatePolicy: {
      TrafficRoutingConfiguration: { ...routingOf(guardrails), WaitIntervalInSeconds },
      ...(terminationWaitSeconds !== undefined && { TerminationWaitInSeconds: terminationWaitSeconds }),
      ...limit,
    },
  }
}

function routingOf(guardrails: Exclude<SagemakerGuardrails, { kind: 'rolling' }>): object {
  switch (guardrails.kind) {
    case 'all-at-once':
      return { Type: 'ALL_AT_ONCE' }
    case 'canary':
      return { Type: 'CANARY', CanarySize: capacityOf(guardrails) }
    case 'linear':
      return { Type: 'LINEAR', LinearStepSize: capacityOf(guardrails) }
  }
}

function capacityOf({ sizePercent, sizeInstances }: Size): object {
  return sizePercent === undefined
    ? { Type: 'INSTANCE_COUNT', Value: sizeInstances }
    : { Type: 'CAPACITY_PERCENT', Value: sizePercent }
}
