import type {
  EmbeddingModelV4CallOptions,
  LanguageModelV4CallOptions,
  LanguageModelV4StreamPart,
  LanguageModelV4StreamResult,
  SharedV4ProviderOptions,
} from '@ai-sdk/provider'
import type { VendorOptions } from '../../provider/contract.ts'

/** The dialect of chats: a native form is `LanguageModelV4CallOptions`, a whole result, or a `NativePart`. */
export const aiSdkDialect = 'ai-sdk-v4'

/** The dialect of embeddings: a native form is `EmbeddingModelV4CallOptions` or a whole result. */
export const aiSdkEmbedDialect = 'ai-sdk-embeddings-v4'

/** The vendor of parts, tools and options that only models of the AI SDK know. */
export const aiSdkVendor = 'ai-sdk'

/** The name under which the AI SDK carries what is ours: in provider options, and in provider metadata. */
export const ownName = 'modelspine'

/** A call without what belongs to one attempt of it. */
export type NativeCall = Omit<LanguageModelV4CallOptions, 'abortSignal'>

/** The same for embeddings. */
export type NativeEmbedCall = Omit<EmbeddingModelV4CallOptions, 'abortSignal'>

/** One part of a stream, as the native form of an event. */
export interface NativePart {
  readonly part: LanguageModelV4StreamPart
  /** Its place in the stream, from 0. A gap tells that something was edited or held back before it. */
  readonly place: number
  /** The block that the part begins, continues or ends. */
  readonly block?: number
  /** What the model told of the whole stream. It goes with the first part. */
  readonly opened?: OpenedStream
}

/** What a model tells of a stream besides its parts. */
export type OpenedStream = Pick<LanguageModelV4StreamResult, 'request' | 'response'>

/** What the AI SDK's own providers read. Our providers have other words, so they never see it. */
export function vendorOptions(provided: SharedV4ProviderOptions | undefined): {
  readonly options?: VendorOptions
} {
  const { others } = splitOptions(provided)
  return others === undefined ? {} : { options: { [aiSdkVendor]: others } }
}

/** The options for a model of the AI SDK. */
export function providerOptions(options: VendorOptions | undefined): {
  readonly providerOptions?: SharedV4ProviderOptions
} {
  const entry = options?.[aiSdkVendor]
  return entry === undefined ? {} : { providerOptions: entry as SharedV4ProviderOptions }
}

/** Our own entry, and the others if there are any. */
export function splitOptions(provided: SharedV4ProviderOptions | undefined): {
  readonly own: Readonly<Record<string, unknown>> | undefined
  readonly others: SharedV4ProviderOptions | undefined
} {
  if (provided === undefined || !(ownName in provided)) return { own: undefined, others: provided }
  const { [ownName]: own, ...others } = provided
  return { own, others: Object.keys(others).length === 0 ? undefined : others }
}
