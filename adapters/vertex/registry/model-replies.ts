import { z } from 'zod'

type Maybe<Value> = Value | null | undefined

/** What the registry reads of a version of a model. The rest stays for `raw`. */
export interface VertexModelRecord {
  /** The whole name of the model. */
  readonly name: string
  readonly versionId?: Maybe<string>
  readonly versionAliases?: Maybe<readonly string[]>
  readonly displayName?: Maybe<string>
  readonly versionDescription?: Maybe<string>
  readonly labels?: Maybe<Readonly<Record<string, string>>>
  readonly artifactUri?: Maybe<string>
  readonly etag?: Maybe<string>
  readonly createTime?: Maybe<string>
  readonly updateTime?: Maybe<string>
  readonly versionCreateTime?: Maybe<string>
  readonly versionUpdateTime?: Maybe<string>
  readonly pipelineJob?: Maybe<string>
  readonly trainingPipeline?: Maybe<string>
  readonly originalModelInfo?: Maybe<{ readonly model?: Maybe<string> }>
}

export interface VertexModelPage {
  readonly models?: Maybe<readonly VertexModelRecord[]>
  readonly nextPageToken?: Maybe<string>
}

const text = z.string().nullish()

export const modelRecord: z.ZodType<VertexModelRecord> = z.looseObject({
  // Lists of versions put `@` and the number behind it.
  name: z.string().transform((name) => name.replace(/@[^@]*$/, '')),
  versionId: text,
  versionAliases: z.array(z.string()).nullish(),
  displayName: text,
  versionDescription: text,
  labels: z.record(z.string(), z.string()).nullish(),
  artifactUri: text,
  etag: text,
  createTime: text,
  updateTime: text,
  versionCreateTime: text,
  versionUpdateTime: text,
  pipelineJob: text,
  trainingPipeline: text,
  originalModelInfo: z.object({ model: text }).nullish(),
})

export const modelPage: z.ZodType<VertexModelPage> = z.object({
  models: z.array(modelRecord).nullish(),
  nextPageToken: text,
})

/** The response of an upload that has ended. */
export const uploadedModel: z.ZodType<{ readonly modelVersionId: string }> = z.object({
  modelVersionId: z.string(),
})
