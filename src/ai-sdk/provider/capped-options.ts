import { ModelspineError } from '../../errors.ts'
import { isRecord } from '../../json.ts'

/** `maxOutputTokens`, `max_completion_tokens`, `max_gen_len`, `n_predict` … */
const limitName = /max.*(?:tokens|len)|^n_?predict$|^num_?predict$/i

/** `n`, `best_of`, `candidateCount`, `num_return_sequences` … */
const countName =
  /^n$|best_?of$|candidate_?count$|num_?return_?sequences$|num_?beams$|beam_?width$|num_?generations$/i

/** `budgetTokens`, `thinkingBudget` … Some models add it to the limit. */
const budgetName = /budget/i

/** Anthropic's model takes this many where `thinking` is enabled without a budget, and adds them to the limit, too. */
const usualBudget = 1024

export interface Limits {
  /** How many answers the options ask for. */
  readonly choices: number
  /** The tokens that a model may add to the limit. */
  readonly budget: number
}

/** What the options of models say besides the limit, at any depth. */
export function limitsIn(options: unknown): Limits {
  let choices = 1
  let budget = 0
  visit(options, (name, value) => {
    if (isEnabled(value)) budget = Math.max(budget, usualBudget)
    if (typeof value !== 'number' || Number.isNaN(value)) return
    if (countName.test(name)) choices = Math.max(choices, value)
    // There may be several, of models that stand in for each other.
    if (budgetName.test(name)) budget = Math.max(budget, value)
  })
  return { choices, budget }
}

function isEnabled(value: unknown): boolean {
  if (!isRecord(value) || value.type !== 'enabled') return false
  return !Object.entries(value).some(([name, member]) => budgetName.test(name) && typeof member === 'number')
}

function visit(value: unknown, see: (name: string, member: unknown) => void): void {
  if (Array.isArray(value)) for (const each of value) visit(each, see)
  if (!isRecord(value)) return
  for (const [name, member] of Object.entries(value)) {
    see(name, member)
    visit(member, see)
  }
}

/** The same options with no limit above this one, at any depth. A limit that is no number is replaced. */
export function lowered<Value>(value: Value, limit: number): Value {
  if (Array.isArray(value)) return value.map((each) => lowered(each, limit)) as Value
  if (!isRecord(value)) return value
  const entries = Object.entries(value).map(([name, member]) => {
    const isLimit = limitName.test(name) && !isRecord(member)
    if (!isLimit || member === undefined || member === null) return [name, lowered(member, limit)]
    return [name, typeof member === 'number' && member >= 0 && member <= limit ? member : limit]
  })
  return Object.fromEntries(entries) as Value
}

/** Throws `policy-denied` when the cap leaves nothing beside what the model may think. */
export function withoutBudget(cap: number, budget: number): number {
  if (cap - budget >= 1) return cap - budget
  throw new ModelspineError(
    'policy-denied',
    `the policy allows ${cap} output tokens, which is too few for a budget of ${budget} tokens to think with`,
  )
}
