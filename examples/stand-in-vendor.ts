import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as wait } from 'node:timers/promises'

/** What a chat model is asked: the parts of a request in OpenAI's format that a stand-in reads. */
export interface Asked {
  readonly messages: readonly { readonly role: string; readonly content: string }[]
  readonly stream?: boolean
}

/** A text, or the call of a tool. */
export type Said = string | { readonly tool: string; readonly input: object }

export interface StandInVendor {
  readonly baseURL: string
  readonly calls: number
  /** From now on nothing listens, and what is under way breaks. */
  die(): void
}

/** How long a stand-in takes for a word. */
const wordMs = 15

/** A vendor of chat models on this machine, so that an example runs anywhere. It speaks OpenAI's format. */
export async function standInVendor(say: (asked: Asked) => Said): Promise<StandInVendor> {
  let calls = 0
  const server = createServer(async (request, response) => {
    calls += 1
    const asked = JSON.parse(await text(request)) as Asked
    if (asked.stream === true) await stream(response, say(asked))
    else response.end(JSON.stringify(reply('message', messageOf(say(asked)), finishOf(say(asked)))))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    get calls() {
      return calls
    },
    die() {
      server.close()
      server.closeAllConnections()
    },
  }
}

async function stream(response: ServerResponse, said: Said): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const send = (delta: object, finish: string | null): boolean =>
    response.write(`data: ${JSON.stringify(reply('delta', delta, finish))}\n\n`)
  if (typeof said !== 'string') send(messageOf(said), null)
  else {
    for (const content of said.split(/(?<= )/)) {
      send({ content }, null)
      await wait(wordMs)
    }
  }
  send({}, finishOf(said))
  response.end('data: [DONE]\n\n')
}

function messageOf(said: Said): object {
  if (typeof said === 'string') return { role: 'assistant', content: said }
  const call = { name: said.tool, arguments: JSON.stringify(said.input) }
  return { role: 'assistant', tool_calls: [{ index: 0, id: 'call-1', type: 'function', function: call }] }
}

function finishOf(said: Said): string {
  return typeof said === 'string' ? 'stop' : 'tool_calls'
}

function reply(name: 'message' | 'delta', message: object, finish: string | null): object {
  const object = name === 'delta' ? 'chat.completion.chunk' : 'chat.completion'
  const choices = [{ index: 0, [name]: message, finish_reason: finish }]
  const usage = { prompt_tokens: 20, completion_tokens: 10, total_tokens: 30 }
  return { id: 'c', object, created: 1, model: 'm', choices, ...(finish === null ? {} : { usage }) }
}
