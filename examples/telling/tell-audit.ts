import type { AuditLog } from 'modelspine'
import type { Screen } from './screen.ts'

/** Tells that the audit log is intact, with more lines below. Returns what the summary says of it. */
export async function tellAudit(
  screen: Screen,
  audit: Pick<AuditLog, 'verify'>,
  more: () => Promise<readonly string[]> = async () => [],
): Promise<string> {
  const verdict = await audit.verify()
  if (!verdict.ok) throw new Error(`the audit log is broken: ${verdict.reason}`)
  screen.event('ok', `${verdict.records} records, each hashed with the one before: the log is intact`, [
    `head ${verdict.head.slice(0, 16)}…`,
    ...(await more()),
  ])
  return `${verdict.records}, verified`
}
