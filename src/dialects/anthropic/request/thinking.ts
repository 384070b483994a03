import type { JsonRecord } from '../../../json.ts'
import type { ChatRequest } from '../../../provider/contract.ts'
import type { Carriage } from '../../carriage.ts'

/** Anthropic takes no smaller budget. */
const leastBudget = 1024

/** Anthropic's words for effort. */
const efforts: ReadonlySet<string> = new Set(['low', 'medium', 'high', 'xhigh', 'max'])

/**
 * The tokens to think with, when the whole answer has at most `limit`. Undefined where a budget has no room, and where a
 * tool must be called: a model that thinks cannot be forced.
 */
export function budgetOf(
  { reasoningTokens = 0, toolChoice }: Pick<ChatRequest, 'reasoningTokens' | 'toolChoice'>,
  limit: number,
): number | undefined {
  const isForced = toolChoice === 'required' || typeof toolChoice === 'object'
  const budget = Math.min(Math.max(reasoningTokens, leastBudget), limit - 1)
  return reasoningTokens === 0 || isForced || budget < leastBudget ? undefined : budget
}

/** `thinking` of the body. `given` is what stands there otherwise, which may also say how thoughts are shown. */
export function writeThinking(
  request: ChatRequest,
  limit: number,
  carriage: Carriage,
  given: JsonRecord,
): JsonRecord | undefined {
  const { reasoningTokens, reasoningEffort } = request
  if (reasoningTokens === 0 || (reasoningTokens === undefined && reasoningEffort === 'none')) {
    return { type: 'disabled' }
  }
  if (reasoningTokens === undefined) return undefined
  const budget = budgetOf(request, limit)
  if (budget !== reasoningTokens) carriage.approximate('reasoningTokens', String(budget ?? 'left out'))
  if (budget === undefined) return undefined
  return { ...given, type: 'enabled', budget_tokens: budget }
}

/** What of the fields of sampling Anthropic takes while a model thinks. It refuses any other value. */
const whileThinking: Readonly<Record<'temperature' | 'topP' | 'topK', (value: number) => boolean>> = {
  temperature: (value) => value === 1,
  topP: (value) => value >= 0.95,
  topK: () => false,
}

/** A field of sampling. Undefined where it is not sent. */
export function writeSampling(
  request: ChatRequest,
  field: keyof typeof whileThinking,
  limit: number,
  carriage: Carriage,
): number | undefined {
  const value = request[field]
  if (value === undefined) return undefined
  if (budgetOf(request, limit) !== undefined && !whileThinking[field](value)) {
    carriage.approximate(field, 'left out')
    return undefined
  }
  if (field !== 'temperature' || value <= 1) return value
  carriage.approximate(field, '1')
  return 1
}

/** Anthropic's word for the effort. Undefined where it has none. */
export function writeEffort(effort: string | undefined, carriage: Carriage): string | undefined {
  if (effort === undefined || effort === 'none') return undefined
  if (efforts.has(effort)) return effort
  const nearest = effort === 'minimal' ? 'low' : undefined
  carriage.approximate('reasoningEffort', nearest ?? 'left out')
  return nearest
}
