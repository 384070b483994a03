import { type CallContext, type EmbedReply, type EmbedRequest, ModelspineError } from 'modelspine/adapter'
import {
  checkCount,
  fewAtOnce,
  inBatches,
  inputUsage,
  textsOf,
  valuesOf,
} from '../../shared/google/gemini/embeddings.ts'
import { answered, type GeminiReach, modelRequest } from '../../shared/google/gemini/gemini-reach.ts'

/** The most texts that Vertex takes in one call of its older models. */
const mostInputs = 250
/** How many calls are under way at the same time, for models that take one text in a call. */
const mostCalls = 5

type Members = Readonly<Record<string, unknown>>

interface Embedded {
  readonly embeddings: readonly unknown[]
  readonly tokens: readonly unknown[]
}

/**
 * Embeddings of Vertex AI. Models since `gemini-embedding-2` have `embedContent`, and all others `predict`. Texts that are too
 * long are refused, where Vertex would cut them in silence.
 */
export async function embedWithVertex(
  reach: GeminiReach,
  vendor: string,
  request: EmbedRequest,
  context: CallContext,
): Promise<EmbedReply> {
  const { model, dimensions, options } = request
  const texts = textsOf(request)
  const asked: Asked = { reach, model, dimensions, entry: options?.[vendor] ?? {}, context }
  const embedded = hasEmbedContent(model)
    ? await fewAtOnce(texts, mostCalls, (text) => embedContent(text, asked))
    : await fewAtOnce(inBatches(texts, takesOne(model) ? 1 : mostInputs), mostCalls, (some) =>
        predict(some, asked),
      )
  return {
    model,
    embeddings: embedded.flatMap(({ embeddings }) => embeddings).map((each, place) => valuesOf(each, place)),
    usage: inputUsage(embedded.flatMap(({ tokens }) => tokens)),
  }
}

function hasEmbedContent(model: string): boolean {
  return /(?:^|\/)gemini-embedding-(?!001$)/.test(model)
}

function takesOne(model: string): boolean {
  return /(?:^|\/)gemini-embedding-001$/.test(model)
}

interface Asked {
  readonly reach: GeminiReach
  readonly model: string
  readonly dimensions: number | undefined
  /** The entry of the request's options. */
  readonly entry: Members
  readonly context: CallContext
}

async function embedContent(
  text: string,
  { reach, model, dimensions, entry, context }: Asked,
): Promise<Embedded> {
  const config = {
    autoTruncate: false,
    ...entry,
    ...(dimensions !== undefined && { outputDimensionality: dimensions }),
  }
  const body = { content: { parts: [{ text }] }, embedContentConfig: config }
  const reply = await answered(reach, modelRequest(reach, { model, method: 'embedContent', body }, context))
  const { promptTokenCount } = (reply.usageMetadata ?? {}) as Members
  return { embeddings: [reply.embedding], tokens: [promptTokenCount] }
}

/** Members of an entry of `instances`. All others are parameters. */
const ofInstances: ReadonlySet<string> = new Set(['task_type', 'title'])

async function predict(texts: readonly string[], asked: Asked): Promise<Embedded> {
  const { reach, model, dimensions, entry, context } = asked
  const some = (isWanted: (name: string) => boolean): Members =>
    Object.fromEntries(Object.entries(entry).filter(([name]) => isWanted(name)))
  const body = {
    instances: texts.map((content) => ({ ...some((name) => ofInstances.has(name)), content })),
    parameters: {
      autoTruncate: false,
      ...some((name) => !ofInstances.has(name)),
      ...(dimensions !== undefined && { outputDimensionality: dimensions }),
    },
  }
  const { predictions } = await answered(
    reach,
    modelRequest(reach, { model, method: 'predict', body }, context),
  )
  if (!Array.isArray(predictions))
    throw new ModelspineError('malformed-reply', 'the reply has no predictions')
  checkCount(predictions, texts.length)
  const embeddings = predictions.map((each) => ((each ?? {}) as Members).embeddings)
  const tokens = embeddings.map(
    (each) => (((each ?? {}) as Members).statistics as Members | undefined)?.token_count,
  )
  return { embeddings, tokens }
}
