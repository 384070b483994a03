import { type ZodType, z } from 'zod'

/** What is read of SageMaker's answers. Other members are kept. */

const text = z.string().nullish()
const token = z.string().nullish()
/** Seconds since the epoch, with a fraction. */
const time = z.number()

type Text = string | null | undefined

export interface GroupRecord {
  readonly ModelPackageGroupName: string
  readonly ModelPackageGroupArn: string
  readonly ModelPackageGroupStatus?: Text
}

const group: ZodType<GroupRecord> = z.looseObject({
  ModelPackageGroupName: z.string(),
  ModelPackageGroupArn: z.string(),
  ModelPackageGroupStatus: text,
})
export const groupReply: ZodType<GroupRecord> = group

/** A version as lists have it. They have no metadata, and nothing of its containers. */
export interface PackageSummary {
  readonly ModelPackageArn: string
  readonly ModelPackageGroupName?: Text
  readonly ModelPackageVersion?: number | null | undefined
  readonly CreationTime: number
  readonly ModelPackageStatus: string
  readonly ModelApprovalStatus?: Text
}

const summaryShape = {
  ModelPackageArn: z.string(),
  ModelPackageGroupName: text,
  ModelPackageVersion: z.number().nullish(),
  CreationTime: time,
  ModelPackageStatus: z.string(),
  ModelApprovalStatus: text,
}
const summary: ZodType<PackageSummary> = z.looseObject(summaryShape)

export interface DataSource {
  readonly S3DataSource?: { readonly S3Uri?: Text } | null | undefined
}

const dataSource: ZodType<DataSource> = z.looseObject({
  S3DataSource: z.looseObject({ S3Uri: text }).nullish(),
})

export interface ContainerRecord {
  readonly ModelDataUrl?: Text
  readonly ModelDataSource?: DataSource | null | undefined
  readonly AdditionalModelDataSources?: readonly DataSource[] | null | undefined
}

const container: ZodType<ContainerRecord> = z.looseObject({
  ModelDataUrl: text,
  ModelDataSource: dataSource.nullish(),
  AdditionalModelDataSources: z.array(dataSource).nullish(),
})

export interface PackageRecord extends PackageSummary {
  readonly InferenceSpecification?:
    | { readonly Containers?: readonly ContainerRecord[] | null | undefined }
    | null
    | undefined
  readonly CustomerMetadataProperties?: Readonly<Record<string, string>> | null | undefined
  readonly MetadataProperties?: { readonly CommitId?: Text; readonly GeneratedBy?: Text } | null | undefined
  readonly SourceUri?: Text
}

export const packageReply: ZodType<PackageRecord> = z.looseObject({
  ...summaryShape,
  InferenceSpecification: z.looseObject({ Containers: z.array(container).nullish() }).nullish(),
  CustomerMetadataProperties: z.record(z.string(), z.string()).nullish(),
  MetadataProperties: z.looseObject({ CommitId: text, GeneratedBy: text }).nullish(),
  SourceUri: text,
})

export const createdReply: ZodType<{ readonly ModelPackageArn: string }> = z.looseObject({
  ModelPackageArn: z.string(),
})

export interface PackagePage<Item> {
  readonly items: readonly Item[]
  readonly next: string | undefined
}

export const groupsPage: ZodType<PackagePage<GroupRecord>> = pageOf('ModelPackageGroupSummaryList', group)
export const packagesPage: ZodType<PackagePage<PackageSummary>> = pageOf('ModelPackageSummaryList', summary)
export const tagsPage: ZodType<PackagePage<Tag>> = pageOf(
  'Tags',
  z.looseObject({ Key: z.string(), Value: z.string() }),
)

export interface Tag {
  readonly Key: string
  readonly Value: string
}

function pageOf<Item>(field: string, item: ZodType<Item>): ZodType<PackagePage<Item>> {
  return z.looseObject({ [field]: z.array(item).nullish(), NextToken: token }).transform((page) => ({
    items: (page[field] as readonly Item[] | null | undefined) ?? [],
    next: (page.NextToken as string | null | undefined) || undefined,
  }))
}
