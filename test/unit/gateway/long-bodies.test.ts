import { beforeAll, describe, expect, it } from 'vitest'
import { openaiChat } from '../../../src/dialects/openai/chat-codec.ts'
import { checkJson, defaultJsonLimits, jsonText } from '../../../src/gateway/json-limits.ts'

/** The least milliseconds of CPU that this thread took, of a few times. */
function cost(work: () => void): number {
  let least = Number.POSITIVE_INFINITY
  for (let time = 0; time < 3; time += 1) {
    const before = process.threadCpuUsage()
    work()
    const { user, system } = process.threadCpuUsage(before)
    least = Math.min(least, (user + system) / 1000)
  }
  return least
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

let reading = 0
beforeAll(() => {
  const digits = Buffer.alloc(most, '1')
  // A measure that is as slow as this machine is now.
  reading = cost(() => checkJson(digits, defaultJsonLimits))
})

describe('a body of permitted size', () => {
  it.each<[string, () => string]>([
    ['one long number', () => `{${asked},"x":${'1'.repeat(most)}}`],
    ['many numbers', () => `{${asked},"x":[${listOf(440_000, () => '1.123456789012345')}]}`],
    ['spaces', () => `{${' '.repeat(most)}${asked}}`],
    ['many members', () => `{${asked},${listOf(49_900, (place) => `"k${place}":1`)}}`],
    ['the same member again and again', () => `{${asked},${listOf(49_900, () => '"n_predict":9000')}}`],
    ['escapes', () => said('\\"'.repeat(most / 2))],
  ])('costs no more than a few times what reading all its bytes costs: %s', (_what, text) => {
    const body = Buffer.from(text())
    expect(body.length).toBeLessThanOrEqual(8 * 1024 * 1024)
    expect(JSON.parse(handle(body))).toMatchObject({ model: 'backend', max_completion_tokens: 1000 })
    expect(cost(() => handle(body)) / reading).toBeLessThan(4)
  })
})
