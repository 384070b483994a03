import { Carriage, type ChatRequest, ListingCarriage } from 'modelspine/adapter'
import { describe, expect, it } from 'vitest'
import { dialectList, type PairedDialect } from './dialect-list.ts'

const asking = (...messages: ChatRequest['messages']): ChatRequest => ({
  model: 'm',
  maxOutputTokens: 100,
  messages,
})

const text = (said: string): ChatRequest['messages'][0]['content'] => [{ type: 'text', text: said }]
const system = { role: 'system' as const, content: text('Be kind') }

function thrownBy(dialect: PairedDialect, request: ChatRequest): unknown {
  try {
    dialect.print(request, new Carriage(dialect.codec.title))
    return undefined
  } catch (error) {
    return error
  }
}

describe.each(dialectList.map((dialect) => [dialect.name, dialect] as const))('%s', (_, dialect) => {
  it('is sent no conversation in which nothing is left to say', () => {
    const refusal = { code: 'unsupported', details: { field: 'messages' } }
    expect(thrownBy(dialect, asking())).toMatchObject(refusal)
  })

  it('is sent a system message alone, or it is refused', () => {
    const carriage = new ListingCarriage(dialect.codec.title)
    const sent = dialect.print(asking(system), carriage)
    if (carriage.refused.length > 0) expect(carriage.refused).toMatchObject([{ field: 'messages' }])
    else expect(dialect.parse(sent).messages).toEqual([system])
  })

  it('is sent no edit that leaves nothing', () => {
    const own = dialect.parse(dialect.print(asking({ role: 'user', content: text('Hi') }), new Carriage('a')))
    expect(thrownBy(dialect, { ...own, messages: [] })).toMatchObject({ details: { field: 'messages' } })
  })
})

describe("Anthropic's messages", () => {
  const anthropic = dialectList.find(({ name }) => name === 'Anthropic') as PairedDialect
  const nothing = { role: 'user' as const, content: text('') }
  const hi = { role: 'user' as const, content: text('Hi') }
  const yes = { role: 'assistant' as const, content: text('Yes') }

  it('are sent without messages that say nothing', () => {
    const body = JSON.parse(anthropic.print(asking(hi, yes, nothing, yes, hi), new Carriage('a')))
    expect(body.messages.map(({ role }: { role: string }) => role)).toEqual([
      'user',
      'assistant',
      'assistant',
      'user',
    ])
  })

  it('do not let the model go on with its own answer where the last question is left out', () => {
    const refusal = { code: 'unsupported', details: { field: 'messages[2]' } }
    expect(thrownBy(anthropic, asking(hi, yes, nothing))).toMatchObject(refusal)
    const own = anthropic.parse(anthropic.print(asking(hi, yes, hi), new Carriage('a')))
    expect(thrownBy(anthropic, { ...own, messages: own.messages.with(2, nothing) })).toMatchObject(refusal)
    const before = { ...own, messages: own.messages.with(1, { ...yes, content: text('') }) }
    expect(thrownBy(anthropic, before)).toBeUndefined()
  })
})
