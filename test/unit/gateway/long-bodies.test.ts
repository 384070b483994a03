import { describe, expect, it } from 'vitest'
import { openaiChat } from '../../../src/dialects/openai/chat-codec.ts'
import { defaultJsonLimits, jsonText } from '../../../src/gateway/json-limits.ts'

const { charCodeAt } = String.prototype

/** How many characters are read one by one. Searching for the end of a long value reads none of it. */
function readsOf(work: () => void): number {
  let reads = 0
  String.prototype.charCodeAt = function (at) {
    reads += 1
    return charCodeAt.call(this, at)
  }
  try {
    work()
  } finally {
    String.prototype.charCodeAt = charCodeAt
  }
  return reads
}

/** All that is done with a body before others are answered: read, capped by a policy, and written for an upstream. */
function handle(body: Uint8Array): string {
  const { request } = openaiChat.parse(jsonText(body, defaultJsonLimits))
  const capped = openaiChat.capTokens(request, 1000, 'openai')
  const printing = { stream: false, vendor: 'openai', maxTokensField: 'max_completion_tokens' } as const
  return openaiChat.print({ ...capped, model: 'backend' }, printing)
}

const most = 8 * 1024 * 1024 - 200
const asked = '"model":"m","messages":[{"role":"user","content":"x"}]'
const listOf = (count: number, each: (place: number) => string): string =>
  Array.from({ length: count }, (_, place) => each(place)).join(',')
const said = (content: string): string => `{"model":"m","messages":[{"role":"user","content":"${content}"}]}`

describe('a body of permitted size', () => {
  it.each<[string, number, () => string]>([
    ['one long number', 0.001, () => `{${asked},"x":${'1'.repeat(most)}}`],
    ['many numbers', 0.001, () => `{${asked},"x":[${listOf(440_000, () => '1.123456789012345')}]}`],
    ['spaces', 0.001, () => `{${' '.repeat(most)}${asked}}`],
    ['escapes', 1.1, () => said('\\"'.repeat(most / 2))],
    ['many members', 2.7, () => `{${asked},${listOf(49_900, (place) => `"k${place}":1`)}}`],
    ['the same member', 3.1, () => `{${asked},${listOf(49_900, () => '"n_predict":9000')}}`],
  ])('is edited without reading every character of it: %s', (_what, mostReads, text) => {
    const body = Buffer.from(text())
    expect(body.length).toBeLessThanOrEqual(8 * 1024 * 1024)
    let edited = ''
    const reads = readsOf(() => {
      edited = handle(body)
    })
    expect(JSON.parse(edited)).toMatchObject({ model: 'backend', max_completion_tokens: 1000 })
    expect(reads / body.length).toBeLessThan(mostReads)
  })
})
