import { type Agent, type IncomingMessage, request } from 'node:http'
import {
  answeredBinary,
  answeredBinaryHeaders,
  answeredTensors,
  answeredText,
  answeredVector,
} from './words.ts'

/** What a caller asks the gateway for: the operation, and whether it wants a stream. */
export type Form = 'chat' | 'chat-stream' | 'embed' | 'infer' | 'infer-binary'

export const forms: readonly Form[] = ['chat', 'chat-stream', 'embed', 'infer', 'infer-binary']

export const wordsFor: Readonly<Record<Form, string>> = {
  chat: 'A chat',
  'chat-stream': 'A streamed chat',
  embed: 'An embedding',
  infer: 'An infer',
  'infer-binary': 'An infer answered with binary tensors',
}

/** What came back to the caller of a gateway. */
export interface Received {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
  /** Whether the answer had an end in HTTP's terms. */
  readonly ended: boolean
}

/** The path and the body of a request. */
export function requestOf(form: Form, model: string): { readonly path: string; readonly body: string } {
  const messages = [{ role: 'user', content: 'hi' }]
  if (form === 'infer') return { path: `/v2/models/${model}/infer`, body: '{"inputs":[]}' }
  if (form === 'infer-binary') {
    const body = '{"inputs":[],"parameters":{"binary_data_output":true}}'
    return { path: `/v2/models/${model}/infer`, body }
  }
  if (form === 'embed') return { path: '/v1/embeddings', body: JSON.stringify({ model, input: 'hi' }) }
  const stream = form === 'chat-stream'
  return { path: '/v1/chat/completions', body: JSON.stringify({ model, messages, stream }) }
}

/** Sends the request over HTTP. Rejects when there is no answer at all. */
export function ask(url: string, agent: Agent, form: Form, model: string): Promise<Received> {
  const { path, body } = requestOf(form, model)
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  return new Promise((resolve, reject) => {
    const sent = request(url + path, { method: 'POST', agent, headers }, (response) => {
      const pieces: Buffer[] = []
      response.on('data', (piece: Buffer) => pieces.push(piece))
      response.on('error', () => {})
      response.on('close', () => {
        const { statusCode = 0, complete: ended } = response
        resolve({
          status: statusCode,
          headers: response.headers,
          body: Buffer.concat(pieces).toString(),
          ended,
        })
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

/**
 * In a few words what the caller has. An answer is `whole` when it holds all that the laboratory says, and `cut` when the
 * caller can tell that it does not. Otherwise the gateway passed on what came.
 */
export function inWords(form: Form, received: Received): string {
  const { status, headers, body, ended } = received
  if (status !== 200) return refusalInWords(received)
  const from = headers['x-modelspine-provider'] === 'well' ? ' from the fallback' : ''
  if (isWhole(form, received)) return `200, whole${from}`
  if (!ended) return `200, cut: no end${from}`
  const code = form === 'chat-stream' && !body.includes('[DONE]') ? streamError(body) : undefined
  return code === undefined ? `200, as it came${from}` : `200, cut: ${code}${from}`
}

function refusalInWords({ status, headers, body }: Received): string {
  const { error } = JSON.parse(body) as { readonly error?: { readonly code?: string } | string }
  const code = typeof error === 'object' ? ` ${error.code}` : ''
  const wait = headers['retry-after']
  if (wait !== undefined) return `${status}${code}, retry after ${wait} s`
  return `${status}${code}, ${headers['x-should-retry'] === 'true' ? 'retry' : 'no retry'}`
}

function isWhole(form: Form, { body, headers }: Received): boolean {
  if (form === 'infer') return body === answeredTensors
  if (form === 'infer-binary') {
    const told = Object.entries(answeredBinaryHeaders).every(([name, value]) => headers[name] === value)
    return body === answeredBinary && told
  }
  if (form === 'embed') return body.includes(`"embedding":${JSON.stringify(answeredVector)}`)
  if (form === 'chat') return body.includes(`"content":${JSON.stringify(answeredText)}`)
  const { text, isFinished } = readStream(body)
  return text === answeredText && isFinished && body.endsWith('data: [DONE]\n\n')
}

interface Chunk {
  readonly choices?: readonly {
    readonly delta: { content?: string }
    readonly finish_reason: string | null
  }[]
  readonly error?: { readonly code: string }
}

function chunksOf(body: string): readonly Chunk[] {
  const events = body.split('\n\n').filter((event) => event.startsWith('data: {'))
  return events.map((event) => JSON.parse(event.slice('data: '.length)))
}

function readStream(body: string): { readonly text: string; readonly isFinished: boolean } {
  const choices = chunksOf(body).flatMap(({ choices: [choice] = [] }) => choice ?? [])
  return {
    text: choices.map(({ delta }) => delta.content ?? '').join(''),
    isFinished: choices.some(({ finish_reason }) => finish_reason === 'stop'),
  }
}

function streamError(body: string): string | undefined {
  return chunksOf(body).at(-1)?.error?.code
}
