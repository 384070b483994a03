import { wrongOption } from '../wrong-option.ts'

/** Where a service of AWS is. */
export interface AwsPlace {
  /** Default: the variable AWS_REGION, then AWS_DEFAULT_REGION. */
  readonly region?: string
  /**
   * The address of the service, such as that of a VPC endpoint: `https://vpce-1a2b.api.sagemaker.eu-west-1.vpce.amazonaws.com`.
   * Default: the public one of the region.
   */
  readonly endpoint?: string
}

type Environment = Readonly<Record<string, string | undefined>>

/** Throws `invalid-options` when nothing says which region. */
export function regionOf({ region }: AwsPlace, env: Environment = process.env): string {
  const found = region ?? (env.AWS_REGION || env.AWS_DEFAULT_REGION)
  if (found === undefined || found === '') {
    throw wrongOption('region', 'is not given: give the option region, or set the variable AWS_REGION')
  }
  if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(found)) {
    throw wrongOption('region', `is "${found}": write one such as eu-west-1`)
  }
  return found
}

/** Names of regions that begin like this belong to the partition. */
const suffixes: readonly (readonly [begin: RegExp, suffix: string])[] = [
  [/^cn-/, 'amazonaws.com.cn'],
  [/^us-gov-/, 'amazonaws.com'],
  [/^(af|ap|ca|eu|il|me|mx|sa|us)-[a-z]+-\d+$/, 'amazonaws.com'],
]

/**
 * The public address of a service in a region of the partitions aws, aws-cn and aws-us-gov. `prefix` is what stands
 * before the region: `api.sagemaker`. Throws `invalid-options` for other partitions, whose addresses have to be given.
 */
export function endpointOf(prefix: string, region: string, { endpoint }: AwsPlace): string {
  if (endpoint !== undefined) return endpoint
  const [, suffix] = suffixes.find(([begin]) => begin.test(region)) ?? []
  if (suffix === undefined) {
    throw wrongOption('endpoint', `is not known for the region "${region}": give the option endpoint`)
  }
  return `https://${prefix}.${region}.${suffix}`
}
