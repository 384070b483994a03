import type { TensorSpec } from 'modelspine/adapter'
import { z } from 'zod'

const tensor: z.ZodType<TensorSpec> = z.object({
  name: z.string(),
  datatype: z.string(),
  shape: z.array(z.coerce.number()),
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

/** The path of a model below the server's base URL. */
export function modelPath(model: string, version: string | undefined): string {
  const path = `/v2/models/${encodeURIComponent(model)}`
  return version === undefined ? path : `${path}/versions/${encodeURIComponent(version)}`
}
