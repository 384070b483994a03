import type { Form } from './asking.ts'
import { expectedOutcomes } from './expected-outcomes.ts'
import { type FaultName, faultNames, faults } from './faults.ts'
import type { Outcome } from './play-fault.ts'

/** A line of the table of faults: what a fault did without a fallback, and with one. */
export interface FaultRow {
  readonly fault: FaultName
  readonly alone: string
  readonly withFallback: string
  readonly took: string
  readonly upstream: string
}

export function rowOf(fault: FaultName, alone: Outcome, withFallback: Outcome): FaultRow {
  const both = (part: 'took' | 'upstream'): string =>
    alone[part] === withFallback[part] ? alone[part] : `${alone[part]} / ${withFallback[part]}`
  return {
    fault,
    alone: alone.caller,
    withFallback: withFallback.caller,
    took: both('took'),
    upstream: both('upstream'),
  }
}

/** The expected lines of a form. Throws when one is missing. */
export function expectedRows(form: Form): readonly FaultRow[] {
  const lines = expectedOutcomes[form].trim().split('\n')
  const rows = new Map(lines.map((line) => [line.split('|')[0]?.trim(), line]))
  return faultsOf(form).map((fault) => {
    const [, alone, withFallback, took, upstream] = (rows.get(fault) ?? '')
      .split('|')
      .map((cell) => cell.trim())
    if (alone === undefined || withFallback === undefined || took === undefined || upstream === undefined)
      throw new Error(`expected-outcomes.ts has no line with five cells for ${form} and ${fault}`)
    return { fault, alone, withFallback, took, upstream }
  })
}

export function faultsOf(form: Form): readonly FaultName[] {
  return faultNames.filter((name) => form === 'chat-stream' || faults[name].onlyInEvents !== true)
}
