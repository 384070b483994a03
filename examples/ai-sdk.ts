/**
 * A chat with streaming and tools in the AI SDK, over two vendors. The first one dies in the middle of an answer that
 * needs a tool, and nobody notices. Run it with `npm run example -- examples/ai-sdk.ts`.
 *
 * The vendors are stand-ins on this machine. Replace them with models that you have, such as `openai('gpt-5')`.
 */

import { stdout } from 'node:process'
import { styleText } from 'node:util'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { isStepCount, type ModelMessage, streamText, tool } from 'ai'
import { fallback } from 'modelspine/ai-sdk'
import { z } from 'zod'
import { type Asked, type Said, standInVendor } from './stand-in-vendor.ts'

const north = await standInVendor(clerk)
const south = await standInVendor(clerk)
const modelOf = (name: string, { baseURL }: { readonly baseURL: string }) =>
  createOpenAICompatible({ name, baseURL }).chatModel('clerk')

// The chat: from here on it is an app like any other in the AI SDK.
const model = fallback([modelOf('north', north), modelOf('south', south)])
const parcel = z.object({ parcel: z.string() })
const tools = {
  findParcel: tool({ inputSchema: parcel, execute: ({ parcel }) => `${parcel} left Basel at nine` }),
  moveDelivery: tool({
    inputSchema: parcel.extend({ day: z.string() }),
    execute({ parcel, day }) {
      north.die()
      tell('red', '         ✗ north dies')
      return `${parcel} comes on ${day}`
    },
  }),
}
const messages: ModelMessage[] = []
for (const content of ['Where is my parcel 7431?', 'Can it come on Friday?', 'Thank you!']) {
  messages.push({ role: 'user', content })
  tell('bold', `\n  you    ${content}`)
  const chat = streamText({ model, tools, messages, stopWhen: isStepCount(3) })
  for await (const part of chat.fullStream) {
    if (part.type === 'tool-call') tell('cyan', `         → ${part.toolName} ${JSON.stringify(part.input)}`)
    if (part.type === 'text-start') stdout.write('  clerk  ')
    if (part.type === 'text-delta') stdout.write(part.text)
    if (part.type === 'text-end') stdout.write('\n')
    if (part.type === 'finish-step') tell('dim', `         · ${answeredBy(part.providerMetadata)}`)
    if (part.type === 'error') throw part.error
  }
  messages.push(...(await chat.responseMessages))
}

tell('green', `\n  ✓ three answers, all whole: ${north.calls} calls to north, ${south.calls} to south\n`)
south.die()

function answeredBy(metadata: Awaited<ReturnType<typeof streamText>['providerMetadata']>): string {
  const { provider, attempts } = metadata?.modelspine ?? {}
  return `${String(provider).replace('.chat', '')}${attempts === 1 ? '' : `, at attempt ${attempts}`}`
}

function tell(style: Parameters<typeof styleText>[0], text: string): void {
  console.log(styleText(style, text))
}

/** What the model would say. */
function clerk({ messages }: Asked): Said {
  const { role, content = '' } = messages.at(-1) ?? {}
  if (role === 'tool') return `Good news: parcel ${String(content).replaceAll('"', '')}.`
  if (/where/i.test(content)) return { tool: 'findParcel', input: { parcel: '7431' } }
  if (/friday/i.test(content)) return { tool: 'moveDelivery', input: { parcel: '7431', day: 'Friday' } }
  return 'You are welcome. Have a good day!'
}
