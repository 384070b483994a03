import type { EmbeddingModelV4CallOptions, EmbeddingModelV4Result, SharedV4Warning } from '@ai-sdk/provider'
import { ModelspineError } from '../../errors.ts'
import { notCarried } from '../../provider/contract/not-carried.ts'
import {
  type EmbedReply,
  type EmbedRequest,
  editedFields,
  nativeObject,
  originalOf,
  type VendorOptions,
  withNativeObject,
} from '../../provider/contract.ts'
import {
  aiSdkEmbedDialect,
  type NativeEmbedCall,
  providerOptions,
  splitOptions,
  vendorOptions,
} from './dialect.ts'

type Embed = Omit<EmbedRequest, 'model'>

/** Reads a call of the AI SDK. `own` are options for providers that are not models of the AI SDK. */
export function readEmbed(
  given: EmbeddingModelV4CallOptions,
  own: VendorOptions = {},
): { readonly request: Embed; readonly uncarried: readonly SharedV4Warning[] } {
  const { abortSignal: _, providerOptions: provided, ...rest } = given
  const { others } = splitOptions(provided)
  const call: NativeEmbedCall = others === undefined ? rest : { ...rest, providerOptions: others }
  const options = { ...own, ...vendorOptions(provided).options }
  const request: Embed = {
    input: given.values,
    ...(given.dimensions === undefined ? {} : { dimensions: given.dimensions }),
    ...(Object.keys(options).length === 0 ? {} : { options }),
  }
  const uncarried = Object.keys(others ?? {}).map(
    (name): SharedV4Warning => ({
      type: 'unsupported',
      feature: `providerOptions.${name}`,
      details: 'only models of the AI SDK read it; see providerOptions.modelspine.options',
    }),
  )
  return { request: withNativeObject(request, aiSdkEmbedDialect, call), uncarried }
}

/** The call of a model. Throws `unsupported` for token ids, because the AI SDK knows only texts. */
export function writeEmbed(request: EmbedRequest): NativeEmbedCall {
  const original = originalOf(request, aiSdkEmbedDialect)
  const before = original?.object as NativeEmbedCall | undefined
  const edited = original === undefined ? [] : editedFields(request, original.value)
  if (before !== undefined && edited.every((field) => field === 'model')) return before
  const values = request.input.map((input) => {
    if (typeof input === 'string') return input
    throw notCarried('the AI SDK embeds texts, and no token ids', { details: { field: 'input' } })
  })
  const { providerOptions: _, dimensions: __, ...rest } = before ?? { values }
  return {
    ...rest,
    values,
    ...(request.dimensions === undefined ? {} : { dimensions: request.dimensions }),
    ...providerOptions(request.options),
  }
}

/** A result of a model. Throws `malformed-reply` unless it has one embedding for each input. */
export function readEmbedReply(result: EmbeddingModelV4Result, model: string, inputs: number): EmbedReply {
  const { embeddings, usage } = result
  if (embeddings.length !== inputs) {
    const message = `the reply has ${embeddings.length} embeddings for ${inputs} inputs`
    throw new ModelspineError('malformed-reply', message)
  }
  const reply = { model, embeddings, usage: usage === undefined ? {} : { inputTokens: usage.tokens } }
  return withNativeObject(reply, aiSdkEmbedDialect, result)
}

/** The result of a model of the AI SDK as it came. Any other one, and one that was edited, is made. */
export function writeEmbedReply(
  reply: EmbedReply,
  uncarried: readonly SharedV4Warning[],
): EmbeddingModelV4Result {
  const native = nativeObject(reply, aiSdkEmbedDialect)
  if (native !== undefined) return native as EmbeddingModelV4Result
  const original = originalOf(reply, aiSdkEmbedDialect)?.object as EmbeddingModelV4Result | undefined
  const { inputTokens } = reply.usage
  return {
    embeddings: reply.embeddings.map((each) => (typeof each === 'string' ? unpacked(each) : [...each])),
    ...(inputTokens === undefined ? {} : { usage: { tokens: inputTokens } }),
    warnings: original?.warnings ?? [...uncarried],
  }
}

/** Base64 of little-endian float32. */
function unpacked(text: string): number[] {
  const bytes = Buffer.from(text, 'base64')
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, at) => bytes.readFloatLE(at * 4))
}
