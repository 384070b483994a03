import type { ServerResponse } from 'node:http'
import { type StreamEnd, scriptedAnswer } from 'modelspine/testing'
import { completionReply, embeddingReply, scriptedFormat } from '../openai-compatible/scripted-openai.ts'
import type { ScriptedServer } from '../scripted-server.ts'

const { text } = scriptedAnswer
const usage = { input_tokens: 7, output_tokens: 3, total_tokens: 10 }
const place = { item_id: 'msg_1', output_index: 0, content_index: 0, logprobs: [] }

/** A server of OpenAI's responses that follows a script, over real HTTP. */
export function scriptedResponses(secret: string): Promise<ScriptedServer> {
  return scriptedFormat(secret, { replies, streamed })
}

export function responseReply(model: string): object {
  const content = [{ type: 'output_text', text: text.join(''), annotations: [], logprobs: [] }]
  const message = { id: 'msg_1', type: 'message', role: 'assistant', status: 'completed', content }
  return {
    id: 'resp_1',
    object: 'response',
    created_at: 1,
    status: 'completed',
    model,
    output: [message],
    usage,
  }
}

const replies: Readonly<Record<string, (model: string) => object>> = {
  '/v1/responses': responseReply,
  '/v1/completions': completionReply,
  '/v1/embeddings': embeddingReply,
}

export function event(type: string, members: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: 0, ...members })}\n\n`
}

function streamed(end: StreamEnd, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const [first = '', ...rest] = text
  response.write(event('response.created', { response: { ...responseReply('m'), output: [] } }))
  response.write(event('response.output_text.delta', { ...place, delta: first }), () => {
    if (end === 'cut') response.socket?.destroy()
  })
  if (end === 'cut' || end === 'stuck') return
  if (end === 'malformed') {
    response.end('event: response.output_text.delta\ndata: {"type": "response.output_text.delta", "del\n\n')
    return
  }
  for (const delta of rest) response.write(event('response.output_text.delta', { ...place, delta }))
  response.end(event('response.completed', { response: responseReply('m') }))
}
