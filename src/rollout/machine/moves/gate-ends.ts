import type { GateResult } from '../../../resources/deployment/deployment-status.ts'
import { gateDefaults } from '../../../resources/deployment/gate-defaults.ts'
import type { AnalysisGate, Undecided } from '../../../resources/deployment/model-deployment.ts'

/** What a gate leads to at the end of its step. A gate that has failed is not asked. */
export function endOf(
  gates: readonly AnalysisGate[],
  { gate: name, verdict }: GateResult,
  mayExtend: boolean,
): Undecided {
  const gate = gates.find((each) => each.name === name)
  switch (verdict) {
    case 'pass':
      return 'pass'
    case 'fail':
      return 'fail'
    case 'undecided': {
      const end = undecidedOf(gate)
      return end === 'extend' && !mayExtend ? 'pause' : end
    }
    case 'error':
      return gate?.onError ?? 'pause'
    default:
      return gate?.noData ?? 'pause'
  }
}

/** Whether the gate lets an extended step end. */
export function countsAsPass(gates: readonly AnalysisGate[], { gate: name, verdict }: GateResult): boolean {
  if (verdict === 'undecided') return undecidedOf(gates.find((gate) => gate.name === name)) === 'pass'
  return verdict === 'pass'
}

/** The result of a gate of a step that passed. */
export function passed(result: GateResult): GateResult {
  if (result.verdict !== 'undecided') return result
  return { ...result, message: `${result.message}; this counts as passed, although it is not shown` }
}

/** The gates that did not pass, in words. */
export function describeOpen(gates: readonly GateResult[]): string {
  return gates
    .filter(({ verdict }) => verdict !== 'pass')
    .map(({ message }) => message)
    .join('; ')
}

export function undecidedOf(gate: Pick<AnalysisGate, 'undecided'> | undefined): Undecided {
  return gate?.undecided ?? gateDefaults.undecided
}
