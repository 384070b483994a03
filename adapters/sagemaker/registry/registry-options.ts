import type { Clock, NewModelVersion } from 'modelspine/adapter'
import type { AwsConnection } from '../../shared/aws/aws-client.ts'
import { wrongOption } from '../../shared/wrong-option.ts'
import type { SagemakerArtifact } from './artifact.ts'
import { isMetadataKey } from './metadata-text.ts'
import type { SagemakerPackaging } from './package-requests.ts'

export interface SagemakerRegistryOptions extends AwsConnection {
  /** This registry's name in the plane's `registries`. Default `sagemaker`. */
  readonly name?: string
  /** What the artifact of a version says. Default `package`, which only targets of SageMaker can run. */
  readonly artifact?: SagemakerArtifact
  /** Names of the entries in a version's CustomerMetadataProperties that hold what SageMaker has no field for. */
  readonly metadata?: Partial<SagemakerMetadata>
  /**
   * SageMaker has no aliases, so they are tags of the model package group: this text and the alias, with the version as
   * value. `false`: no aliases. Default `modelspine.alias.`.
   */
  readonly aliasTags?: string | false
  /** What `register` cannot be told and SageMaker must know. Without it there is no `register`. */
  readonly packaging?: SagemakerPackaging | ((fresh: NewModelVersion) => SagemakerPackaging)
  /** The time between two polls of `changes`, in milliseconds, jittered by a fifth. `false`: never. Default 30,000. */
  readonly pollMs?: number | false
  readonly clock?: Clock
}

export interface SagemakerMetadata {
  /** Default `modelspine.owner`. */
  readonly owner: string
  /** Default `modelspine.classification`. */
  readonly classification: string
  /** What the names of entries with metrics begin with. Default `modelspine.metric.`. */
  readonly metrics: string
}

export interface SagemakerRegistrySettings {
  readonly name: string
  readonly artifact: SagemakerArtifact
  readonly metadata: SagemakerMetadata
  /** Undefined: no aliases. */
  readonly aliasTags: string | undefined
  readonly packaging: ((fresh: NewModelVersion) => SagemakerPackaging) | undefined
  /** Undefined: never. */
  readonly pollMs: number | undefined
}

/** What the names of entries begin with that keep other facts which `register` was told. */
export const factsPrefix = 'modelspine.facts.'

const defaults: SagemakerMetadata = {
  owner: 'modelspine.owner',
  classification: 'modelspine.classification',
  metrics: 'modelspine.metric.',
}

/** Throws `invalid-options` and names the field. */
export function checkRegistryOptions(options: SagemakerRegistryOptions): SagemakerRegistrySettings {
  const { name = 'sagemaker', artifact = 'package', aliasTags = 'modelspine.alias.', packaging } = options
  const { pollMs = 30_000 } = options
  if (artifact !== 'package' && artifact !== 'model-data') {
    throw wrongOption('artifact', `is "${String(artifact)}": write package or model-data`)
  }
  const metadata = { ...defaults, ...options.metadata }
  const taken = new Set([factsPrefix])
  for (const [field, key] of Object.entries(metadata)) {
    if (!isMetadataKey(key)) throw wrongOption(`metadata.${field}`, `is "${key}": ${keyRemedy}`)
    if ([...taken].some((other) => other.startsWith(key) || key.startsWith(other))) {
      throw wrongOption(`metadata.${field}`, `is "${key}", which has another use: write another name`)
    }
    taken.add(key)
  }
  if (aliasTags !== false && !(isMetadataKey(aliasTags) && !/^aws:/i.test(aliasTags))) {
    throw wrongOption('aliasTags', `is "${aliasTags}": ${keyRemedy}, and not aws: at its beginning`)
  }
  if (pollMs !== false && !(pollMs > 0)) {
    throw wrongOption('pollMs', `is ${pollMs}: give milliseconds above 0, or false`)
  }
  return {
    name,
    artifact,
    metadata,
    aliasTags: aliasTags === false ? undefined : aliasTags,
    packaging: packaging && (typeof packaging === 'function' ? packaging : () => packaging),
    pollMs: pollMs === false ? undefined : pollMs,
  }
}

const keyRemedy = 'write letters, digits, spaces and _.:/=+-@, up to 100'
