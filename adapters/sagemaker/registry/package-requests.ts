import type { ArtifactFile } from 'modelspine/adapter'
import { packageArnIn } from './artifact.ts'
import type { Tag } from './package-replies.ts'

/** An operation and its input. */
export interface SagemakerRequest {
  readonly operation: string
  readonly input: Readonly<Record<string, unknown>>
}

/** The most that SageMaker gives on a page. */
const pageSize = 100

export const describeGroup = (group: string): SagemakerRequest => ({
  operation: 'DescribeModelPackageGroup',
  input: { ModelPackageGroupName: group },
})

export const listGroups = (next?: string): SagemakerRequest => ({
  operation: 'ListModelPackageGroups',
  input: { SortBy: 'Name', MaxResults: pageSize, ...page(next) },
})

export const createGroup = (group: string): SagemakerRequest => ({
  operation: 'CreateModelPackageGroup',
  input: { ModelPackageGroupName: group },
})

/** Without the model card, which may be encrypted with a key that we may not use. */
export const describePackage = (arn: string): SagemakerRequest => ({
  operation: 'DescribeModelPackage',
  input: { ModelPackageName: arn, IncludedData: 'MetadataOnly' },
})

export interface PackageFilter {
  /** Default: the versions of all groups. */
  readonly group?: string
  readonly approved?: boolean
  readonly newestFirst?: boolean
}

/** Versions. Without the type, a list has only packages that are in no group. */
export const listPackages = (
  { group, approved, newestFirst }: PackageFilter,
  next?: string,
): SagemakerRequest => ({
  operation: 'ListModelPackages',
  input: {
    ...(group === undefined ? { ModelPackageType: 'Versioned' } : { ModelPackageGroupName: group }),
    ...(approved && { ModelApprovalStatus: 'Approved' }),
    SortBy: 'CreationTime',
    SortOrder: newestFirst ? 'Descending' : 'Ascending',
    MaxResults: pageSize,
    ...page(next),
  },
})

export const listTags = (arn: string, next?: string): SagemakerRequest => ({
  operation: 'ListTags',
  input: { ResourceArn: arn, MaxResults: pageSize, ...page(next) },
})

export const addTag = (arn: string, tag: Tag): SagemakerRequest => ({
  operation: 'AddTags',
  input: { ResourceArn: arn, Tags: [tag] },
})

export const deleteTag = (arn: string, key: string): SagemakerRequest => ({
  operation: 'DeleteTags',
  input: { ResourceArn: arn, TagKeys: [key] },
})

export type ApprovalStatus = 'Approved' | 'Rejected' | 'PendingManualApproval'

export interface PackageEdit {
  readonly approval?: ApprovalStatus
  /** All that are to be there. */
  readonly metadata?: Readonly<Record<string, string>>
  readonly remove?: readonly string[]
}

/** Without a token: the same edit may be made again later, and must count again. */
export const updatePackage = (
  arn: string,
  { approval, metadata = {}, remove = [] }: PackageEdit,
): SagemakerRequest => ({
  operation: 'UpdateModelPackage',
  input: {
    ModelPackageArn: arn,
    ...(approval !== undefined && { ModelApprovalStatus: approval }),
    ...(Object.keys(metadata).length > 0 && { CustomerMetadataProperties: metadata }),
    ...(remove.length > 0 && { CustomerMetadataPropertiesToRemove: remove }),
  },
})

export const deletePackage = (groupArn: string, version: string): SagemakerRequest => ({
  operation: 'DeleteModelPackage',
  input: { ModelPackageName: packageArnIn(groupArn, version) },
})

/** What `register` cannot be told and SageMaker must know. */
export interface SagemakerPackaging {
  /** The image of the container that serves the version, in ECR. */
  readonly image: string
  readonly environment?: Readonly<Record<string, string>>
  /** Default `application/json`. */
  readonly contentTypes?: readonly string[]
  /** Default `application/json`. */
  readonly replyTypes?: readonly string[]
}

export interface NewPackage {
  readonly group: string
  readonly files: readonly ArtifactFile[]
  readonly packaging: SagemakerPackaging
  readonly approval: ApprovalStatus | undefined
  readonly metadata: Readonly<Record<string, string>>
  readonly commit: string | undefined
  readonly run: string | undefined
}

export function newPackageInput(fresh: NewPackage): SagemakerRequest['input'] {
  const { group, files, packaging, approval, metadata, commit, run } = fresh
  const {
    image,
    environment,
    contentTypes = ['application/json'],
    replyTypes = ['application/json'],
  } = packaging
  return {
    ModelPackageGroupName: group,
    InferenceSpecification: {
      Containers: [
        { Image: image, ...containerData(files), ...(environment && { Environment: environment }) },
      ],
      SupportedContentTypes: contentTypes,
      SupportedResponseMIMETypes: replyTypes,
    },
    ...(approval !== undefined && { ModelApprovalStatus: approval }),
    ...(Object.keys(metadata).length > 0 && { CustomerMetadataProperties: metadata }),
    ...((commit !== undefined || run !== undefined) && {
      MetadataProperties: {
        ...(commit !== undefined && { CommitId: commit }),
        ...(run !== undefined && { GeneratedBy: run }),
      },
    }),
  }
}

/** The same token lets SageMaker make one version of several equal calls. */
export const createPackage = (input: SagemakerRequest['input'], token: string): SagemakerRequest => ({
  operation: 'CreateModelPackage',
  input: { ...input, ClientToken: token },
})

function containerData([main, ...others]: readonly ArtifactFile[]): SagemakerRequest['input'] {
  if (main === undefined) return {}
  return {
    ...(main.uri.endsWith('.tar.gz')
      ? { ModelDataUrl: main.uri }
      : { ModelDataSource: { S3DataSource: uncompressed(main.uri) } }),
    ...(others.length > 0 && {
      AdditionalModelDataSources: others.map(({ uri }, place) => ({
        ChannelName: `file-${place + 2}`,
        S3DataSource: uri.endsWith('.tar.gz')
          ? { S3Uri: uri, S3DataType: 'S3Object', CompressionType: 'Gzip' }
          : uncompressed(uri),
      })),
    }),
  }
}

function uncompressed(uri: string): SagemakerRequest['input'] {
  return { S3Uri: uri, S3DataType: uri.endsWith('/') ? 'S3Prefix' : 'S3Object', CompressionType: 'None' }
}

function page(next: string | undefined): SagemakerRequest['input'] {
  return next === undefined ? {} : { NextToken: next }
}
