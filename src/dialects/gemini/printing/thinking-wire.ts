import type { JsonRecord } from '../../../json.ts'
import type { ChatRequest } from '../../../provider/contract.ts'
import type { GeminiContext } from './gemini-printing.ts'

const levels: ReadonlySet<string> = new Set(['minimal', 'low', 'medium', 'high'])

/** Words of other vendors, and the nearest of Google's. */
const nearest: Readonly<Record<string, string>> = { none: 'minimal', xhigh: 'high', max: 'high' }

/** The budgets that Google's own service for OpenAI's format gives models that know no levels. */
const budgets: Readonly<Record<string, number>> = {
  none: 0,
  minimal: 1024,
  low: 1024,
  medium: 8192,
  high: 24_576,
}

/**
 * `thinkingConfig`. A number of tokens stands above a word, because Google refuses both together. Thoughts are shown,
 * because whoever asks for them may need them for the next request.
 */
export function wireThinking(request: ChatRequest, context: GeminiContext): JsonRecord {
  const { reasoningEffort, reasoningTokens } = request
  const { carriage } = context
  if (reasoningTokens !== undefined) {
    if (reasoningEffort !== undefined) carriage.approximate('reasoningEffort', 'left out')
    return thinking(reasoningTokens > 0, { thinkingBudget: reasoningTokens })
  }
  const word = reasoningEffort?.toLowerCase() ?? ''
  const level = levels.has(word) ? word : nearest[word]
  if (level === undefined) {
    carriage.approximate('reasoningEffort', 'left out')
    return {}
  }
  if (takesBudgets(request.model)) {
    const budget = budgets[word === 'none' ? word : level] ?? 0
    carriage.approximate('reasoningEffort', `a budget of ${budget} tokens`)
    return thinking(budget > 0, { thinkingBudget: budget })
  }
  if (level !== word) carriage.approximate('reasoningEffort', level)
  return thinking(word !== 'none', { thinkingLevel: level.toUpperCase() })
}

function thinking(isShown: boolean, amount: JsonRecord): JsonRecord {
  return { thinkingConfig: { ...amount, ...(isShown && { includeThoughts: true }) } }
}

/** Models of Google before Gemini 3 know no levels. */
function takesBudgets(model: string): boolean {
  return /(?:^|\/)gemini-[12](?!\d)/.test(model)
}
