import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { calcPrice } from '@pydantic/genai-prices'
import fc from 'fast-check'
import { type GenaiPricesOptions, genaiPrices } from 'modelspine/adapters/genai-prices'
import { priceTableConformance } from 'modelspine/testing'
import { describe, expect, it } from 'vitest'
import { costOf } from '../../../src/cost/cost-of.ts'
import { priceTable } from '../../../src/cost/price-table.ts'

const table = await genaiPrices()

priceTableConformance({
  name: 'genaiPrices',
  describe,
  it,
  create: () => ({
    subject: { prices: table, pricing: table, known: { provider: 'gcp.gemini', model: 'gemini-2.5-pro' } },
  }),
})
const sonnet = 'anthropic.claude-sonnet-4-5-20250929-v1:0'

describe('the prices of genai-prices', () => {
  it.each([
    ['openai', 'gpt-4.1-mini'],
    ['openai', 'gpt-4.1-mini-2025-04-14'],
    ['openai', 'text-embedding-3-small'],
    ['anthropic', 'claude-sonnet-4-5'],
    ['aws.bedrock', `us.${sonnet}`],
    ['aws.bedrock', `arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.${sonnet}`],
    ['gcp.vertex_ai', 'publishers/google/models/gemini-2.5-pro'],
    ['gcp.vertex_ai', 'projects/p/locations/us/publishers/anthropic/models/claude-sonnet-4-5@20250929'],
    ['gcp.gemini', 'models/gemini-2.5-flash'],
    ['azure.ai.openai', 'gpt-4.1-mini-2025-04-14'],
    ['mistral_ai', 'mistral-large-latest'],
    ['x_ai', 'grok-4'],
  ])('know %s %s', (provider, model) => {
    const price = table.priceOf({ provider, model })
    expect(price).toMatchObject({ currency: 'USD', input: expect.any(Number) })
    expect(price?.source).toBe('@pydantic/genai-prices 0.1.8')
  })

  it.each([
    // A deployment of Azure has whatever name somebody gave it.
    ['azure.ai.openai', 'prod-chat'],
    ['aws.bedrock', 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3'],
    ['openai', 'ft:gpt-4.1-mini:acme::x'],
    // Names that are only like those that have prices.
    ['local-openai', 'gpt-4.1-mini'],
    ['vertex', 'gemini-2.5-pro'],
    ['constructor', 'gpt-4.1-mini'],
    ['', ''],
  ])('do not know %s %s', (provider, model) => {
    expect(table.priceOf({ provider, model })).toBeUndefined()
  })

  it('have classes of their own for what is cached, and tiers for long prompts', () => {
    expect(table.priceOf({ provider: 'gcp.gemini', model: 'gemini-2.5-pro' })).toEqual({
      currency: 'USD',
      source: '@pydantic/genai-prices 0.1.8',
      input: 1.25,
      cacheRead: 0.125,
      output: 10,
      tiers: [{ aboveInputTokens: 200_000, input: 2.5, cacheRead: 0.25, output: 15 }],
    })
    expect(table.priceOf({ provider: 'anthropic', model: 'claude-sonnet-5' })).toMatchObject({
      cacheWrite: 2.5,
      longCacheWrite: 4,
      units: { searches: 0.01 },
    })
    expect(table.priceOf({ provider: 'perplexity', model: 'sonar' })).toMatchObject({ call: 0.012 })
  })

  it('are a pricing, which a router takes as it is', () => {
    const call = { provider: 'openai', model: 'gpt-4.1-mini', replyModel: undefined, isAnswered: true }
    expect(table.costOf({ ...call, usage: { inputTokens: 1000, cacheReadTokens: 1000 } })).toMatchObject({
      usd: 0.0005,
    })
    expect(table.costOf({ ...call, usage: {}, isAnswered: false })).toBeUndefined()
  })

  it('take the name of a provider of yours', async () => {
    const own = await genaiPrices({ providers: { 'openai-eu': 'openai' } })
    const asked = { provider: 'openai-eu', model: 'gpt-4.1-mini' }
    expect(own.priceOf(asked)).toMatchObject({ input: 0.4 })
  })

  it.each(['open-ai', 'my-openai', ''])('refuse the id "%s", which the package does not have', async (id) => {
    const providers: GenaiPricesOptions['providers'] = { mine: id }
    await expect(genaiPrices({ providers })).rejects.toMatchObject({ code: 'invalid-options' })
  })

  it('need their library only when they are made, and then say what to install', async () => {
    const script = ['--conditions=modelspine/source', 'test/adapters/genai-prices/without-library.ts']
    const { stdout } = await promisify(execFile)(process.execPath, script)
    expect(JSON.parse(stdout)).toEqual({
      code: 'unsupported',
      message: expect.stringMatching(
        /^genaiPrices needs @pydantic\/genai-prices, .*: run npm install @pydantic\/genai-prices$/,
      ),
    })
  })

  it('are what your own prices fall back to', () => {
    const sameAs = { provider: 'azure.ai.openai', model: 'gpt-4.1-mini' }
    const own = priceTable({ prices: { 'azure.ai.openai': { 'prod-chat': { sameAs } } }, fallback: table })
    expect(own.priceOf({ provider: 'azure.ai.openai', model: 'prod-chat' })).toEqual(table.priceOf(sameAs))
    expect(own.priceOf({ provider: 'openai', model: 'gpt-4.1' })).toMatchObject({ input: 2 })
  })

  it('cost the same by our formulas as by those of the package, for every class that both know', () => {
    const models = [
      ['openai', 'openai', 'gpt-4.1-mini'],
      ['openai', 'openai', 'gpt-5'],
      ['anthropic', 'anthropic', 'claude-sonnet-4-5'],
      ['anthropic', 'anthropic', 'claude-sonnet-5'],
      ['gcp.gemini', 'google', 'gemini-2.5-pro'],
      ['gcp.gemini', 'google', 'gemini-2.5-flash'],
      ['perplexity', 'perplexity', 'sonar'],
    ] as const
    const tokens = fc.nat({ max: 400_000 })
    const usages = fc.record({
      fresh: tokens,
      audio: tokens,
      read: tokens,
      write: tokens,
      hour: tokens,
      output: tokens,
      searches: fc.nat({ max: 50 }),
    })
    fc.assert(
      fc.property(fc.constantFrom(...models), usages, ([provider, id, model], usage) => {
        const price = table.priceOf({ provider, model })
        const has = (name: 'audioInput' | 'cacheRead' | 'cacheWrite' | 'longCacheWrite'): number =>
          price?.[name] === undefined ? 0 : 1
        const audio = Math.min(usage.audio, usage.fresh) * has('audioInput')
        const read = usage.read * has('cacheRead')
        const write = usage.write * has('cacheWrite')
        const hour = Math.min(usage.hour, write) * has('longCacheWrite')
        const searches = price?.units === undefined ? 0 : usage.searches
        const ours = costOf(
          {
            inputTokens: usage.fresh,
            audioInputTokens: audio,
            cacheReadTokens: read,
            cacheWriteTokens: write,
            longCacheWriteTokens: hour,
            outputTokens: usage.output,
            units: { searches },
          },
          price,
        )
        const theirs = calcPrice(
          {
            input_tokens: usage.fresh + read + write,
            input_audio_tokens: audio,
            cache_read_tokens: read,
            cache_audio_read_tokens: 0,
            cache_write_tokens: write,
            cache_write_1h_tokens: hour,
            output_tokens: usage.output,
            web_searches: searches,
          },
          model,
          { providerId: id },
        )
        expect(ours.unknown).toEqual([])
        expect(ours.usd).toBeCloseTo(theirs?.total_price ?? Number.NaN, 9)
      }),
    )
  })
})
