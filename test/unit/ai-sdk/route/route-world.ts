import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
  SharedV4ProviderMetadata,
} from '@ai-sdk/provider'
import { convertArrayToReadableStream, convertReadableStreamToArray, MockLanguageModelV4 } from 'ai/test'
import type { ModelProvider } from 'modelspine/adapter'
import { createRouter, type Layers, type Router, type RouterOptions, staticRoutes } from 'modelspine/routing'

export const usage = {
  inputTokens: { total: 5, noCache: 3, cacheRead: 2, cacheWrite: undefined },
  outputTokens: { total: 4, text: 3, reasoning: 1 },
  raw: { prompt_tokens: 5, special: { kept: true } },
}
export const finishReason = { unified: 'stop', raw: 'the_end' } as const

export const says = (text: string): LanguageModelV4CallOptions => ({
  prompt: [{ role: 'user', content: [{ type: 'text', text }] }],
})

/** A router whose route `app` leads to these providers, one after the other. */
export function routerOver(
  providers: readonly ModelProvider[],
  options: Partial<RouterOptions> = {},
  model = 'm',
): Router {
  const named = providers.map((provider, index) => [`p${index}`, provider] as const)
  const [first = '', ...others] = named.map(([name]) => name)
  const table = staticRoutes({
    routes: [
      {
        metadata: { name: 'app' },
        spec: {
          operations: ['chat', 'embed'],
          backends: [{ provider: first, model }],
          fallback: others.map((provider) => ({ provider, model })),
        },
      },
    ],
    providers: Object.fromEntries(named),
  })
  return createRouter({ table, ...options })
}

/** A model that gives these parts, or this result. */
export function modelOf(
  parts: readonly LanguageModelV4StreamPart[],
  result: Partial<LanguageModelV4GenerateResult> = {},
): MockLanguageModelV4 {
  return new MockLanguageModelV4({
    provider: 'mock.chat',
    modelId: 'm',
    doStream: async () => ({ stream: convertArrayToReadableStream([...parts]) }),
    doGenerate: async () => ({ content: [], usage, finishReason, warnings: [], ...result }),
  })
}

export async function partsFrom(
  model: LanguageModelV4,
  options: LanguageModelV4CallOptions,
): Promise<readonly LanguageModelV4StreamPart[]> {
  const { stream } = await model.doStream(options)
  return convertReadableStreamToArray(stream)
}

/** Our own entry of the metadata. */
export function own(metadata: SharedV4ProviderMetadata | undefined): Readonly<Record<string, unknown>> {
  return metadata?.modelspine ?? {}
}

/** The same without our own entry. */
export function withoutOwn<Value extends { providerMetadata?: SharedV4ProviderMetadata | undefined }>(
  value: Value,
): Value {
  const { modelspine: _, ...others } = value.providerMetadata ?? {}
  const { providerMetadata: __, ...rest } = value
  return (Object.keys(others).length === 0 ? rest : { ...rest, providerMetadata: others }) as Value
}

/** A guardrail that rewrites texts of replies and of streams, as one that hides words. */
export function hiding(word: string): Layers {
  const hidden = <Value>(value: Value): Value =>
    JSON.parse(
      JSON.stringify(value, (_, member) =>
        typeof member === 'string' ? member.replaceAll(word, '***') : member,
      ),
    )
  return {
    guardrailsOut: [
      {
        checkReply: (_request, reply) => {
          const { choices, ...rest } = reply as { readonly choices: unknown }
          return { ...rest, choices: hidden(choices) }
        },
        async *checkStream(_request, pieces) {
          for await (const batch of pieces as AsyncIterable<readonly { readonly parts: unknown }[]>) {
            yield batch.map((event) => ({ ...event, parts: hidden(event.parts) }))
          }
        },
      },
    ],
  }
}
