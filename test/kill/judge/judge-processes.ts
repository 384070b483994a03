import { ledgerOf } from '../../status.ts'
import type { Evidence } from '../evidence.ts'

/** Checks that each requested revision was started once and ran once, and only the wanted one still runs. */
export function judgeProcesses({ commits, journal, starts, running }: Evidence): readonly string[] {
  const faults: string[] = []
  const asked = commits.events
    .filter(({ action }) => action === 'revision-requested')
    .map(({ key, details }) => `${key} ${details.revision}`)
  const started = journal.filter(({ event }) => event === 'started')
  for (const name of new Set([...asked, ...started.map(({ key, revision }) => `${key} ${revision}`)])) {
    const count = started.filter(({ key, revision }) => `${key} ${revision}` === name).length
    if (count !== 1) faults.push(`revision ${name} was started ${count} times`)
    if (!asked.includes(name)) faults.push(`revision ${name} was started but never asked for`)
  }
  for (const { key, revision } of journal.filter(({ event }) => event === 'restarted')) {
    faults.push(`revision ${key} ${revision} was restarted, and no model server ever failed`)
  }
  const operations = new Set(commits.states.map(({ status }) => ledgerOf(status)?.operationId))
  for (const { revision, operationId } of started) {
    if (!operations.has(operationId)) faults.push(`revision ${revision} was started without a ledger entry`)
  }
  const pids = started.map(({ pid }) => pid).sort()
  const ran = starts.map(({ pid }) => pid).sort()
  if (JSON.stringify(pids) !== JSON.stringify(ran)) {
    faults.push(`the journal tells of processes ${pids.join(', ')}, and ${ran.join(', ')} ran`)
  }
  const stable = commits.states.findLast(({ key }) => key === 'default/digits')?.status?.stable
  const wanted = started.find(({ key, revision }) => key === 'default/digits' && revision === stable)
  for (const { pid, command } of running) {
    if (pid !== wanted?.pid) faults.push(`process ${pid} is an orphan: ${command}`)
  }
  if (!running.some(({ pid }) => pid === wanted?.pid)) faults.push(`process ${wanted?.pid} does not run`)
  return faults
}
