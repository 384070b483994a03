import { z } from 'zod'
import { path, type VendorRequest } from '../shared/vendor-client.ts'

/**
 * MLflow's REST API, as far as it is used. Replies leave out empty lists and empty texts, and write numbers of
 * 64 bits as numbers or as texts. The schemas keep fields that they do not know.
 */

const api = '/api/2.0/mlflow'

/** The artifact store that MLflow serves. */
export const artifactRoute = '/api/2.0/mlflow-artifacts/artifacts'

type Call = Omit<VendorRequest, 'abortSignal'>

export const getModel = (name: string): Call => read('/registered-models/get', { name })

export const getVersion = (name: string, version: string): Call =>
  read('/model-versions/get', { name, version })

export const getAlias = (name: string, alias: string): Call =>
  read('/registered-models/alias', { name, alias })

export const getDownloadUri = (name: string, version: string): Call =>
  read('/model-versions/get-download-uri', { name, version })

export const getRun = (run: string): Call => read('/runs/get', { run_id: run })

export const getLoggedModel = (id: string): Call => read(path`/logged-models/${id}`, {})

export interface SearchOptions {
  readonly filter?: string
  readonly orderBy: readonly string[]
  readonly maxResults: number
  readonly pageToken?: string | undefined
}

export const searchModels = (options: SearchOptions): Call =>
  read('/registered-models/search', searchQuery(options))

export const searchVersions = (options: SearchOptions): Call =>
  read('/model-versions/search', searchQuery(options))

export const createModel = (name: string): Call => write('POST', '/registered-models/create', { name })

export interface NewVersionBody {
  readonly name: string
  readonly source: string
  readonly run_id?: string
  readonly model_id?: string
  readonly tags: readonly TagRecord[]
}

export const createVersion = (body: NewVersionBody): Call => write('POST', '/model-versions/create', body)

export const deleteVersion = (name: string, version: string): Call =>
  write('DELETE', '/model-versions/delete', { name, version })

export const writeAlias = (name: string, alias: string, version: string | null): Call =>
  version === null
    ? write('DELETE', '/registered-models/alias', { name, alias })
    : write('POST', '/registered-models/alias', { name, alias, version })

/** Setting a tag to a value, or removing it, can be repeated. */
export const writeTag = (name: string, version: string, key: string, value: string | null): Call =>
  value === null
    ? write('DELETE', '/model-versions/delete-tag', { name, version, key })
    : write('POST', '/model-versions/set-tag', { name, version, key, value })

/** What the folder `at` of the artifact store that MLflow serves holds. */
export const listArtifacts = (at: string): Call => ({
  method: 'GET',
  path: artifactRoute,
  query: { path: at },
})

/** A file of the artifact store that MLflow serves. */
export const getArtifact = (at: string): Call => ({
  method: 'GET',
  path:
    artifactRoute +
    at
      .split('/')
      .map((name) => path`/${name}`)
      .join(''),
})

/** A file of a version, in whatever store, which MLflow reads with its own credentials. */
export const getVersionFile = (name: string, version: string, file: string): Call => ({
  method: 'GET',
  path: '/model-versions/get-artifact',
  query: { name, version, path: file },
})

/**
 * The filter that finds the versions of a model. MLflow's filters know no escape for quotes. A name with both
 * kinds is searched with a wildcard in the place of each, so the answer may hold versions of other models.
 */
export function nameFilter(name: string): string {
  if (!name.includes("'")) return `name = '${name}'`
  if (!name.includes('"')) return `name = "${name}"`
  return `name LIKE '${name.replaceAll(/['"]/g, '_')}'`
}

/** Neither `key` nor `value` may have quotes. */
export const tagFilter = (key: string, value: string): string => `tags.\`${key}\` = '${value}'`

function read(at: string, query: NonNullable<Call['query']>): Call {
  return { method: 'GET', path: api + at, query }
}

function write(method: 'POST' | 'DELETE', at: string, body: object): Call {
  return { method, path: api + at, body }
}

function searchQuery({ filter, orderBy, maxResults, pageToken }: SearchOptions): NonNullable<Call['query']> {
  return { filter, order_by: orderBy, max_results: maxResults, page_token: pageToken }
}

const text = z.string().nullish()
const whole = z.union([z.number(), z.string().regex(/^-?\d+$/)])

export interface TagRecord {
  readonly key: string
  readonly value?: string | null | undefined
}

const tags = z.array(z.looseObject({ key: z.string(), value: text })).nullish()

export interface VersionRecord {
  readonly name: string
  readonly version: string
  readonly creation_timestamp: number | string
  readonly last_updated_timestamp?: number | string | null | undefined
  readonly current_stage?: string | null | undefined
  readonly source?: string | null | undefined
  readonly run_id?: string | null | undefined
  readonly model_id?: string | null | undefined
  readonly status?: string | null | undefined
  readonly status_message?: string | null | undefined
  readonly tags?: readonly TagRecord[] | null | undefined
  /** Only in answers about one version, never in those of searches (mlflow#16734). */
  readonly aliases?: readonly string[] | null | undefined
}

const version: z.ZodType<VersionRecord> = z.looseObject({
  name: z.string(),
  version: z.coerce.string(),
  creation_timestamp: whole,
  last_updated_timestamp: whole.nullish(),
  current_stage: text,
  source: text,
  run_id: text,
  model_id: text,
  status: text,
  status_message: text,
  tags,
  aliases: z.array(z.string()).nullish(),
})

export interface ModelRecord {
  readonly name: string
  readonly last_updated_timestamp?: number | string | null | undefined
  readonly tags?: readonly TagRecord[] | null | undefined
  readonly aliases?: readonly { readonly alias: string; readonly version: string }[] | null | undefined
  /** The newest version of each stage. */
  readonly latest_versions?: readonly VersionRecord[] | null | undefined
}

const model: z.ZodType<ModelRecord> = z.looseObject({
  name: z.string(),
  last_updated_timestamp: whole.nullish(),
  tags,
  aliases: z.array(z.looseObject({ alias: z.string(), version: z.coerce.string() })).nullish(),
  latest_versions: z.array(version).nullish(),
})

export const modelReply: z.ZodType<{ readonly registered_model: ModelRecord }> = z.looseObject({
  registered_model: model,
})

export const versionReply: z.ZodType<{ readonly model_version: VersionRecord }> = z.looseObject({
  model_version: version,
})

export interface Page<Item> {
  readonly items: readonly Item[]
  readonly next: string | undefined
}

export const versionsPage: z.ZodType<Page<VersionRecord>> = pageOf('model_versions', version)
export const modelsPage: z.ZodType<Page<ModelRecord>> = pageOf('registered_models', model)

function pageOf<Item>(field: string, item: z.ZodType<Item>): z.ZodType<Page<Item>> {
  return z.looseObject({ [field]: z.array(item).nullish(), next_page_token: text }).transform((page) => ({
    items: (page[field] as readonly Item[] | null | undefined) ?? [],
    next: (page.next_page_token as string | null | undefined) || undefined,
  }))
}

export const downloadUriReply: z.ZodType<{ readonly artifact_uri: string }> = z.looseObject({
  artifact_uri: z.string().min(1),
})

export interface MetricRecord {
  readonly key: string
  /** A text for numbers that JSON does not have, such as `NaN`. */
  readonly value?: number | string | null | undefined
  readonly step?: number | string | null | undefined
  readonly timestamp?: number | string | null | undefined
}

const metrics = z
  .array(
    z.looseObject({
      key: z.string(),
      value: z.union([z.number(), z.string()]).nullish(),
      step: whole.nullish(),
      timestamp: whole.nullish(),
    }),
  )
  .nullish()

export interface RunRecord {
  readonly info: {
    readonly status?: string | null | undefined
    readonly artifact_uri?: string | null | undefined
  }
  readonly data?: Recorded | null | undefined
  readonly inputs?:
    | { readonly dataset_inputs?: readonly DatasetInput[] | null | undefined }
    | null
    | undefined
}

export interface Recorded {
  readonly tags?: readonly TagRecord[] | null | undefined
  readonly metrics?: readonly MetricRecord[] | null | undefined
}

export interface DatasetInput {
  readonly dataset?: { readonly name?: string | null | undefined } | null | undefined
}

export const runReply: z.ZodType<{ readonly run: RunRecord }> = z.looseObject({
  run: z.looseObject({
    info: z.looseObject({ status: text, artifact_uri: text }),
    data: z.looseObject({ tags, metrics }).nullish(),
    inputs: z
      .looseObject({
        dataset_inputs: z
          .array(z.looseObject({ dataset: z.looseObject({ name: text }).nullish() }))
          .nullish(),
      })
      .nullish(),
  }),
})

export interface LoggedModelRecord {
  readonly info: {
    readonly artifact_uri?: string | null | undefined
    readonly source_run_id?: string | null | undefined
    readonly tags?: readonly TagRecord[] | null | undefined
  }
  readonly data?: Pick<Recorded, 'metrics'> | null | undefined
}

export const loggedModelReply: z.ZodType<{ readonly model: LoggedModelRecord }> = z.looseObject({
  model: z.looseObject({
    info: z.looseObject({ artifact_uri: text, source_run_id: text, tags }),
    data: z.looseObject({ metrics }).nullish(),
  }),
})

export interface ListedArtifact {
  /** The last part of its path. */
  readonly path: string
  readonly is_dir?: boolean | null | undefined
  readonly file_size?: number | string | null | undefined
}

export const artifactsReply: z.ZodType<{ readonly files?: readonly ListedArtifact[] | null | undefined }> =
  z.looseObject({
    files: z
      .array(z.looseObject({ path: z.string(), is_dir: z.boolean().nullish(), file_size: whole.nullish() }))
      .nullish(),
  })

export const errorReply: z.ZodType<{
  readonly error_code?: string | null | undefined
  readonly message?: string | null | undefined
}> = z.looseObject({ error_code: text, message: text })
