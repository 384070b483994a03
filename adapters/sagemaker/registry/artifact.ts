import type { Artifact, ArtifactFile } from 'modelspine/adapter'
import type { ContainerRecord, PackageRecord } from './package-replies.ts'

/**
 * What the artifact of a version says, and how a target of SageMaker reads it.
 *
 * - `package` (default): one file, whose address is the ARN of the model package:
 *   `arn:aws:sagemaker:eu-west-1:123456789012:model-package/churn/3`. CreateModel takes it as `ModelPackageName` of a
 *   container, and so everything that the package says holds: its images, environment, data and algorithm. SageMaker
 *   itself then refuses a version that is not approved. Only targets of SageMaker can run it.
 * - `model-data`: the addresses of the data of all containers, in order. Targets of other vendors can run it, with a
 *   runtime of their own. Images and environment are not in it.
 *
 * A SageMaker target that is given another address, such as the `s3:` of another registry, needs the image from its
 * settings.
 */
export type SagemakerArtifact = 'package' | 'model-data'

const packageArn =
  /^(arn:aws[a-z-]*:sagemaker:[a-z0-9-]+:\d{12}:)model-package\/([a-zA-Z0-9][a-zA-Z0-9-]{0,62})\/(\d{1,9})$/

/** What the address of a versioned model package names. */
export interface PackageAddress {
  readonly arn: string
  /** The ARN of its group. */
  readonly group: string
  readonly version: string
}

/** Undefined for an address of anything else. */
export function packageAddress(uri: string): PackageAddress | undefined {
  const [, place, name, version] = packageArn.exec(uri) ?? []
  if (place === undefined || name === undefined || version === undefined) return undefined
  return { arn: uri, group: `${place}model-package-group/${name}`, version }
}

/** The ARN of a version in a group. SageMaker writes it in small letters, whatever those of the group are. */
export function packageArnIn(groupArn: string, version: string): string {
  return `${groupArn.replace(':model-package-group/', ':model-package/').toLowerCase()}/${version}`
}

/** Digests are those that `register` was told, by address. */
export function artifactOf(
  record: PackageRecord,
  kind: SagemakerArtifact,
  digests: Readonly<Record<string, string>>,
): Artifact {
  const files = kind === 'package' ? [{ uri: record.ModelPackageArn }] : modelData(record)
  return {
    kind: 'files',
    files: files.map(({ uri }) => {
      const digest = Object.hasOwn(digests, uri) ? digests[uri] : undefined
      return { uri, ...(digest !== undefined && { digest }) }
    }),
  }
}

/** The data of all containers, each address once. */
export function modelData({ InferenceSpecification }: PackageRecord): readonly ArtifactFile[] {
  const uris = (InferenceSpecification?.Containers ?? []).flatMap(dataOf)
  return [...new Set(uris)].map((uri) => ({ uri }))
}

function dataOf(container: ContainerRecord): readonly string[] {
  const { ModelDataUrl, ModelDataSource, AdditionalModelDataSources } = container
  const main = ModelDataUrl || ModelDataSource?.S3DataSource?.S3Uri
  const others = (AdditionalModelDataSources ?? []).flatMap(({ S3DataSource }) => S3DataSource?.S3Uri || [])
  return [...(main ? [main] : []), ...others]
}
