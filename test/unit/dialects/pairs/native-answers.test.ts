import { readFileSync } from 'node:fs'
import { type ChatCodec, geminiContent, nativeText, openaiChat, openaiResponses } from 'modelspine/adapter'
import { describe, expect, it } from 'vitest'
import { dialectList, heldError } from './dialect-list.ts'

const facts = { id: 'x', model: 'm', createdMs: 0, includeUsage: true }
const source = { url: 'https://source.example', title: 'S' }

/** What only the vendor's own format has beside its answer, and an answer with it. */
const answers: readonly {
  readonly codec: ChatCodec<never>
  readonly members: readonly string[]
  readonly body: object
}[] = [
  {
    codec: geminiContent as ChatCodec<never>,
    members: [
      'groundingMetadata',
      'citationMetadata',
      'urlContextMetadata',
      'logprobsResult',
      'safetyRatings',
    ],
    body: {
      candidates: [
        {
          content: { role: 'model', parts: [{ text: 'Yes' }] },
          finishReason: 'STOP',
          groundingMetadata: { groundingChunks: [{ web: source }] },
          citationMetadata: { citationSources: [source] },
          urlContextMetadata: { urlMetadata: [source] },
          logprobsResult: { chosenCandidates: [source] },
          safetyRatings: [source],
        },
      ],
    },
  },
  {
    codec: openaiChat as ChatCodec<never>,
    members: ['annotations', 'logprobs'],
    body: {
      id: 'c',
      choices: [
        {
          index: 0,
          finish_reason: 'stop',
          logprobs: { content: [source] },
          message: {
            role: 'assistant',
            content: 'Yes',
            annotations: [{ type: 'url_citation', url_citation: source }],
          },
        },
      ],
    },
  },
  {
    codec: openaiResponses as ChatCodec<never>,
    members: ['annotations', 'logprobs'],
    body: {
      id: 'resp_1',
      status: 'completed',
      output: [
        {
          type: 'message',
          id: 'msg_1',
          role: 'assistant',
          content: [{ type: 'output_text', text: 'Yes', annotations: [source], logprobs: [source] }],
        },
      ],
    },
  },
]

describe('what only the vendor’s own format says of an answer', () => {
  it.each(answers)('is told to callers of $codec.dialect alone', ({ codec, members, body }) => {
    const reply = codec.parseReply(JSON.stringify(body), heldError)
    expect(nativeText(reply, codec.dialect)).toContain(source.url)
    for (const other of dialectList) {
      const printed = other.codec.printReply(reply, facts)
      expect(printed).toContain('Yes')
      expect([other.name, printed.includes(source.url)]).toEqual([
        other.name,
        other.codec.dialect === codec.dialect,
      ])
    }
    const page = readFileSync(new URL('../../../../docs/dialects.md', import.meta.url), 'utf8')
    for (const member of members) expect(page).toContain(`\`${member}\``)
  })
})
