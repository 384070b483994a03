import { setTimeout as wait } from 'node:timers/promises'
import type { LanguageModelV4 } from '@ai-sdk/provider'
import { streamText } from 'ai'
import type { FaultName } from '../faults.ts'
import { answeredText } from '../words.ts'
import type { CallerEnd } from './keep-asking.ts'
import { leaveMs, type Manner, stallMs } from './manner.ts'

export interface ModelQuestion {
  readonly fault: FaultName
  readonly manner: Manner
  /** It outlives the question. */
  readonly abortSignal: AbortSignal
}

/** A stream of a model that fails over, read in this manner. */
export async function askModel(
  model: LanguageModelV4,
  { fault, manner, abortSignal }: ModelQuestion,
): Promise<{ readonly end: CallerEnd; readonly got: string }> {
  const leaving = manner === 'leaves early' || manner === 'leaves late' ? new AbortController() : undefined
  const { fullStream } = streamText({
    model,
    prompt: 'hi',
    onError: () => {},
    abortSignal: leaving?.signal ?? abortSignal,
  })
  if (manner === 'leaves early') setTimeout(() => leaving?.abort(), leaveMs)
  let text = ''
  let error: unknown
  let hasStalled = false
  try {
    for await (const part of fullStream) {
      if (part.type === 'error') error ??= part.error
      if (part.type !== 'text-delta') continue
      text += part.text
      if (manner === 'leaves late') leaving?.abort()
      if (manner === 'stalls' && !hasStalled) await wait(stallMs)
      hasStalled = true
    }
  } catch (thrown) {
    error = thrown
  }
  const got = `${fault}: ${JSON.stringify(text)}${error === undefined ? '' : `, ${error}`}`
  return { end: leaving?.signal.aborted ? 'left' : endOf(fault, text, error), got }
}

/** The request itself is at fault, so no other model is asked. */
const refused: ReadonlySet<FaultName> = new Set(['context-length', 'content-filter'])

function endOf(fault: FaultName, text: string, error: unknown): CallerEnd {
  if (text === answeredText && error === undefined) return 'as expected'
  const isCut = error !== undefined && text !== '' && answeredText.startsWith(text)
  if (isCut || (refused.has(fault) && error !== undefined && text === '')) return 'as expected'
  // A machine with too much to do keeps no limits.
  return /no answer within|in time/.test(String(error)) ? 'late' : 'unexpected'
}
