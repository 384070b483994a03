/** The vendors' proofs of thoughts, on all ways through the AI SDK. */

import { generateText, streamText } from 'ai'
import fc from 'fast-check'
import type { ChatPart, ChatReply, ChatRequest } from 'modelspine/adapter'
import { fromAiSdk, languageModel } from 'modelspine/ai-sdk'
import { describe, expect, it } from 'vitest'
import { memoryProvider } from '../../../../src/provider/memory-provider.ts'
import { draws } from '../../../draws.ts'
import { answerOf } from '../../dialects/pairs/answer-meaning.ts'
import { piecesOf, replies } from '../../dialects/pairs/answers.ts'
import { routerOver } from '../route/route-world.ts'
import { context, eventsOf, noting, proofsIn, toldNext, tools } from './proof-world.ts'

describe('the proofs of an answer', () => {
  it('come back with the next prompt, with their vendor, from whole answers', async () => {
    await fc.assert(
      fc.asyncProperty(replies, async (reply: ChatReply) => {
        const model = languageModel(routerOver([memoryProvider({ chat: () => reply })]), 'app')
        const { responseMessages } = await generateText({ model, prompt: 'Hi', tools })
        const said = reply.choices[0]?.content ?? []
        expect(proofsIn(await toldNext(responseMessages))).toEqual(proofsIn(said))
      }),
      { numRuns: draws(40, 500) },
    )
  })

  it('come back with the next prompt from streams', async () => {
    await fc.assert(
      fc.asyncProperty(replies, fc.integer({ min: 1, max: 9 }), async (reply, length) => {
        const provider = memoryProvider({ chatStream: () => piecesOf(reply, length) })
        const result = streamText({
          model: languageModel(routerOver([provider]), 'app'),
          prompt: 'Hi',
          tools,
        })
        await result.consumeStream()
        const said = reply.choices[0]?.content ?? []
        expect(proofsIn(await toldNext(await result.responseMessages))).toEqual(proofsIn(said))
      }),
      { numRuns: draws(40, 500) },
    )
  })

  it('keeps a signature and an encrypted thought of one block together, in whichever pieces they come', async () => {
    const place = { choice: 0, block: 0 }
    const provider = memoryProvider({
      chatStream: () => [
        { parts: [{ type: 'reasoning-delta', ...place, text: 'hm', signature: 's', signedBy: 'anthropic' }] },
        { parts: [{ type: 'reasoning-delta', ...place, text: '', encrypted: 'e' }] },
        { parts: [{ type: 'finish', choice: 0, finishReason: 'stop' }] },
      ],
    })
    const result = streamText({ model: languageModel(routerOver([provider]), 'app'), prompt: 'Hi' })
    await result.consumeStream()
    expect(proofsIn(await toldNext(await result.responseMessages))).toEqual([
      { type: 'reasoning', text: 'hm', signature: 's', signedBy: 'anthropic', encrypted: 'e' },
    ])
  })

  it('reach the prompt of a model of the AI SDK, and the route that may be behind it', async () => {
    await fc.assert(
      fc.asyncProperty(replies, async ({ choices }) => {
        const content = choices[0]?.content ?? []
        const { asked, provider } = noting()
        const behind = languageModel(routerOver([provider]), 'app')
        const request: ChatRequest = {
          model: 'app',
          messages: [
            { role: 'user', content: [{ type: 'text', text: 'Hi' }] },
            { role: 'assistant', content },
          ],
        }
        await fromAiSdk(behind).chat?.(request, context())
        expect(proofsIn(asked[0]?.messages[1]?.content ?? [])).toEqual(proofsIn(content))
      }),
      { numRuns: draws(100, 1000) },
    )
  })

  it('pass through a route behind a route, whole and in pieces', async () => {
    await fc.assert(
      fc.asyncProperty(replies, async (reply) => {
        const provider = memoryProvider({ chat: () => reply, chatStream: () => piecesOf(reply, 4) })
        const asked: ChatRequest = {
          model: 'app',
          messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
        }
        const expected = proofsIn(reply.choices[0]?.content ?? [])
        const types = reply.choices[0]?.content.map(({ type }) => type)
        const outer = fromAiSdk(languageModel(routerOver([provider]), 'app'))
        const whole = await outer.chat?.(asked, context())
        expect(proofsIn(whole?.choices[0]?.content ?? [])).toEqual(expected)
        expect(whole?.choices[0]?.content.map(({ type }) => type)).toEqual(types)
        const events = await eventsOf(outer.chatStream?.(asked, context()))
        const streamed = answerOf(events).choices[0]?.content ?? []
        expect(proofsIn(streamed)).toEqual(expected)
        expect(streamed.map(({ type }) => type)).toEqual(types)
      }),
      { numRuns: draws(60, 600) },
    )
  })
})

describe('what the AI SDK has no words for', () => {
  it('passes through a route behind a route, whole and in pieces', async () => {
    const content: readonly ChatPart[] = [
      { type: 'text', text: 'Well' },
      { type: 'refusal', text: 'No' },
      { type: 'opaque', vendor: 'openai', kind: 'search_call', data: { id: 1 } },
      { type: 'tool-call', id: 'b', name: 'sql', arguments: 'select 1', custom: true },
    ]
    const reply: ChatReply = {
      id: 'r',
      model: 'm',
      choices: [{ content, finishReason: 'tool-calls' }],
      usage: {},
    }
    const provider = memoryProvider({ chat: () => reply, chatStream: () => piecesOf(reply, 4) })
    const outer = fromAiSdk(languageModel(routerOver([provider]), 'app'))
    const asked: ChatRequest = {
      model: 'app',
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
    }
    const plain = (parts: readonly ChatPart[] = []) => parts.map(({ options: _, ...part }) => part)
    expect(plain((await outer.chat?.(asked, context()))?.choices[0]?.content)).toEqual(content)
    const events = await eventsOf(outer.chatStream?.(asked, context()))
    expect(plain(answerOf(events).choices[0]?.content)).toEqual(content)
  })
})
