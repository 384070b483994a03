import type { Carriage } from '../../dialects/carriage.ts'
import type { ChatRequest } from '../../provider/contract.ts'
import type { NativeCall } from './dialect.ts'

type Effort = NonNullable<NativeCall['reasoning']>

const efforts: ReadonlySet<string> = new Set<Effort>([
  'none',
  'minimal',
  'low',
  'medium',
  'high',
  'xhigh',
  'max',
])

/** The AI SDK has words for how much to reason, and no number. The steps are those of OpenAI's format. */
export function writeReasoning({
  request: { reasoningEffort: effort, reasoningTokens: tokens },
  carriage,
}: {
  readonly request: ChatRequest
  readonly carriage: Carriage
}): { readonly reasoning: Effort | undefined } {
  const isKnown = effort === undefined || efforts.has(effort)
  if (!isKnown) carriage.approximate('reasoningEffort', 'left out')
  if (effort !== undefined && isKnown) {
    const says = tokens === 0 && effort === 'none'
    if (tokens !== undefined && !says) carriage.approximate('reasoningTokens', `the effort "${effort}"`)
    return { reasoning: effort as Effort }
  }
  if (tokens === undefined) return { reasoning: undefined }
  const word = effortOf(tokens)
  if (tokens !== 0) carriage.approximate('reasoningTokens', `the effort "${word}"`)
  return { reasoning: word }
}

function effortOf(tokens: number): Effort {
  if (tokens === 0) return 'none'
  if (tokens <= 1024) return 'low'
  return tokens <= 8192 ? 'medium' : 'high'
}
