import { type Clock, type Key, systemClock } from 'modelspine/adapter'
import type { AwsConnection } from '../../shared/aws/aws-client.ts'
import { wrongOption } from '../../shared/wrong-option.ts'
import { checkGuardrails, type SagemakerGuardrails } from './guarded/guardrails.ts'
import { isImage, isInstanceType, isRole } from './target-settings.ts'

export interface SagemakerTargetOptions extends AwsConnection {
  /** Stands before the names of everything that this target makes. Default `modelspine`. */
  readonly prefix?: string
  /** Where settings name none: the role that SageMaker takes on to read models and images. */
  readonly executionRole?: string
  /** Where settings name none: `ml.m5.xlarge`. */
  readonly instanceType?: string
  /** Where settings name none: the image in ECR that serves models. */
  readonly image?: string
  /** Further tags of everything that this target makes. */
  readonly tags?: Readonly<Record<string, string>>
  /**
   * Endpoints that ran before, by the deployments that take them over: `{ 'default/churn': 'churn-prod' }`. From then on they are
   * changed and deleted with their deployment.
   */
  readonly adopt?: Readonly<Record<Key, string>>
  /**
   * SageMaker's own guardrails carry out the shift of each rollout. Deployments declare `strategy: { blueGreen }` then, and
   * the router does not know which revision answers.
   */
  readonly guardrails?: SagemakerGuardrails
  readonly clock?: Clock
}

export interface TargetConfig {
  readonly prefix: string
  readonly executionRole: string | undefined
  readonly instanceType: string | undefined
  readonly image: string | undefined
  readonly tags: Readonly<Record<string, string>>
  readonly adopt: ReadonlyMap<Key, string>
  readonly guardrails: SagemakerGuardrails | undefined
  readonly clock: Clock
}

/** Tags of this target begin with it. */
export const ownTags = 'modelspine:'

/** A revision's name and a hash must fit behind the name of a deployment. */
const longestPrefix = 24

/** Throws `invalid-options` and names the field. */
export function checkTargetOptions(options: SagemakerTargetOptions): {
  readonly config: TargetConfig
  readonly connection: AwsConnection
} {
  const {
    prefix = 'modelspine',
    executionRole,
    instanceType,
    image,
    tags = {},
    adopt = {},
    guardrails,
    clock = systemClock,
    ...connection
  } = options
  if (!/^[a-zA-Z0-9](-*[a-zA-Z0-9])*$/.test(prefix) || prefix.length > longestPrefix) {
    throw wrongOption('prefix', `is "${prefix}": write 1 to ${longestPrefix} letters, digits and "-"`)
  }
  if (executionRole !== undefined && !isRole(executionRole)) {
    throw wrongOption('executionRole', `is "${executionRole}": write the ARN of a role`)
  }
  if (instanceType !== undefined && !isInstanceType(instanceType)) {
    throw wrongOption('instanceType', `is "${instanceType}": write one such as ml.m5.xlarge`)
  }
  if (image !== undefined && !isImage(image)) {
    throw wrongOption('image', `is "${image}": write the address of an image`)
  }
  checkTags(tags)
  const adopted = Object.entries(adopt) as readonly [Key, string][]
  for (const [key, endpoint] of adopted) {
    if (!/^[^/]+\/[^/]+$/.test(key)) {
      throw wrongOption('adopt', `has "${key}": write the key of a deployment such as default/churn`)
    }
    if (!/^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/.test(endpoint)) {
      throw wrongOption(`adopt["${key}"]`, `is "${endpoint}": write the name of an endpoint`)
    }
  }
  const twice = adopted.find(([, name], place) => adopted.findIndex(([, other]) => other === name) !== place)
  if (twice !== undefined) throw wrongOption('adopt', `gives the endpoint "${twice[1]}" to two deployments`)
  const config = {
    prefix,
    executionRole,
    instanceType,
    image,
    tags,
    adopt: new Map(adopted),
    guardrails: guardrails && checkGuardrails(guardrails),
    clock,
  }
  return { config, connection }
}

/** SageMaker takes 50 tags, of which this target needs a few. */
function checkTags(tags: Readonly<Record<string, string>>): void {
  const allowed = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u
  const entries = Object.entries(tags)
  if (entries.length > 40) throw wrongOption('tags', `has ${entries.length}: give 40 at most`)
  for (const [name, value] of entries) {
    if (name === '' || name.length > 128 || !allowed.test(name) || /^aws:/i.test(name)) {
      throw wrongOption('tags', `has "${name}", which is no name of a tag`)
    }
    if (name.startsWith(ownTags)) throw wrongOption('tags', `has "${name}", which the target sets itself`)
    if (value.length > 256 || !allowed.test(value)) {
      throw wrongOption(`tags["${name}"]`, `is "${value}", which is no value of a tag`)
    }
  }
}
