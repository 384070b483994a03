import type { LanguageModelV4StreamPart } from '@ai-sdk/provider'
import type { Told } from './model-router.ts'
import type { Piece } from './part-source.ts'

/**
 * The parts as the AI SDK reads them. Nothing is read ahead. A `finish` tells who answered. After its `finish` no error can
 * change the answer, and after an error part the AI SDK has one already, so the stream just ends. A stream that does not
 * name its model gets the name of the one that answered, unless that is `assumed`, which the AI SDK writes by itself.
 */
export function partStream(
  pieces: AsyncIterator<Piece>,
  first: readonly LanguageModelV4StreamPart[],
  told: Told,
  assumed: string,
): ReadableStream<LanguageModelV4StreamPart> {
  let isTold = false
  let isNamed = told.model === assumed
  let waiting = [...first]
  const read = async (): Promise<LanguageModelV4StreamPart | undefined> => {
    while (waiting.length === 0) {
      const step = await pieces.next()
      if (step.done === true) return undefined
      waiting = [...step.value.parts]
    }
    return waiting.shift()
  }
  return new ReadableStream<LanguageModelV4StreamPart>(
    {
      async pull(controller) {
        try {
          const part = await read()
          if (part === undefined) return controller.close()
          isTold ||= part.type === 'error' || part.type === 'finish'
          isNamed ||= part.type === 'response-metadata' && part.modelId !== undefined
          if (part.type !== 'finish') return controller.enqueue(part)
          if (!isNamed) controller.enqueue({ type: 'response-metadata', modelId: told.model })
          controller.enqueue(signed(part, told))
        } catch (error) {
          if (isTold) controller.close()
          else controller.error(error)
        }
      },
      async cancel() {
        await pieces.return?.()
      },
    },
    { highWaterMark: 0 },
  )
}

/**
 * The same, with `modelspine` in its `providerMetadata`. What a route's model says there of itself stays: feedback finds the
 * request by its id.
 */
export function signed<Answer extends object>(answer: Answer & Signable, told: Told): Answer {
  const { providerMetadata } = answer
  const modelspine = { ...told, ...providerMetadata?.modelspine }
  return { ...answer, providerMetadata: { ...providerMetadata, modelspine } }
}

interface Signable {
  readonly providerMetadata?: Readonly<Record<string, object>>
}
