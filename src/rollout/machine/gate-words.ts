import type { Analyzing, GateResult } from '../../resources/deployment/deployment-status.ts'

/** What a step measures, and what its gates lack, in words. */
export function describeAnalysis({ step, revision, extended, gates }: Analyzing): string {
  const longer = extended === true ? ' for longer, because it ended undecided' : ''
  return `step ${step + 1} measures revision ${revision}${longer}${gates.map(describeLack).join('')}`
}

/** Why a gate cannot be read, or what it would need for a decision. */
function describeLack({ verdict, message, next }: GateResult): string {
  if (verdict !== 'error' && verdict !== 'undecided') return ''
  return next === undefined ? `; ${message}` : `; ${message}; ${next}`
}
