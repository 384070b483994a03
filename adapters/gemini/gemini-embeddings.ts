import { type CallContext, type EmbedReply, type EmbedRequest, ModelspineError } from 'modelspine/adapter'
import {
  checkCount,
  fewAtOnce,
  inBatches,
  inputUsage,
  textsOf,
  valuesOf,
} from '../shared/google/gemini/embeddings.ts'
import { answered, type GeminiReach, modelRequest } from '../shared/google/gemini/gemini-reach.ts'

/** The most inputs of one call. */
const mostInputs = 100

/** Embeddings by `batchEmbedContents`. More inputs than one call takes are several calls, one after the other. */
export async function embedWithGemini(
  reach: GeminiReach,
  vendor: string,
  request: EmbedRequest,
  context: CallContext,
): Promise<EmbedReply> {
  const { model, dimensions, options } = request
  const named = reach.pathOf(model).slice(1)
  const entry = {
    ...options?.[vendor],
    ...(dimensions !== undefined && { outputDimensionality: dimensions }),
  }
  const replies = await fewAtOnce(inBatches(textsOf(request), mostInputs), 1, async (texts) => {
    const requests = texts.map((text) => ({ ...entry, model: named, content: { parts: [{ text }] } }))
    const sent = modelRequest(reach, { model, method: 'batchEmbedContents', body: { requests } }, context)
    const { embeddings, usage } = readBatch(await answered(reach, sent))
    checkCount(embeddings, texts.length)
    return { embeddings, usage }
  })
  return {
    model,
    embeddings: replies.flatMap(({ embeddings }) => embeddings).map((each, place) => valuesOf(each, place)),
    usage: inputUsage(replies.map(({ usage }) => usage)),
  }
}

interface Batch {
  readonly embeddings: readonly unknown[]
  readonly usage: unknown
}

function readBatch({ embeddings, usageMetadata }: Readonly<Record<string, unknown>>): Batch {
  if (!Array.isArray(embeddings)) throw new ModelspineError('malformed-reply', 'the reply has no embeddings')
  return {
    embeddings,
    usage: (usageMetadata as { promptTokenCount?: unknown } | undefined)?.promptTokenCount,
  }
}
