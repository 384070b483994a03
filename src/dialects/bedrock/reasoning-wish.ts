import type { ChatRequest } from '../../provider/contract.ts'
import type { ConverseMembers } from './converse-members.ts'
import type { ConverseContext } from './messages/write-context.ts'

/** Bedrock's words for how much to reason. */
const efforts: ReadonlySet<string> = new Set(['low', 'medium', 'high', 'xhigh', 'max'])

/**
 * How much the model should reason. Converse has words for it. A number of tokens is a field of Anthropic's models, and
 * becomes a word for others.
 */
export function wireReasoning(
  request: Pick<ChatRequest, 'reasoningEffort' | 'reasoningTokens'>,
  { carriage, isClaude }: ConverseContext,
): ConverseMembers {
  const { reasoningEffort: word, reasoningTokens: tokens } = request
  const thinking = tokens !== undefined && isClaude ? thinkingOf(tokens) : undefined
  if (word === undefined && tokens !== undefined && thinking === undefined) {
    const effort = effortOf(tokens)
    carriage.approximate('reasoningTokens', effort === undefined ? 'left out' : `the effort "${effort}"`)
    return { outputConfig: { effort } }
  }
  if (word !== undefined && tokens !== undefined && thinking === undefined) {
    carriage.approximate('reasoningTokens', 'left out')
  }
  return {
    outputConfig: { effort: word === undefined ? undefined : knownEffort(word, carriage) },
    ...(thinking !== undefined && { additionalModelRequestFields: { thinking } }),
  }
}

function thinkingOf(tokens: number): object {
  return tokens === 0 ? { type: 'disabled' } : { type: 'enabled', budget_tokens: tokens }
}

function knownEffort(word: string, carriage: ConverseContext['carriage']): string | undefined {
  if (efforts.has(word)) return word
  const near = word === 'minimal' ? 'low' : undefined
  carriage.approximate('reasoningEffort', near === undefined ? 'left out' : `"${near}"`)
  return near
}

/** The steps at which other gateways change the word. */
function effortOf(tokens: number): string | undefined {
  if (tokens === 0) return undefined
  if (tokens <= 1024) return 'low'
  return tokens <= 8192 ? 'medium' : 'high'
}
