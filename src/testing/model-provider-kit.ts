import { type KitOptions, type Law, runKit } from './kit.ts'
import { abortLaws } from './model-provider/abort-laws.ts'
import { answerLaws } from './model-provider/answer-laws.ts'
import { dialectLaws } from './model-provider/dialect-laws.ts'
import { failureLaws } from './model-provider/failure-laws.ts'
import { streamLaws } from './model-provider/stream-laws.ts'
import type { ModelProviderSubject } from './model-provider/subject.ts'
import { tensorLaws } from './model-provider/tensor-laws.ts'

export {
  type ModelProviderSubject,
  type ScriptedUpstream,
  type StreamEnd,
  scriptedAnswer,
  type UpstreamCall,
  type UpstreamScript,
} from './model-provider/subject.ts'

/**
 * The laws of a ModelProvider. The fixture plays the upstream, so that each law can decide what the vendor
 * does.
 */
export const modelProviderLaws: readonly Law<ModelProviderSubject>[] = [
  ...answerLaws,
  ...tensorLaws,
  ...dialectLaws,
  ...failureLaws,
  ...abortLaws,
  ...streamLaws,
]

/** Registers the laws of ModelProvider as tests of one implementation. */
export function modelProviderConformance(options: KitOptions<ModelProviderSubject>): void {
  runKit('ModelProvider', modelProviderLaws, options)
}
