/** What the benchmark of the gateway asks, and what its upstream answers. */

export interface Traffic {
  readonly path: string
  readonly body: string
  readonly reply: string
  readonly contentType: string
  /** The pieces of a streamed answer, each written by itself. */
  readonly pieces?: readonly string[]
}

const inputs = Array.from({ length: 110 }, (_, place) => place / 128)
const outputs = inputs.slice(0, 100)
const words = 'The cat sat on the mat and looked at the moon. '

function event(delta: object, finish: string | null): string {
  const choices = [{ index: 0, delta, logprobs: null, finish_reason: finish }]
  const head = {
    id: 'chatcmpl-4hJ2kQ9x',
    object: 'chat.completion.chunk',
    created: 1_796_000_000,
    model: 'v',
  }
  return `data: ${JSON.stringify({ ...head, choices })}\n\n`
}

/** A stream of so many tokens, with so many events in each piece. */
function streamed(name: string, tokens: number, perPiece: number): Traffic {
  const events = [
    event({ role: 'assistant', content: '' }, null),
    ...Array.from({ length: tokens - 2 }, (_, place) => event({ content: ` tok${place}` }, null)),
    event({}, 'stop'),
    'data: [DONE]\n\n',
  ]
  const pieces: string[] = []
  for (let at = 0; at < events.length; at += perPiece) pieces.push(events.slice(at, at + perPiece).join(''))
  return { ...chat(name, true), reply: '', contentType: 'text/event-stream', pieces }
}

function chat(model: string, stream: boolean): Traffic {
  const messages = [{ role: 'user', content: words.repeat(19) }]
  const message = { role: 'assistant', content: words.repeat(16) }
  const usage = { prompt_tokens: 200, completion_tokens: 180, total_tokens: 380 }
  return {
    path: '/v1/chat/completions',
    body: JSON.stringify({ model, ...(stream && { stream }), messages }),
    reply: JSON.stringify({
      id: 'chatcmpl-4hJ2kQ9x',
      object: 'chat.completion',
      created: 1_796_000_000,
      model: 'v',
      choices: [{ index: 0, message, logprobs: null, finish_reason: 'stop' }],
      usage,
    }),
    contentType: 'application/json',
  }
}

/** By the name of the model that is asked. */
export const traffic: Readonly<Record<string, Traffic>> = {
  infer: {
    path: '/v2/models/infer/infer',
    body: JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [inputs.length], data: inputs }] }),
    reply: JSON.stringify({
      model_name: 'm',
      outputs: [{ name: 'y', datatype: 'FP32', shape: [outputs.length], data: outputs }],
    }),
    contentType: 'application/json',
  },
  chat: chat('chat', false),
  one: streamed('one', 50, 1),
  five: streamed('five', 50, 5),
  burst: streamed('burst', 200, 1000),
}
