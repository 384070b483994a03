import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkJson, defaultJsonLimits, type JsonLimits, jsonText } from '../../../src/gateway/json-limits.ts'
import { isRecord } from '../../../src/json.ts'
import { memoryProvider } from '../../../src/provider/memory-provider.ts'
import { route, vendor } from '../routing/scenario.ts'
import { gatewayWorld } from './gateway-world.ts'

/** What a JSON value holds, counted the slow way. */
function countsOf(value: unknown): JsonLimits {
  if (typeof value !== 'object' || value === null) {
    return { maxJsonDepth: 0, maxJsonParts: typeof value === 'string' ? 1 : 0, maxJsonValues: 1 }
  }
  const inner = Object.values(value).map(countsOf)
  const sum = (name: keyof JsonLimits): number => inner.reduce((total, each) => total + each[name], 0)
  return {
    maxJsonDepth: 1 + Math.max(0, ...inner.map(({ maxJsonDepth }) => maxJsonDepth)),
    maxJsonParts: 1 + sum('maxJsonParts') + (isRecord(value) ? inner.length : 0),
    maxJsonValues: 1 + (sum('maxJsonValues') || 1),
  }
}

const nasty = fc.array(fc.constantFrom('"', '\\', '[', '{', ',', ':', 'x'.repeat(70), 'é', '\n', '\ud83d'))
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.jsonValue(),
    nasty.map((parts) => parts.join('')),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      nasty.map((parts) => parts.join('')),
      tie('value'),
      { maxKeys: 4 },
    ),
  ),
})).value

describe('the limits of a JSON body', () => {
  it('count what a parser would find, whatever the strings hold', () => {
    fc.assert(
      fc.property(json, fc.constantFrom(0, 1), (value, indent) => {
        const bytes = Buffer.from(JSON.stringify(value, null, indent))
        const limits = countsOf(JSON.parse(String(bytes)))
        checkJson(bytes, limits)
        for (const name of ['maxJsonDepth', 'maxJsonParts', 'maxJsonValues'] as const) {
          if (limits[name] === 0) continue
          expect(() => checkJson(bytes, { ...limits, [name]: limits[name] - 1 })).toThrow(name)
        }
      }),
      { numRuns: 200 },
    )
  })

  it.each([
    ['brackets', '['.repeat(4_000_000), 'bad-request', 'deeper than the 128 levels allowed'],
    [
      'distinct members',
      `{${Array.from({ length: 50_000 }, (_, place) => `"${place}":1`)}}`,
      'body-too-large',
      '50001 parts',
    ],
    ['elements', `[${'1,'.repeat(600_000)}1]`, 'body-too-large', '600002 values'],
    ['an open string', `["${'\\"'.repeat(100)}`, undefined, ''],
  ])('stop %s before they are parsed', (_what, text, code, said) => {
    const checked = (): string => jsonText(Buffer.from(text), defaultJsonLimits)
    if (code === undefined) expect(checked()).toBe(text)
    else expect(checked).toThrow(expect.objectContaining({ code, message: expect.stringContaining(said) }))
  })
})

describe('a JSON body over HTTP', () => {
  it('is refused beyond a limit of the gateway, and when it is not UTF-8', async () => {
    const provider = memoryProvider({ chat: () => 'hello' })
    const world = await gatewayWorld(
      { routes: [route([vendor('p')], { operations: ['chat'] }, { name: 'm' })], providers: { p: provider } },
      { maxJsonDepth: 5, maxJsonParts: 12, maxJsonValues: 20 },
    )
    const body = (extra: string): string =>
      `{"model":"m","messages":[{"role":"user","content":"h\xe9"}]${extra}}`
    for (const { ask } of world.ways) {
      const answer = async (bytes: Buffer<ArrayBuffer>): Promise<[number, unknown]> => {
        const headers = { 'content-type': 'application/json' }
        const response = await ask('/v1/chat/completions', { method: 'POST', headers, body: bytes })
        return [response.status, ((await response.json()) as { error?: { message: string } }).error?.message]
      }
      expect(await answer(Buffer.from(body('')))).toEqual([200, undefined])
      expect(await answer(Buffer.from(body(''), 'latin1'))).toEqual([400, 'the body is not UTF-8'])
      expect(await answer(Buffer.from(body(',"x":[[[[[]]]]]')))).toEqual([
        400,
        'the body is nested deeper than the 5 levels allowed (maxJsonDepth)',
      ])
      expect(await answer(Buffer.from(body(',"a":1,"b":2,"c":3')))).toEqual([
        413,
        'the JSON of the body has 13 parts, more than the 12 allowed (maxJsonParts)',
      ])
      expect(await answer(Buffer.from(body(',"a":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]')))).toEqual([
        413,
        expect.stringContaining('more than the 20 allowed (maxJsonValues)'),
      ])
    }
    await world.close()
  })
})
