/**
 * The door `modelspine/ai-sdk`: models of the AI SDK that fail over, without a control plane.
 */

export { fallback } from './fallback/fallback.ts'
export type {
  FallbackAttempt,
  FallbackModel,
  FallbackOptions,
  FallbackTimeouts,
} from './fallback/options.ts'
