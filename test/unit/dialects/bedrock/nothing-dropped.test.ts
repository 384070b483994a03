import { describe, expect, it } from 'vitest'
import { bedrockConverse } from '../../../../src/dialects/bedrock/converse-codec.ts'
import { ListingCarriage } from '../../../../src/dialects/carriage.ts'
import { isModelspineError } from '../../../../src/errors.ts'
import type { ChatRequest } from '../../../../src/provider/contract.ts'
import { dialectList } from '../pairs/dialect-list.ts'

const source = { bytes: 'AA==' }
/** Each object of this body is one whose members we read. */
const body = {
  system: [
    { text: 'Be brief' },
    { guardContent: { text: { text: 'g' } } },
    { cachePoint: { type: 'default' } },
  ],
  messages: [
    {
      role: 'user',
      content: [
        { text: 'Hi' },
        { cachePoint: { type: 'default', ttl: '1h' } },
        { guardContent: { text: { text: 'a', qualifiers: ['query'] } } },
        { guardContent: { image: { format: 'png', source } } },
        { image: { format: 'png', source } },
        { audio: { format: 'wav', source } },
        {
          video: { format: 'mp4', source: { s3Location: { uri: 's3://b/c', bucketOwner: '123456789012' } } },
        },
        { document: { format: 'pdf', name: 'cats', source } },
        { document: { name: 'notes', source: { text: 'Grüße' } } },
      ],
    },
    {
      role: 'assistant',
      content: [
        { reasoningContent: { reasoningText: { text: 'Hm', signature: 'sig' } } },
        { reasoningContent: { redactedContent: 'AAEC' } },
        { citationsContent: { content: [{ text: 'a' }], citations: [] } },
        { toolUse: { toolUseId: 'c', name: 'look' } },
      ],
    },
    {
      role: 'user',
      content: [{ toolResult: { toolUseId: 'c', status: 'success', content: [{ text: 'A cat' }] } }],
    },
  ],
  inferenceConfig: { maxTokens: 5 },
  toolConfig: {
    tools: [{ toolSpec: { name: 'look', inputSchema: {} } }, { cachePoint: { type: 'default' } }],
    toolChoice: { tool: { name: 'look' } },
  },
  outputConfig: { textFormat: { type: 'json_schema', structure: { jsonSchema: { schema: '{}' } } } },
}

type Json = Record<string, unknown>
type Place = readonly (string | number)[]

function placesIn(value: unknown, place: Place = []): readonly Place[] {
  if (typeof value !== 'object' || value === null) return []
  const inner = Object.entries(value).flatMap(([name, member]) =>
    placesIn(member, [...place, Array.isArray(value) ? Number(name) : name]),
  )
  return Array.isArray(value) ? inner : [place, ...inner]
}

/** The whole body, with the documents that are anybody's own. */
function withAt(place: Place, more: object, whole: Json = body): string {
  const copy = structuredClone(whole)
  const at = (names: Place): Json =>
    names.reduce((found: unknown, name) => (found as Json)[name], copy) as Json
  Object.assign(at(['messages', 1, 'content', 3, 'toolUse']), { input: {} })
  Object.assign(at(['toolConfig', 'tools', 0, 'toolSpec', 'inputSchema']), { json: {} })
  Object.assign(at(place), more)
  return JSON.stringify(copy)
}

function read(text: string): ChatRequest {
  const { native: _native, ...request } = bedrockConverse.parse(text, { model: 'm', stream: false }).request
  return request
}

const choice = ['toolConfig', 'toolChoice']
const places = [
  ...placesIn(body).map((place) => [place.join('.'), place, body] as const),
  ...['any', 'auto'].map((kind) => {
    const whole = { ...body, toolConfig: { ...body.toolConfig, toolChoice: { [kind]: {} } } }
    return [`the choice ${kind}`, [...choice, kind], whole] as const
  }),
]

describe('a member that nobody here knows', () => {
  it.each(places)('at "%s" is refused, told or sent on to each dialect', (_name, place, whole) => {
    let request: ChatRequest
    try {
      request = read(withAt(place, { x_new: 'x_new' }, whole))
    } catch (error) {
      if (!isModelspineError(error, 'bad-request')) throw error
      expect(error.message).toContain('an object with one member')
      return
    }
    const listed = request.unread?.find(({ field }) => field.endsWith('x_new'))?.field
    const kept = listed ?? keptAt(request)
    expect(kept).toBeDefined()
    for (const { name, codec, print } of dialectList) {
      const carriage = new ListingCarriage(codec.title)
      const text = print(request, carriage)
      const told = [...carriage.refused, ...carriage.approximated]
      const isTold = told.some(({ field }) => kept?.startsWith(field))
      expect([name, isTold || text.includes('x_new')]).toEqual([name, true])
    }
  })
})

/** The place in the request that still says it, such as an option of a part. */
function keptAt(value: unknown, place = ''): string | undefined {
  if (value === 'x_new') return place
  if (typeof value !== 'object' || value === null) return undefined
  for (const [name, member] of Object.entries(value)) {
    const dot = place === '' ? '' : '.'
    const found = keptAt(member, Array.isArray(value) ? `${place}[${name}]` : `${place}${dot}${name}`)
    if (found !== undefined) return found
  }
  return undefined
}

describe('what a guardrail is to look at', () => {
  it.each([
    ['a text', { text: { text: 'a' } }],
    ['an image', { image: { format: 'png', source } }],
  ])('is told as lost in every other dialect: %s', (_what, guardContent) => {
    const request = read(JSON.stringify({ messages: [{ role: 'user', content: [{ guardContent }] }] }))
    for (const { name, codec, print } of dialectList) {
      const carriage = new ListingCarriage(codec.title)
      const isSent = print(request, carriage).includes('guardContent')
      const told = carriage.approximated.some(({ field }) =>
        field.startsWith('messages[0].content[0].options'),
      )
      expect([name, isSent, told]).toEqual([name, codec.title === bedrockConverse.title, !isSent])
    }
  })
})
