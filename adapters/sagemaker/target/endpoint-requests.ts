import type { ArtifactFile, Revision, Scale } from 'modelspine/adapter'
import type { ConfigReply, ConfigVariant, EndpointTag } from './endpoint-replies.ts'
import { deploymentConfig, type SagemakerGuardrails } from './guarded/guardrails.ts'
import type { TargetConfig } from './target-options.ts'
import { type SagemakerSettings, settingsOf } from './target-settings.ts'

/** The environment variable that tells a container its revision. */
export const revisionVariable = 'MODELSPINE_REVISION'

type Defaults = Pick<TargetConfig, 'executionRole' | 'instanceType' | 'image'>

/** The settings of a revision, with the target's defaults. */
export function completeSettings(revision: Revision, defaults: Defaults): SagemakerSettings {
  const { executionRole, instanceType, image } = defaults
  return {
    ...(executionRole !== undefined && { executionRole }),
    ...(instanceType !== undefined && { instanceType }),
    ...(image !== undefined && { image }),
    ...settingsOf(revision.settings),
  }
}

/** Whether an address is that of a model package, which brings its image. */
export function isPackage({ uri }: ArtifactFile): boolean {
  return /^arn:aws[a-z-]*:sagemaker:[^:]+:\d{12}:model-package\/.+/.test(uri)
}

/** The one file of a revision that was not refused. */
export function fileOf({ model: { artifact } }: Revision): ArtifactFile {
  const [file] = artifact.kind === 'files' ? artifact.files : []
  if (file === undefined) throw new TypeError('the artifact has no file')
  return file
}

/** The input of CreateModel for a revision that was not refused. */
export function modelInput(
  name: string,
  revision: Revision,
  defaults: Defaults,
  tags: readonly EndpointTag[],
): object {
  const { image, executionRole, vpc, networkIsolation } = completeSettings(revision, defaults)
  return {
    ModelName: name,
    PrimaryContainer: {
      ...containerOf(fileOf(revision), image),
      Environment: { ...revision.runtime.env, [revisionVariable]: revision.name },
    },
    ExecutionRoleArn: executionRole,
    ...(vpc !== undefined && { VpcConfig: { SecurityGroupIds: vpc.securityGroups, Subnets: vpc.subnets } }),
    ...(networkIsolation !== undefined && { EnableNetworkIsolation: networkIsolation }),
    Tags: tags,
  }
}

/** An archive, a folder whose address ends in `/`, or a file. */
function containerOf(file: ArtifactFile, image: string | undefined): object {
  const { uri } = file
  if (isPackage(file)) return { ModelPackageName: uri }
  if (/\.(tar\.gz|tgz)$/.test(uri)) return { Image: image, ModelDataUrl: uri }
  const S3DataType = uri.endsWith('/') ? 'S3Prefix' : 'S3Object'
  const source = { S3Uri: uri, S3DataType, CompressionType: 'None' }
  return { Image: image, ModelDataSource: { S3DataSource: source } }
}

/** A variant of a new revision. */
export function variantInput(
  revision: Revision,
  model: string,
  defaults: Defaults,
  { scale, weight }: { readonly scale: Scale; readonly weight: number },
): ConfigVariant {
  const settings = completeSettings(revision, defaults)
  const { instanceType, volumeSizeInGB, downloadTimeoutSeconds, startupTimeoutSeconds, routing } = settings
  return {
    VariantName: revision.name,
    ModelName: model,
    InstanceType: instanceType,
    InitialInstanceCount: scale.min,
    InitialVariantWeight: weight,
    ...(volumeSizeInGB !== undefined && { VolumeSizeInGB: volumeSizeInGB }),
    ...(downloadTimeoutSeconds !== undefined && {
      ModelDataDownloadTimeoutInSeconds: downloadTimeoutSeconds,
    }),
    ...(startupTimeoutSeconds !== undefined && {
      ContainerStartupHealthCheckTimeoutInSeconds: startupTimeoutSeconds,
    }),
    ...(routing !== undefined && { RoutingConfig: { RoutingStrategy: strategies[routing] } }),
  }
}

const strategies = {
  random: 'RANDOM',
  'least-outstanding-requests': 'LEAST_OUTSTANDING_REQUESTS',
} as const

/** What an endpoint has besides its variants. */
export function wholeOf({ dataCapture, kmsKey }: SagemakerSettings): object {
  return {
    ...(kmsKey !== undefined && { KmsKeyId: kmsKey }),
    ...(dataCapture !== undefined && {
      DataCaptureConfig: {
        EnableCapture: true,
        InitialSamplingPercentage: dataCapture.samplingPercent,
        DestinationS3Uri: dataCapture.destination,
        CaptureOptions: dataCapture.capture.map((each) => ({ CaptureMode: modes[each] })),
        ...(dataCapture.kmsKey !== undefined && { KmsKeyId: dataCapture.kmsKey }),
      },
    }),
  }
}

const modes = { input: 'Input', output: 'Output' } as const

/** The same, of a config that is there. */
export function wholeIn({ KmsKeyId, DataCaptureConfig }: ConfigReply): object {
  return {
    ...(typeof KmsKeyId === 'string' && { KmsKeyId }),
    ...(typeof DataCaptureConfig === 'object' && DataCaptureConfig !== null && { DataCaptureConfig }),
  }
}

export interface ConfigContent {
  readonly ProductionVariants: readonly ConfigVariant[]
}

export function configInput(name: string, content: ConfigContent, tags: readonly EndpointTag[]): object {
  return { EndpointConfigName: name, ...content, Tags: tags }
}

export function createInput(endpoint: string, config: string, tags: readonly EndpointTag[]): object {
  return { EndpointName: endpoint, EndpointConfigName: config, Tags: tags }
}

/**
 * Without `RetainAllVariantProperties`, SageMaker sets counts and weights back to those of the config, and so undoes
 * what autoscaling did. What is captured shall follow the config.
 */
export function updateInput(endpoint: string, config: string, guardrails?: SagemakerGuardrails): object {
  return {
    EndpointName: endpoint,
    EndpointConfigName: config,
    RetainAllVariantProperties: true,
    ExcludeRetainedVariantProperties: [{ VariantPropertyType: 'DataCaptureConfig' }],
    ...(guardrails !== undefined && { DeploymentConfig: deploymentConfig(guardrails) }),
  }
}

/** What a variant shall have. What is left out stays. */
export interface DesiredVariant {
  readonly name: string
  readonly weight?: number
  readonly count?: number
}

export function desiredInput(endpoint: string, variants: readonly DesiredVariant[]): object {
  return {
    EndpointName: endpoint,
    DesiredWeightsAndCapacities: variants.map(({ name, weight, count }) => ({
      VariantName: name,
      ...(weight !== undefined && { DesiredWeight: weight }),
      ...(count !== undefined && { DesiredInstanceCount: count }),
    })),
  }
}
