import type { LanguageModelV4StreamPart } from '@ai-sdk/provider'
import fc from 'fast-check'
import { fallback } from 'modelspine/ai-sdk'
import { describe, expect, it } from 'vitest'
import { draws } from '../../../draws.ts'
import {
  healthyContent,
  healthyMetadata,
  healthyReason,
  healthyStream,
  healthyUsage,
  healthyWarnings,
  partTypes,
} from './part-arbitraries.ts'
import { type Act, partsOf, plain, prompt, scriptedModel, Throws } from './scripted-model.ts'

const dead = () => scriptedModel('dead', { opening: new Throws(new Error('down')) })
const numRuns = draws(80, 2000)

/** After a dead model, a stream that does not name its model gets its name before the `finish`. */
function named(parts: readonly LanguageModelV4StreamPart[], deadOnes: number): LanguageModelV4StreamPart[] {
  const own = parts.map(plain)
  if (deadOnes === 0 || parts.some((part) => part.type === 'response-metadata')) return own
  return own.toSpliced(-1, 0, { type: 'response-metadata', modelId: expect.stringMatching(/^[ab]$/) })
}

const drawn = async (parts: readonly Act[], before: readonly ReturnType<typeof dead>[]) => {
  const model = fallback([...before, scriptedModel('a', { parts })])
  const { stream, ...opened } = await model.doStream({ ...prompt, includeRawChunks: true })
  const { parts: given, error } = await partsOf(stream)
  return { opened, error, parts: given.map(plain) }
}

describe('a fallback', () => {
  it('gives the same parts as its model, alone or after a dead one', async () => {
    const seen = new Set<string>()
    await fc.assert(
      fc.asyncProperty(healthyStream, fc.nat(2), async (parts, deadOnes) => {
        for (const { type } of parts) seen.add(type)
        const given = await drawn(parts, Array.from({ length: deadOnes }, dead))
        expect(given.error).toBeUndefined()
        expect(given.parts).toEqual(named(parts, deadOnes))
        expect(given.opened).toEqual({ request: { body: 'a' }, response: { headers: { 'x-model': 'a' } } })
      }),
      { seed: 11, numRuns },
    )
    expect([...seen, 'error'].sort()).toEqual(Object.keys(partTypes).sort())
  })

  it('gives the same reply as its model, alone or after a dead one', async () => {
    const reply = fc.record({
      content: healthyContent,
      usage: healthyUsage,
      finishReason: healthyReason,
      warnings: healthyWarnings,
      providerMetadata: healthyMetadata,
      response: fc.record({
        headers: fc.constant({ 'x-a': '1' }),
        body: fc.jsonValue(),
        modelId: fc.string(),
      }),
    })
    await fc.assert(
      fc.asyncProperty(reply, fc.nat(2), async (whole, deadOnes) => {
        const a = scriptedModel('a')
        a.doGenerate = async () => whole as never
        const given = await fallback([...Array.from({ length: deadOnes }, dead), a]).doGenerate(prompt)
        expect(plain(given)).toEqual(plain(whole))
      }),
      { seed: 12, numRuns },
    )
  })

  it('never gives a part of two models, wherever the first one breaks', async () => {
    const marked = healthyStream.map((parts) =>
      parts.map((part): LanguageModelV4StreamPart => ({ ...part, by: 'first' }) as never),
    )
    const breaks = fc.constantFrom<readonly Act[]>(
      [new Throws(new Error('cut'))],
      [{ type: 'error', error: 'cut' }],
      [],
    )
    await fc.assert(
      fc.asyncProperty(marked, healthyStream, breaks, fc.nat(15), async (first, second, broken, at) => {
        const beginning = first.slice(0, Math.min(at, first.length - 1))
        const model = fallback([
          scriptedModel('a', { parts: [...beginning, ...broken] }),
          scriptedModel('b', { parts: second }),
        ])
        const { stream } = await model.doStream(prompt)
        const { parts, error } = await partsOf(stream)
        const byFirst = parts.filter((part) => 'by' in part)
        if (byFirst.length === 0) expect([parts.map(plain), error]).toEqual([named(second, 1), undefined])
        else {
          const isTold = parts.at(-1)?.type === 'error'
          expect(byFirst).toEqual(beginning)
          expect([parts.length, error !== undefined]).toEqual([beginning.length + (isTold ? 1 : 0), !isTold])
        }
        expect(parts.filter(({ type }) => type === 'stream-start').length).toBeLessThanOrEqual(1)
      }),
      { seed: 13, numRuns },
    )
  })
})
