import type { ModelDescription, TensorSpec } from 'modelspine/adapter'
import { z } from 'zod'

const tensor: z.ZodType<TensorSpec> = z.object({
  name: z.string(),
  datatype: z.string(),
  shape: z.array(z.coerce.number().int()),
})

/** A server's description of one of its models. Servers leave out the fields that they do not know. */
export interface OpenInferenceMetadata {
  readonly name: string
  readonly versions?: readonly string[] | null | undefined
  readonly platform?: string | null | undefined
  readonly inputs?: readonly TensorSpec[] | null | undefined
  readonly outputs?: readonly TensorSpec[] | null | undefined
}

export const metadataReply: z.ZodType<OpenInferenceMetadata> = z.object({
  name: z.string(),
  versions: z.array(z.coerce.string()).nullish(),
  platform: z.string().nullish(),
  inputs: z.array(tensor).nullish(),
  outputs: z.array(tensor).nullish(),
})

/** What is used of a server's description of itself. */
export const serverReply: z.ZodType<{ readonly extensions: readonly string[] }> = z.object({
  extensions: z.array(z.string()),
})

/** What a description says of a model. */
export function descriptionOf({ platform, inputs, outputs }: OpenInferenceMetadata): ModelDescription {
  return {
    ...(platform && { platform }),
    ...(inputs && { inputs }),
    ...(outputs && { outputs }),
  }
}

/** The path of a model below the server's base URL. */
export function modelPath(model: string, version: string | undefined): string {
  const path = `/v2/models/${encodeURIComponent(model)}`
  return version === undefined ? path : `${path}/versions/${encodeURIComponent(version)}`
}
