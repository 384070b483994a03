import type { Usage } from 'modelspine/adapter'
import {
  type CallContext,
  type EmbedReply,
  type EmbedRequest,
  type HttpReply,
  notCarried,
} from 'modelspine/adapter'
import { heldFailure, malformed } from '../bedrock-errors.ts'
import { type EmbedAnswer, type EmbedFormCalls, textsOf } from './embed-forms.ts'

/** Makes one call with this body. */
export type InvokeModel = (body: object, context: CallContext) => Promise<HttpReply>

/** How many calls of one request are under way at a time. */
const together = 8

/**
 * Embeds the texts in as many calls as the model needs, some at a time. The first call that fails ends the others, and the
 * request fails as it did. Usage is the sum, unless a call did not tell its own.
 */
export async function embedTexts(
  request: EmbedRequest,
  form: EmbedFormCalls,
  more: Readonly<Record<string, unknown>>,
  context: CallContext,
  invoke: InvokeModel,
): Promise<EmbedReply> {
  const texts = textsOf(request)
  const settings = settingsOf(request, form)
  const batches = Array.from({ length: Math.ceil(texts.length / form.most) }, (_, place) =>
    texts.slice(place * form.most, (place + 1) * form.most),
  )
  const failed = new AbortController()
  const abortSignal = AbortSignal.any([context.abortSignal, failed.signal])
  const answers: EmbedAnswer[] = []
  let next = 0

  async function work(): Promise<void> {
    for (let place = next++; place < batches.length; place = next++) {
      const batch = batches[place] ?? []
      // No option can stand in the place of a text, or of the length that was asked for.
      const body = { ...form.usual, ...more, ...form.body(batch), ...settings }
      const reply = await invoke(body, { ...context, abortSignal })
      answers[place] = answerIn(reply, form, batch.length)
    }
  }

  try {
    await Promise.all(Array.from({ length: Math.min(together, batches.length) }, work))
  } catch (error) {
    failed.abort()
    throw error
  }
  return {
    model: request.model,
    embeddings: answers.flatMap(({ embeddings }) => embeddings),
    usage: sumOf(answers),
  }
}

function settingsOf({ dimensions, model }: EmbedRequest, form: EmbedFormCalls): object {
  if (dimensions === undefined) return {}
  const settings = form.dimensions(dimensions)
  if (settings !== undefined) return settings
  throw notCarried(`Bedrock: "${model}" has embeddings of one length: leave out dimensions`, {
    details: { field: 'dimensions' },
  })
}

function answerIn(reply: HttpReply, form: EmbedFormCalls, count: number): EmbedAnswer {
  let body: unknown
  try {
    body = reply.json()
  } catch {
    throw malformed('the reply is not JSON')
  }
  if (typeof body !== 'object' || body === null) throw malformed('the reply is no object')
  const { __type: type, message } = body as { readonly __type?: unknown; readonly message?: unknown }
  if (typeof type === 'string' || typeof message === 'string') throw heldFailure(body)
  const answer = form.read(body as Readonly<Record<string, unknown>>)
  const { length } = answer.embeddings
  if (length !== count) throw malformed(`the reply has ${length} embeddings for ${count} texts`)
  return { ...answer, usage: answer.usage ?? usageIn(reply) }
}

/** Bedrock counts beside the body, too. */
function usageIn(reply: HttpReply): Usage {
  const text = reply.header('x-amzn-bedrock-input-token-count') ?? ''
  return /^\d+$/.test(text) ? { inputTokens: Number(text) } : {}
}

/** A sum without one of its parts would be too low. */
function sumOf(answers: readonly EmbedAnswer[]): Usage {
  let inputTokens = 0
  for (const { usage } of answers) {
    if (usage?.inputTokens === undefined) return {}
    inputTokens += usage.inputTokens
  }
  return { inputTokens }
}
