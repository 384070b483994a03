import type { Obligation } from './contract.ts'

/** An obligation in words, for messages. */
export function obligationName(obligation: Obligation): string {
  switch (obligation.kind) {
    case 'approval':
      return 'an approval'
    case 'cap-tokens':
      return `a cap of ${obligation.maxOutputTokens} output tokens`
    case 'guardrail':
      return `the guardrail ${obligation.name}`
    case 'redact':
      return `redaction of ${obligation.entities.join(', ')}`
  }
}
