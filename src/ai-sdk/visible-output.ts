import type { LanguageModelV4FinishReason, LanguageModelV4StreamPart } from '@ai-sdk/provider'
import { ModelspineError } from '../errors.ts'

/** What shows nothing: the frame of a stream, and the beginnings and ends of blocks. */
const frames: ReadonlySet<string> = new Set([
  'stream-start',
  'response-metadata',
  'raw',
  'ping',
  'text-start',
  'text-end',
  'reasoning-start',
  'reasoning-end',
  'tool-input-start',
  'tool-input-end',
])

/**
 * Whether the caller sees something when it gets this part. From then on no other model is asked. A type that the AI SDK
 * adds later counts as output, because a replay is worse than an error.
 */
export function isVisible(part: LanguageModelV4StreamPart): boolean {
  return !frames.has(part.type) && !('delta' in part && part.delta === '')
}

/** Whether the model itself says that its answer is none. */
export function isBroken(reason: LanguageModelV4FinishReason | undefined): boolean {
  return reason?.unified === 'error' || reason?.unified === 'interrupted'
}

/** Throws `interrupted` for the end of an empty answer of which the model itself says that it is none. */
export function refuseBroken(reason: LanguageModelV4FinishReason | undefined): void {
  if (!isBroken(reason)) return
  throw new ModelspineError('interrupted', `the answer is empty and ended with "${reason?.unified}"`)
}
