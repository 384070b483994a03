import { genaiPrices } from 'modelspine/adapters/genai-prices'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { createFakeClock } from '../../../src/testing/index.ts'

/** Plays the package, and counts its answers. */
const library = vi.hoisted(() => ({ asked: 0, price: {} as Record<string, number>, isBroken: false }))

vi.mock('@pydantic/genai-prices', () => ({
  findProvider: () => ({ id: 'openai' }),
  calcPrice() {
    library.asked += 1
    if (library.isBroken) throw new Error('Missing ancestor price key')
    return { provider: { id: 'openai' }, model_price: library.price }
  },
}))

beforeEach(() => {
  Object.assign(library, { asked: 0, price: { input_mtok: 1 }, isBroken: false })
})

const asked = { provider: 'openai', model: 'm' }

describe('the library of prices', () => {
  it('is asked once a minute for a model, because prices change', async () => {
    const clock = createFakeClock({})
    const table = await genaiPrices({ clock })
    expect([table.priceOf(asked)?.input, table.priceOf(asked)?.input, library.asked]).toEqual([1, 1, 1])
    library.price = { input_mtok: 2 }
    await clock.advance(60_000)
    expect([table.priceOf(asked)?.input, library.asked]).toEqual([2, 2])
  })

  it('has at most 2,000 of its prices kept, whatever names replies have', async () => {
    const table = await genaiPrices({ clock: createFakeClock({}) })
    for (let place = 0; place < 2000; place += 1) table.priceOf({ provider: 'openai', model: `m${place}` })
    table.priceOf({ provider: 'openai', model: 'm0' })
    expect(library.asked).toBe(2000)
    table.priceOf({ provider: 'openai', model: 'one more' })
    table.priceOf({ provider: 'openai', model: 'm0' })
    expect(library.asked).toBe(2002)
  })

  it('knows no price when it throws', async () => {
    const table = await genaiPrices({ clock: createFakeClock({}) })
    library.isBroken = true
    expect(table.priceOf(asked)).toBeUndefined()
  })

  it('has each price in its class, and none for what usage cannot count', async () => {
    library.price = {
      input_mtok: 1,
      output_mtok: 2,
      cache_read_mtok: 3,
      cache_write_mtok: 4,
      cache_write_1h_mtok: 5,
      output_reasoning_mtok: 6,
      input_audio_mtok: 7,
      output_audio_mtok: 8,
      input_image_mtok: 9,
      output_image_mtok: 10,
      cache_audio_read_mtok: 99,
      input_mchars: 11,
      audio_hours: 36,
      web_searches_kcount: 12,
      requests_kcount: 13,
    }
    const table = await genaiPrices({ clock: createFakeClock({}) })
    expect(table.priceOf(asked)).toEqual({
      currency: 'USD',
      source: expect.stringContaining('@pydantic/genai-prices'),
      input: 1,
      output: 2,
      cacheRead: 3,
      cacheWrite: 4,
      longCacheWrite: 5,
      reasoning: 6,
      audioInput: 7,
      audioOutput: 8,
      imageInput: 9,
      imageOutput: 10,
      call: 0.013,
      units: { characters: 0.000011, seconds: 0.01, searches: 0.012 },
    })
  })

  it('has the price of each tier in each class, also where their bounds differ', async () => {
    const tiered = (base: number, ...tiers: readonly [number, number][]) => ({
      base,
      tiers: tiers.map(([start, price]) => ({ start, price })),
    })
    Object.assign(library.price, {
      input_mtok: tiered(1, [200, 3], [100, 2]),
      output_mtok: tiered(10, [100, 20]),
      cache_read_mtok: 0.5,
    })
    const table = await genaiPrices({ clock: createFakeClock({}) })
    expect(table.priceOf(asked)).toMatchObject({
      input: 1,
      output: 10,
      cacheRead: 0.5,
      tiers: [
        { aboveInputTokens: 100, input: 2, output: 20 },
        { aboveInputTokens: 200, input: 3, output: 20 },
      ],
    })
  })
})
