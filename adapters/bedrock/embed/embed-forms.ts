import { type EmbedRequest, notCarried, type Usage } from 'modelspine/adapter'
import { malformed } from '../bedrock-errors.ts'

/**
 * How a family of models takes texts: Titan's text models of both generations, Titan's multimodal model with texts only, and
 * Cohere's of the third and fourth generation.
 */
export type BedrockEmbedForm = 'titan-v1' | 'titan-v2' | 'titan-image' | 'cohere-v3' | 'cohere-v4'

/** What one call answered. */
export interface EmbedAnswer {
  readonly embeddings: readonly (readonly number[])[]
  /** Where the body says it. */
  readonly usage?: Usage
}

export interface EmbedFormCalls {
  /** The most texts of one call. */
  readonly most: number
  /** What says the length of an embedding. Undefined where a model has one length only. */
  dimensions(length: number): object | undefined
  /** What is said unless the caller's own options say otherwise. */
  readonly usual?: object
  body(texts: readonly string[]): object
  read(body: Readonly<Record<string, unknown>>): EmbedAnswer
}

const titan = {
  most: 1,
  body: ([inputText]: readonly string[]) => ({ inputText }),
  read({ embedding, inputTextTokenCount: inputTokens }: Readonly<Record<string, unknown>>): EmbedAnswer {
    return {
      embeddings: vectorsOf([embedding]),
      ...(typeof inputTokens === 'number' && { usage: { inputTokens } }),
    }
  },
}

const cohere = {
  most: 96,
  usual: { input_type: 'search_document' },
  body: (texts: readonly string[]) => ({ texts }),
  read({ embeddings }: Readonly<Record<string, unknown>>): EmbedAnswer {
    const { float } = (embeddings ?? {}) as { readonly float?: unknown }
    return { embeddings: vectorsOf(Array.isArray(embeddings) ? embeddings : float) }
  },
}

const oneLength = (): undefined => undefined

export const embedForms: Readonly<Record<BedrockEmbedForm, EmbedFormCalls>> = {
  'titan-v1': { ...titan, dimensions: oneLength },
  'titan-v2': { ...titan, dimensions: (dimensions) => ({ dimensions }) },
  'titan-image': {
    ...titan,
    dimensions: (outputEmbeddingLength) => ({ embeddingConfig: { outputEmbeddingLength } }),
  },
  'cohere-v3': { ...cohere, dimensions: oneLength },
  'cohere-v4': { ...cohere, dimensions: (output_dimension) => ({ output_dimension }) },
}

function vectorsOf(vectors: unknown): readonly (readonly number[])[] {
  const isRight =
    Array.isArray(vectors) && vectors.every((each) => Array.isArray(each) && each.every(Number.isFinite))
  if (!isRight) throw malformed('the reply has no embedding')
  return vectors
}

/** In the order of most particular first. Found anywhere in an ARN or in the id of an inference profile. */
const named: readonly (readonly [name: RegExp, form: BedrockEmbedForm])[] = [
  [/amazon\.titan-embed-text-v2/, 'titan-v2'],
  [/amazon\.titan-embed-image/, 'titan-image'],
  [/amazon\.titan-embed-(text|g1)/, 'titan-v1'],
  [/cohere\.embed-v4/, 'cohere-v4'],
  [/cohere\.embed-/, 'cohere-v3'],
]

/** Throws `unsupported` for a model whose name does not tell how it takes texts. */
export function embedFormOf(model: string): BedrockEmbedForm {
  const [, form] = named.find(([name]) => name.test(model)) ?? []
  if (form !== undefined) return form
  throw notCarried(
    `Bedrock: nothing tells how "${model}" takes texts to embed: give the option embedForm, or name a model of Titan or Cohere`,
  )
}

/** Throws `unsupported` for token ids. */
export function textsOf({ input }: Pick<EmbedRequest, 'input'>): readonly string[] {
  if (input.every((each) => typeof each === 'string')) return input
  throw notCarried('Bedrock: models embed texts, and input has token ids', { details: { field: 'input' } })
}
