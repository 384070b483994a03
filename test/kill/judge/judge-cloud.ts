import { ledgerOf } from '../../status.ts'
import type { Evidence } from '../evidence.ts'

/** Checks that the vendor made each requested revision once, and that only the wanted one still runs. */
export function judgeCloud({ commits, cloud: { mutations, running } }: Evidence): readonly string[] {
  const faults: string[] = []
  const asked = commits.events
    .filter(({ action }) => action === 'revision-requested')
    .map(({ key, details }) => `${key} ${details.revision}`)
  const made = mutations.filter(({ kind }) => kind === 'create')
  for (const name of new Set([...asked, ...made.map(({ key, revision }) => `${key} ${revision}`)])) {
    const count = made.filter(({ key, revision }) => `${key} ${revision}` === name).length
    if (count !== 1) faults.push(`revision ${name} was created ${count} times`)
    if (!asked.includes(name)) faults.push(`revision ${name} was created but never asked for`)
  }
  const operations = new Set(commits.states.map(({ status }) => ledgerOf(status)?.operationId))
  for (const { kind, key, operationId } of mutations) {
    if (!operations.has(operationId)) faults.push(`a ${kind} of ${key} has no ledger entry`)
  }
  const stable = commits.states.findLast(({ key }) => key === 'default/digits')?.status?.stable
  for (const { key, revision } of running) {
    if (key !== 'default/digits' || revision !== stable) faults.push(`${key} ${revision} was left running`)
  }
  return faults
}
