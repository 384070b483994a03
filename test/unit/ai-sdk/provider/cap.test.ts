import type { LanguageModelV4CallOptions } from '@ai-sdk/provider'
import fc from 'fast-check'
import { fromAiSdk, languageModel } from 'modelspine/ai-sdk'
import type { InvokePolicy } from 'modelspine/routing'
import { describe, expect, it } from 'vitest'
import { modelOf, routerOver, says } from '../route/route-world.ts'

/** What reaches the model when the policy allows this many output tokens. */
async function sentUnder(
  maxOutputTokens: number,
  more: Partial<LanguageModelV4CallOptions>,
): Promise<LanguageModelV4CallOptions> {
  const policy: InvokePolicy = {
    decide: () => ({
      verdict: 'allow',
      findings: [],
      obligations: [{ kind: 'cap-tokens', maxOutputTokens }],
      policyRevision: '',
      inputDigest: '',
    }),
  }
  const model = modelOf([], { content: [{ type: 'text', text: 'ok' }] })
  await languageModel(routerOver([fromAiSdk(model)], { policy }), 'app').doGenerate({
    ...says('Hi'),
    ...more,
  })
  const [sent] = model.doGenerateCalls
  if (sent === undefined) throw new Error('nothing was sent')
  return sent
}

describe('a cap on tokens before a model of the AI SDK', () => {
  it('lowers the limit of the call, and leaves a lower one', async () => {
    expect((await sentUnder(50, {})).maxOutputTokens).toBe(50)
    expect((await sentUnder(50, { maxOutputTokens: 900 })).maxOutputTokens).toBe(50)
    expect((await sentUnder(50, { maxOutputTokens: 7 })).maxOutputTokens).toBe(7)
  })

  it('lowers each limit in the options for models, at any depth, and keeps the other options', async () => {
    const providerOptions = {
      openai: { maxCompletionTokens: 900, logitBias: { 1: 2 }, store: false },
      other: {
        max_tokens: 'many',
        n_predict: -1,
        max_gen_len: 900,
        fallbacks: [{ max_tokens: 900, model: 'x' }],
      },
    }
    expect(await sentUnder(50, { providerOptions, topK: 3 })).toMatchObject({
      maxOutputTokens: 50,
      topK: 3,
      providerOptions: {
        openai: { maxCompletionTokens: 50, logitBias: { 1: 2 }, store: false },
        other: {
          max_tokens: 50,
          n_predict: 50,
          max_gen_len: 50,
          fallbacks: [{ max_tokens: 50, model: 'x' }],
        },
      },
    })
  })

  it('takes a budget to think with off the cap, because some models add it to the limit', async () => {
    const thinking = (budgetTokens: number) => ({
      anthropic: { thinking: { type: 'enabled', budgetTokens } },
    })
    const sent = await sentUnder(5000, { providerOptions: thinking(2000) })
    expect(sent).toMatchObject({ maxOutputTokens: 3000, providerOptions: thinking(2000) })
    await expect(sentUnder(1000, { providerOptions: thinking(2000) })).rejects.toMatchObject({
      code: 'policy-denied',
      message: expect.stringContaining('a budget of 2000 tokens'),
    })
  })

  it('takes off what a model adds that thinks without a budget of its own', async () => {
    const providerOptions = { anthropic: { thinking: { type: 'enabled' } } }
    expect(await sentUnder(5000, { providerOptions })).toMatchObject({
      maxOutputTokens: 5000 - 1024,
      providerOptions,
    })
    await expect(sentUnder(1000, { providerOptions })).rejects.toMatchObject({ code: 'policy-denied' })
  })

  it('leaves out a wish for effort, which some models turn into such a budget', async () => {
    expect(await sentUnder(50, { reasoning: 'high' })).not.toHaveProperty('reasoning')
    expect(await sentUnder(50, { reasoning: 'none' })).toMatchObject({ reasoning: 'none' })
    for (const [reasoningTokens, sent] of [
      [4000, undefined],
      [0, 'none'],
    ] as const) {
      const model = modelOf([], { content: [{ type: 'text', text: 'ok' }] })
      const provider = fromAiSdk(model)
      const request = { model: 'm', messages: [], reasoningTokens }
      await provider.chat?.(provider.capTokens?.(request, 50) ?? request, {
        requestId: 'r',
        abortSignal: new AbortController().signal,
      })
      expect(model.doGenerateCalls[0]?.reasoning).toBe(sent)
    }
  })

  it('shares the cap among the answers that the options ask for', async () => {
    expect((await sentUnder(50, { providerOptions: { vendor: { n: 5 } } })).maxOutputTokens).toBe(10)
  })

  it('holds for any options', async () => {
    const names = fc.constantFrom('maxTokens', 'max_output_tokens', 'thinkingBudget', 'n', 'deep', 'other')
    const values = fc.letrec<{ entry: Record<string, unknown> }>((tie) => ({
      entry: fc.dictionary(
        names,
        fc.oneof({ depthSize: 'small' }, fc.nat(200), fc.constant(null), tie('entry')),
      ),
    })).entry
    await fc.assert(
      fc.asyncProperty(values, fc.integer({ min: 1, max: 150 }), async (vendor, cap) => {
        const options = { providerOptions: { vendor } as never }
        const sent = await sentUnder(cap, options).catch(({ code }) => {
          expect(code).toBe('policy-denied')
        })
        if (sent === undefined) return
        const numbers = numbersIn(sent.providerOptions)
        const most = Math.max(sent.maxOutputTokens ?? Infinity, ...numbers.limits)
        expect((most + Math.max(0, ...numbers.budgets)) * Math.max(1, ...numbers.counts)).toBeLessThanOrEqual(
          cap,
        )
      }),
    )
  })
})

function numbersIn(value: unknown): Readonly<Record<'limits' | 'budgets' | 'counts', number[]>> {
  const found = { limits: [] as number[], budgets: [] as number[], counts: [] as number[] }
  JSON.stringify(value, (name, member) => {
    if (typeof member !== 'number') return member
    if (/max/.test(name)) found.limits.push(member)
    if (/Budget/.test(name)) found.budgets.push(member)
    if (name === 'n') found.counts.push(member)
    return member
  })
  return found
}
