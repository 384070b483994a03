import type { EmbeddingModelV4, LanguageModelV4 } from '@ai-sdk/provider'
import { ModelspineError } from '../../errors.ts'
import { checkNumbers } from '../../http/check-options.ts'
import { checkOption, checkOptions, type OptionKinds } from '../../resources/problems/known-options.ts'
import type { FallbackOptions, FallbackTimeouts } from './options.ts'

/** A model that can be asked: one that an app already has. */
export type AnyModel = LanguageModelV4 | EmbeddingModelV4

const kinds: OptionKinds<FallbackOptions> = {
  attempts: 'any',
  timeouts: 'object',
  rest: 'any',
  shouldFailover: 'function',
  onAttempt: 'function',
  clock: 'now()',
}

const timeoutKinds: OptionKinds<FallbackTimeouts> = {
  firstOutputMs: 'any',
  idleMs: 'any',
  attemptMs: 'any',
  requestMs: 'any',
}

/** Throws `invalid-options` for an option that cannot be meant, and for models that cannot stand in for each other. */
export function checkFallback(models: readonly AnyModel[], options: FallbackOptions): void {
  checkOption('models', models, 'list!')
  if (models.length === 0) throw wrong('models', 'models is empty: give at least one model')
  let first: string | undefined
  for (const [place, model] of models.entries()) {
    const field = `models[${place}]`
    const kind = kindOf(model, field)
    first ??= kind
    if (kind !== first)
      throw wrong(field, `${field} is ${kind}, but models[0] is ${first}: give models of one kind`)
  }
  checkOptions(options, kinds)
  const { attempts, timeouts = {} } = options
  checkOptions(timeouts, timeoutKinds, 'timeouts')
  if (attempts !== undefined) checkNumbers({ attempts })
  for (const [name, value] of Object.entries(timeouts)) {
    if (value !== undefined) checkNumbers({ [`timeouts.${name}`]: value })
  }
}

function kindOf(model: AnyModel, field: string): 'a language model' | 'an embedding model' {
  if (typeof model !== 'object' || model === null) {
    throw wrong(
      field,
      `${field} is a ${typeof model}: give the model object of a provider, such as openai('gpt-5')`,
    )
  }
  const { specificationVersion: version } = model
  if (version !== 'v4') {
    throw wrong(
      field,
      `${field} has the specification version ${String(version)}: give a model for AI SDK 7, which has v4`,
    )
  }
  // Models of images and of speech have doGenerate, too.
  if ('doStream' in model) return 'a language model'
  if ('doEmbed' in model) return 'an embedding model'
  throw wrong(field, `${field} has neither doStream nor doEmbed: give a language model or an embedding model`)
}

function wrong(field: string, message: string): ModelspineError {
  return new ModelspineError('invalid-options', message, { details: { field } })
}
