/** The vendor's own client reads what we write, and its types describe it. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Anthropic from '@anthropic-ai/sdk'
import { describe, expect, it } from 'vitest'
import { anthropicMessages } from '../../../../src/dialects/anthropic/messages-codec.ts'
import { ModelspineError } from '../../../../src/errors.ts'
import type { ChatEvent } from '../../../../src/provider/contract.ts'
import { compile } from '../../../house/compiler.ts'
import { root } from '../../../house/source-files.ts'
import { foreignParts, foreignReply, vendorEvents, wholeRequest } from './samples.ts'

const facts = { id: 'msg_x', model: 'route', createdMs: 0, includeUsage: true }
const errorOf = (): ModelspineError => new ModelspineError('overloaded', 'an error inside')
const foreignEvents: readonly ChatEvent[] = foreignParts.map((part) => ({ parts: [part] }))

/** Newer models do not let the caller choose how they sample, and these fields left the types with them. */
const { topP: _, ...typed } = wholeRequest
const requestBody = anthropicMessages.print(typed, { stream: false, vendor: 'anthropic' })
const replyBody = anthropicMessages.printReply(foreignReply, facts)

function streamed(events: readonly ChatEvent[]): string {
  const writer = anthropicMessages.writer(facts)
  return writer.write(events) + writer.end()
}

const parameters: Anthropic.MessageCreateParamsNonStreaming = {
  model: 'route',
  max_tokens: 10,
  messages: [{ role: 'user', content: 'Hi' }],
}

/** A client whose server answers with this text. */
function clientOf(contentType: string, text: string): Anthropic {
  const headers = { 'content-type': contentType }
  return new Anthropic({ apiKey: 'k', fetch: () => Promise.resolve(new Response(text, { headers })) })
}

const streamOf = (text: string): ReturnType<Anthropic['messages']['stream']> =>
  clientOf('text/event-stream', text).messages.stream(parameters)

describe('Anthropic’s types', () => {
  it('describe the requests, answers and events that we write', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'modelspine-anthropic-'))
    try {
      const events = streamed(foreignEvents)
        .split('\n')
        .filter((line) => line.startsWith('data: '))
        .map((line) => line.slice('data: '.length))
      writeFileSync(
        join(folder, 'written.ts'),
        `import type Anthropic from '@anthropic-ai/sdk'
export const request: Anthropic.MessageCreateParamsNonStreaming = ${requestBody}
export const reply: Anthropic.Message = ${replyBody}
export const events: Anthropic.RawMessageStreamEvent[] = [${events.join(',\n')}]
`,
      )
      const compilerOptions = {
        module: 'nodenext',
        moduleResolution: 'nodenext',
        target: 'esnext',
        strict: true,
        skipLibCheck: true,
        types: [],
        paths: { '@anthropic-ai/sdk': [`${root}/node_modules/@anthropic-ai/sdk/index.d.mts`] },
      }
      writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }))
      const { complaints } = await compile(folder)
      expect(complaints).toEqual([])
    } finally {
      rmSync(folder, { recursive: true })
    }
  }, 60_000)
})

describe('Anthropic’s client', () => {
  it('reads an answer of another vendor', async () => {
    const message = await clientOf('application/json', replyBody).messages.create(parameters)
    expect(message).toMatchObject(JSON.parse(replyBody))
  })

  it('puts a stream of another vendor together', async () => {
    const message = await streamOf(streamed(foreignEvents)).finalMessage()
    expect(message).toMatchObject({
      id: 'msg_x',
      model: 'route',
      content: [
        { type: 'thinking', thinking: 'Hm', signature: 'modelspine:google:sig' },
        { type: 'text', text: 'Hello' },
        { type: 'tool_use', id: 'call-1', name: 'look', input: { at: 1 } },
        { type: 'tool_use', id: 'call-2', name: 'rest', input: {} },
      ],
      stop_reason: 'tool_use',
      usage: { input_tokens: 3, output_tokens: 5, cache_read_input_tokens: 2 },
    })
  })

  it('puts a stream that was passed on together as it does the vendor’s', async () => {
    const reader = anthropicMessages.reader({ model: 'm', messages: [] }, errorOf)
    const events = vendorEvents.flatMap((text) => {
      const { type } = JSON.parse(text) as { readonly type: string }
      return reader.isEnd(type, text) ? reader.end('marked') : (reader.read(type, text) ?? [])
    })
    const message = await streamOf(streamed(events)).finalMessage()
    expect(message.content).toMatchObject([
      { type: 'thinking', thinking: 'Hm', signature: 'abc' },
      { type: 'redacted_thinking', data: 'def' },
      { type: 'text', text: 'Grüße 🌍', citations: [{ cited_text: 'x' }] },
      { type: 'server_tool_use', name: 'web_search' },
      { type: 'tool_use', id: 'toolu_1', input: { at: 1 } },
      { type: 'tool_use', id: 'toolu_2', input: {} },
    ])
    expect(message.usage).toMatchObject({ input_tokens: 11, output_tokens: 50 })
  })

  it('reads the same of a stream as we do', async () => {
    const { content } = await streamOf(streamed(foreignEvents)).finalMessage()
    const again = anthropicMessages.parseReply(
      JSON.stringify({ id: 'msg_x', model: 'route', content, stop_reason: 'tool_use' }),
      errorOf,
    )
    expect(again.choices[0]).toEqual({
      content: [
        { type: 'reasoning', text: 'Hm', signature: 'sig', signedBy: 'google' },
        { type: 'text', text: 'Hello' },
        { type: 'tool-call', id: 'call-1', name: 'look', arguments: '{"at":1}' },
        { type: 'tool-call', id: 'call-2', name: 'rest', arguments: '{}' },
      ],
      finishReason: 'tool-calls',
    })
  })
})
