import { ModelspineError } from '../../errors.ts'
import { isRecord, type JsonRecord } from '../../json.ts'
import { jsonBody } from '../../provider/contract/json-body.ts'
import {
  type EmbedReply,
  type EmbedRequest,
  editedFields,
  nativeText,
  originalOf,
  withNative,
} from '../../provider/contract.ts'
import { Carriage } from '../carriage.ts'
import type { ErrorOf } from '../chat-codec.ts'
import { JsonFields } from '../json-fields.ts'
import { patchMembers } from '../json-text.ts'
import { holdsError, parseAnswer, parseText } from './body-text.ts'
import { unreadFields } from './unread.ts'
import { openaiUsage, readOpenaiUsage } from './usage.ts'

/** The dialect of OpenAI's embeddings, which many other servers use, too. */
export const openaiEmbedDialect = 'openai-embeddings'

/** The members that the contract has words for, and the form of the answer, which is made here. */
const read: ReadonlySet<string> = new Set(['model', 'input', 'dimensions', 'encoding_format'])

/**
 * Reads the body of `POST /embeddings`. Throws `bad-request` with the field, its value and a correct value.
 */
export function parseOpenaiEmbed(text: string): EmbedRequest {
  const fields = new JsonFields(parseText(text), '')
  const dimensions = fields.optionalInteger('dimensions', 1)
  const format = fields.value('encoding_format')
  if (format !== undefined && format !== 'float' && format !== 'base64') {
    throw fields.wrong('encoding_format', 'float or base64')
  }
  const request = {
    model: fields.string('model', 'the name of a model'),
    input: inputOf(fields),
    ...(dimensions === undefined ? {} : { dimensions }),
    ...unreadFields(fields.record, read),
  }
  return withNative(request, openaiEmbedDialect, text, fields.record)
}

function inputOf(fields: JsonFields): EmbedRequest['input'] {
  const input = fields.value('input')
  if (typeof input === 'string') return [input]
  if (Array.isArray(input) && input.length > 0) {
    if (isTokens(input)) return [input]
    if (input.every((each) => typeof each === 'string')) return input
    if (input.every(isTokens)) return input
  }
  throw fields.wrong('input', 'a string, a list of strings, token ids or a list of lists of token ids')
}

function isTokens(value: unknown): boolean {
  return (
    Array.isArray(value) && value.length > 0 && value.every((each) => Number.isSafeInteger(each) && each >= 0)
  )
}

/**
 * The body to send. A request that came in this dialect is sent as it came, with the model replaced and with
 * what was edited. For any other request the body is built. Throws `unsupported` for what only another format says.
 */
export function printOpenaiEmbed(
  request: EmbedRequest,
  vendor: string,
  carriage: Carriage = new Carriage("OpenAI's embeddings"),
): string {
  const { model, input, dimensions } = request
  const original = originalOf(request, openaiEmbedDialect)
  const more = request.options?.[vendor]
  if (original === undefined) {
    carriage.unread(request)
    return jsonBody({ ...more, model, input, dimensions })
  }
  const edits: Record<string, string | undefined> = {}
  for (const name of editedFields(request, original.value)) {
    if (name !== 'options' && name !== 'unread') edits[name] = jsonBody(request[name])
  }
  for (const [name, value] of Object.entries(more ?? {})) edits[name] ??= jsonBody(value)
  return patchMembers(original.text, edits)
}

/**
 * Reads the vendor's answer. Throws `malformed-reply` unless it holds one embedding for each of `inputs`, and
 * what `errorOf` makes of an answer that is an error.
 */
export function parseOpenaiEmbedReply(text: string, inputs: number, errorOf: ErrorOf): EmbedReply {
  const body = parseAnswer(text, 'the reply')
  if (holdsError(body)) throw errorOf(body)
  const data = isRecord(body) && Array.isArray(body.data) ? (body.data as readonly unknown[]) : undefined
  if (!isRecord(body) || data === undefined) {
    throw new ModelspineError('malformed-reply', 'the reply has no list of embeddings in "data"')
  }
  const embeddings: (readonly number[] | string)[] = []
  for (const [place, entry] of data.entries()) {
    const embedding: unknown = isRecord(entry) ? entry.embedding : undefined
    if (!isRecord(entry) || (typeof embedding !== 'string' && !Array.isArray(embedding))) {
      throw new ModelspineError('malformed-reply', `data[${place}] of the reply has no embedding`)
    }
    embeddings[typeof entry.index === 'number' ? entry.index : place] = embedding
  }
  if (data.length !== inputs || embeddings.length !== inputs || Object.keys(embeddings).length !== inputs) {
    throw new ModelspineError(
      'malformed-reply',
      `the reply has ${data.length} embeddings for ${inputs} inputs`,
    )
  }
  const reply = { model: String(body.model ?? ''), embeddings, usage: readOpenaiUsage(body.usage) }
  return withNative(reply, openaiEmbedDialect, text, body)
}

/**
 * The answer to send. If the vendor uses this dialect, it is the vendor's own body. Otherwise it is built, in
 * the encoding that the request asked for.
 */
export function printOpenaiEmbedReply(reply: EmbedReply, request: EmbedRequest): string {
  return nativeText(reply, openaiEmbedDialect) ?? jsonBody(openaiEmbedReply(reply, request))
}

function openaiEmbedReply(reply: EmbedReply, request: EmbedRequest): JsonRecord {
  const packed = originalOf(request, openaiEmbedDialect)?.body.encoding_format === 'base64'
  const usage = openaiUsage(reply.usage)
  return {
    object: 'list',
    data: reply.embeddings.map((embedding, index) => ({
      object: 'embedding',
      index,
      embedding: packed && typeof embedding !== 'string' ? base64Of(embedding) : embedding,
    })),
    model: reply.model,
    usage: { prompt_tokens: usage?.prompt_tokens ?? 0, total_tokens: usage?.total_tokens ?? 0 },
  }
}

/** Packs the numbers as little-endian float32, as OpenAI does. */
function base64Of(embedding: readonly number[]): string {
  const bytes = Buffer.alloc(embedding.length * 4)
  for (const [index, value] of embedding.entries()) bytes.writeFloatLE(value, index * 4)
  return bytes.toString('base64')
}
