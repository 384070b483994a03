import { type CallContext, type GeminiAbilities, type HttpReply, ModelspineError } from 'modelspine/adapter'
import { namedByStatus } from '../../provider/named-by-status.ts'
import type { AddressingClient, VendorRequest, VendorStream } from '../../vendor-client.ts'
import { failureInBody } from '../google-failure.ts'
import { type GoogleWords, googleError } from '../google-words.ts'
import { harmlessHeaders } from '../harmless-headers.ts'
import { geminiByStatus } from './gemini-words.ts'

/** A service of Google that has Gemini, and how to reach it. */
export interface GeminiReach {
  readonly client: AddressingClient
  readonly words: GoogleWords
  readonly abilities: GeminiAbilities
  /** The path of a model, without the method behind the colon. Throws `not-found` for a name that names none. */
  pathOf(model: string): string
}

/** A call of a method of a model: `generateContent`. */
export function modelRequest(
  reach: GeminiReach,
  { model, method, body }: { readonly model: string; readonly method: string; readonly body?: unknown },
  { headers = {}, abortSignal }: CallContext,
): VendorRequest {
  return {
    method: 'POST',
    path: `${reach.pathOf(model)}:${method}`,
    ...(body !== undefined && { body }),
    headers: { 'content-type': 'application/json', ...harmlessHeaders(headers) },
    abortSignal,
    // An answer changes nothing at Google, so twice is as good as once.
    repeatable: true,
  }
}

export function callGemini({ client }: GeminiReach, request: VendorRequest): Promise<HttpReply> {
  return namedByStatus(client.call(request), geminiByStatus)
}

/** The members of a whole answer. Throws `malformed-reply`, and the error that it may hold. */
export async function answered(
  reach: GeminiReach,
  request: VendorRequest,
): Promise<Readonly<Record<string, unknown>>> {
  const reply = await callGemini(reach, request)
  let body: unknown
  try {
    body = reply.json()
  } catch {
    throw new ModelspineError('malformed-reply', `${reach.words.vendor}: the reply is not JSON`)
  }
  if (typeof body !== 'object' || body === null) {
    throw new ModelspineError('malformed-reply', `${reach.words.vendor}: the reply is no object`)
  }
  if ('error' in body && body.error) throw heldError(body, reach.words)
  return body as Readonly<Record<string, unknown>>
}

export function streamGemini({ client }: GeminiReach, request: VendorRequest): Promise<VendorStream> {
  return namedByStatus(client.stream({ ...request, query: { alt: 'sse' } }), geminiByStatus)
}

/**
 * The error in an answer that came with status 200. `clean` takes secrets out of the vendor's message. Without it, the
 * message is not told.
 */
export function heldError(
  body: unknown,
  words: GoogleWords,
  clean: (text: string) => string = () => '',
): ModelspineError {
  const failure = failureInBody(body, 500)
  if (failure !== undefined) return googleError({ ...failure, message: clean(failure.message) }, words)
  return new ModelspineError('unavailable', `${words.vendor}: the answer reports an error`)
}
