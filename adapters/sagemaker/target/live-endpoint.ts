import type { EndpointReply, VariantReply } from './endpoint-replies.ts'

/** The states of an endpoint, as SageMaker calls them. */
export type EndpointStatus =
  | 'Creating'
  | 'Updating'
  | 'SystemUpdating'
  | 'RollingBack'
  | 'InService'
  | 'OutOfService'
  | 'Deleting'
  | 'Failed'
  | 'UpdateRollbackFailed'

const statuses: ReadonlySet<string> = new Set<EndpointStatus>([
  'Creating',
  'Updating',
  'SystemUpdating',
  'RollingBack',
  'InService',
  'OutOfService',
  'Deleting',
  'Failed',
  'UpdateRollbackFailed',
])

export interface LiveVariant {
  readonly name: string
  /** In percent of the weights of all variants. */
  readonly weight: number
  readonly desiredWeight: number
  readonly count: number
  readonly desiredCount: number
}

/** What SageMaker has of an endpoint. */
export interface LiveEndpoint {
  readonly arn: string
  /** Undefined for a state that is newer than this code. Nothing is sent then. */
  readonly status: EndpointStatus | undefined
  /** The state's name, as it came. */
  readonly told: string
  /** What runs. */
  readonly config: string
  readonly variants: readonly LiveVariant[]
  /** What is on its way. */
  readonly pending: { readonly config: string; readonly variants: readonly string[] } | undefined
  readonly failure: string | undefined
  readonly modifiedMs: number
}

export function liveOf(reply: EndpointReply): LiveEndpoint {
  const { PendingDeploymentSummary: pending, EndpointStatus: told } = reply
  return {
    arn: reply.EndpointArn,
    status: statuses.has(told) ? (told as EndpointStatus) : undefined,
    told,
    config: reply.EndpointConfigName ?? '',
    variants: variantsOf(reply.ProductionVariants ?? []),
    pending: pending
      ? {
          config: pending.EndpointConfigName,
          variants: (pending.ProductionVariants ?? []).map(({ VariantName }) => VariantName),
        }
      : undefined,
    failure: reply.FailureReason || undefined,
    modifiedMs: Math.round(reply.LastModifiedTime * 1000),
  }
}

function variantsOf(replies: readonly VariantReply[]): readonly LiveVariant[] {
  const current = percentOf(replies.map(({ CurrentWeight }) => CurrentWeight ?? 0))
  const desired = percentOf(
    replies.map(({ DesiredWeight, CurrentWeight }) => DesiredWeight ?? CurrentWeight ?? 0),
  )
  return replies.map(({ VariantName, CurrentInstanceCount, DesiredInstanceCount }, place) => ({
    name: VariantName,
    weight: current[place] ?? 0,
    desiredWeight: desired[place] ?? 0,
    count: CurrentInstanceCount ?? 0,
    desiredCount: DesiredInstanceCount ?? CurrentInstanceCount ?? 0,
  }))
}

/** SageMaker keeps weights as numbers of 32 bits, so further places are noise. */
export const weightPlaces = 4

function percentOf(weights: readonly number[]): readonly number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0)
  const factor = 10 ** weightPlaces
  return weights.map((weight) => (sum === 0 ? 0 : Math.round((weight / sum) * 100 * factor) / factor))
}

/** Whether SageMaker takes no change now. */
export function isInFlight({ status }: LiveEndpoint): boolean {
  return status === undefined || inFlight.has(status)
}

const inFlight: ReadonlySet<EndpointStatus> = new Set<EndpointStatus>([
  'Creating',
  'Updating',
  'SystemUpdating',
  'RollingBack',
  'Deleting',
])
