import { generateText, type ModelMessage, type ToolSet } from 'ai'
import type { CallContext, ChatEvent, ChatPart, ChatRequest } from 'modelspine/adapter'
import { languageModel } from 'modelspine/ai-sdk'
import { z } from 'zod'
import { memoryProvider } from '../../../../src/provider/memory-provider.ts'
import { routerOver } from '../route/route-world.ts'

/** What a part proves. */
export type Proof = Pick<
  ChatPart & { type: 'reasoning' },
  'type' | 'text' | 'signature' | 'signedBy' | 'encrypted'
>

/** The parts that prove something, without what else is known of them. */
export function proofsIn(parts: readonly ChatPart[]): readonly object[] {
  return parts.flatMap((part) => {
    const { type, signature, signedBy, encrypted } = part as Proof
    if (signature === undefined && encrypted === undefined) return []
    const said = part.type === 'tool-call' ? part.name : (part as Proof).text
    return [{ type, text: said, signature, signedBy, encrypted }]
  })
}

export async function eventsOf(
  stream: AsyncIterable<readonly ChatEvent[]> | undefined,
): Promise<readonly ChatEvent[]> {
  const events: ChatEvent[] = []
  for await (const batch of stream ?? []) events.push(...batch)
  return events
}

export const context = (): CallContext => ({ requestId: 'r', abortSignal: new AbortController().signal })
const anything = { inputSchema: z.unknown() } as unknown as ToolSet[string]
export const tools: ToolSet = { look: anything, find: anything }

/** A provider that notes what it is asked. */
export function noting(): {
  readonly asked: ChatRequest[]
  readonly provider: ReturnType<typeof memoryProvider>
} {
  const asked: ChatRequest[] = []
  const chat = (request: ChatRequest): string => {
    asked.push(request)
    return 'ok'
  }
  return { asked, provider: memoryProvider({ chat }) }
}

/** What the next upstream is told of the answer, after an app has put it into its next prompt. */
export async function toldNext(messages: readonly ModelMessage[]): Promise<readonly ChatPart[]> {
  const { asked, provider } = noting()
  const results = messages.flatMap(({ content }) =>
    typeof content === 'string'
      ? []
      : content.flatMap((part) =>
          part.type === 'tool-call'
            ? [
                {
                  type: 'tool-result' as const,
                  toolCallId: part.toolCallId,
                  toolName: part.toolName,
                  output: { type: 'text' as const, value: 'r' },
                },
              ]
            : [],
        ),
  )
  await generateText({
    model: languageModel(routerOver([provider]), 'app'),
    messages: [
      { role: 'user', content: 'Hi' },
      ...messages,
      ...(results.length === 0 ? [] : [{ role: 'tool' as const, content: results }]),
      { role: 'user', content: 'Go on' },
    ],
    tools,
  })
  return asked[0]?.messages.flatMap(({ content }) => content) ?? []
}
