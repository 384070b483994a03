import { type ZodType, z } from 'zod'

export interface EndpointTag {
  readonly Key: string
  readonly Value: string
}

export interface VariantReply {
  readonly VariantName: string
  readonly CurrentWeight?: number | null | undefined
  readonly DesiredWeight?: number | null | undefined
  readonly CurrentInstanceCount?: number | null | undefined
  readonly DesiredInstanceCount?: number | null | undefined
}

type VariantReplies = readonly VariantReply[] | null | undefined

export interface EndpointReply {
  readonly EndpointArn: string
  readonly EndpointConfigName?: string | null | undefined
  readonly EndpointStatus: string
  readonly FailureReason?: string | null | undefined
  /** Seconds since the epoch. */
  readonly LastModifiedTime: number
  readonly ProductionVariants?: VariantReplies
  readonly PendingDeploymentSummary?:
    | { readonly EndpointConfigName: string; readonly ProductionVariants?: VariantReplies }
    | null
    | undefined
}

// Lenient: only what is used is asked for, and unknown members may come.
const text = z.string().nullish()
const number = z.number().nullish()

const variants: ZodType<VariantReplies> = z
  .array(
    z.object({
      VariantName: z.string(),
      CurrentWeight: number,
      DesiredWeight: number,
      CurrentInstanceCount: number,
      DesiredInstanceCount: number,
    }),
  )
  .nullish()

export const endpointReply: ZodType<EndpointReply> = z.object({
  EndpointArn: z.string(),
  EndpointConfigName: text,
  EndpointStatus: z.string(),
  FailureReason: text,
  LastModifiedTime: z.number(),
  ProductionVariants: variants,
  PendingDeploymentSummary: z
    .object({ EndpointConfigName: z.string(), ProductionVariants: variants })
    .nullish(),
})

/** A variant of a config is written again as it was read. */
export interface ConfigVariant extends Readonly<Record<string, unknown>> {
  readonly VariantName: string
  readonly ModelName?: string | null | undefined
}

export interface ConfigReply extends Readonly<Record<string, unknown>> {
  readonly ProductionVariants: readonly ConfigVariant[]
}

export const configReply: ZodType<ConfigReply> = z.looseObject({
  ProductionVariants: z.array(z.looseObject({ VariantName: z.string(), ModelName: text })),
})

export const modelReply: ZodType<{ readonly ModelName: string }> = z.object({ ModelName: z.string() })

/** What a list says of an endpoint, a config or a model. */
export interface Listed {
  readonly name: string
  readonly arn: string
}

export interface ListedModel extends Listed {
  readonly createdMs: number
}

export interface ListPage<Item> {
  readonly items: readonly Item[]
  readonly next: string | undefined
}

const token: ZodType<string | undefined> = z
  .string()
  .nullish()
  .transform((given) => given || undefined)

export const endpointPage: ZodType<ListPage<Listed>> = z
  .object({
    Endpoints: z.array(z.object({ EndpointName: z.string(), EndpointArn: z.string() })),
    NextToken: token,
  })
  .transform(({ Endpoints, NextToken: next }) => ({
    items: Endpoints.map(({ EndpointName: name, EndpointArn: arn }) => ({ name, arn })),
    next,
  }))

export const configPage: ZodType<ListPage<Listed>> = z
  .object({
    EndpointConfigs: z.array(z.object({ EndpointConfigName: z.string(), EndpointConfigArn: z.string() })),
    NextToken: token,
  })
  .transform(({ EndpointConfigs, NextToken: next }) => ({
    items: EndpointConfigs.map(({ EndpointConfigName: name, EndpointConfigArn: arn }) => ({ name, arn })),
    next,
  }))

export const modelPage: ZodType<ListPage<ListedModel>> = z
  .object({
    Models: z.array(z.object({ ModelName: z.string(), ModelArn: z.string(), CreationTime: z.number() })),
    NextToken: token,
  })
  .transform(({ Models, NextToken: next }) => ({
    items: Models.map(({ ModelName: name, ModelArn: arn, CreationTime }) => ({
      name,
      arn,
      createdMs: Math.round(CreationTime * 1000),
    })),
    next,
  }))

export const tagPage: ZodType<ListPage<EndpointTag>> = z
  .object({ Tags: z.array(z.object({ Key: z.string(), Value: z.string() })).nullish(), NextToken: token })
  .transform(({ Tags, NextToken: next }) => ({ items: Tags ?? [], next }))
