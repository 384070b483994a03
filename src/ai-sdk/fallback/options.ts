import type { EmbeddingModelV4, LanguageModelV4 } from '@ai-sdk/provider'
import type { Clock } from '../../clock.ts'
import { ModelspineError } from '../../errors.ts'
import { checkNumbers } from '../../http/check-options.ts'

/** Limits of time, as whole milliseconds. Those of a route have the same meaning. */
export interface FallbackTimeouts {
  /**
   * The first output of one streamed call. Default: an equal share of `requestMs`, while another model can still be
   * asked.
   */
  readonly firstOutputMs?: number
  /** The pause between two parts of a stream, on either side. Default 120,000. */
  readonly idleMs?: number
  /** One call for a whole reply. The default is that of `firstOutputMs`. */
  readonly attemptMs?: number
  /**
   * The whole request, with all attempts. Default 600,000: for a reply, or for the first output of a stream. A value
   * that is given bounds the rest of a stream, too.
   */
  readonly requestMs?: number
}

export interface FallbackOptions {
  /** The most calls of one request. Default: one for each model. */
  readonly attempts?: number
  readonly timeouts?: FallbackTimeouts
  /** Default: the machine's own clock. */
  readonly clock?: Clock
}

/** A model that can be asked: one that an app already has. */
export type AnyModel = LanguageModelV4 | EmbeddingModelV4

/** Throws `invalid-options` for an option that cannot be meant, and for models that cannot stand in for each other. */
export function checkFallback(
  models: readonly AnyModel[],
  { attempts, timeouts = {} }: FallbackOptions,
): void {
  if (!Array.isArray(models) || models.length === 0)
    throw wrong('models', 'models is empty: give at least one model')
  const [first] = models.map((model, place) => kindOf(model, `models[${place}]`))
  for (const [place, model] of models.entries()) {
    const field = `models[${place}]`
    const kind = kindOf(model, field)
    if (kind !== first)
      throw wrong(field, `${field} is ${kind}, but models[0] is ${first}: give models of one kind`)
  }
  if (attempts !== undefined) checkNumbers({ attempts })
  for (const [name, value] of Object.entries(timeouts)) {
    if (value !== undefined) checkNumbers({ [`timeouts.${name}`]: value })
  }
}

function kindOf(model: AnyModel, field: string): 'a language model' | 'an embedding model' {
  if (typeof model !== 'object' || model === null) {
    throw wrong(
      field,
      `${field} is ${typeof model}: give the model object of a provider, such as openai('gpt-5')`,
    )
  }
  const { specificationVersion: version } = model
  if (version !== 'v4') {
    throw wrong(
      field,
      `${field} has the specification version ${String(version)}: give a model for AI SDK 7, which has v4`,
    )
  }
  if ('doGenerate' in model) return 'a language model'
  if ('doEmbed' in model) return 'an embedding model'
  throw wrong(
    field,
    `${field} has neither doGenerate nor doEmbed: give a language model or an embedding model`,
  )
}

function wrong(field: string, message: string): ModelspineError {
  return new ModelspineError('invalid-options', message, { details: { field } })
}
