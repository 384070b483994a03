import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import {
  type AuditHead,
  type Clock,
  link,
  ModelspineError,
  type RecentRecords,
  recentRecords,
  walkChain,
} from 'modelspine/adapter'
import { writeAtomically } from '../write-atomically.ts'
import { type AuditFile, auditFiles, headBefore, walkFiles } from './audit-files.ts'

/** The place of the next record. */
export interface AuditTail {
  readonly head: AuditHead
  /** The last file, and how many of its bytes are whole appends. Absent for an empty log. */
  readonly last?: { readonly file: AuditFile; readonly bytes: number }
  readonly recent: RecentRecords
}

/** How many of the last records are searched for a repeated entry. */
const window = 10_000

/**
 * Reads the end of a log, at least its last 10,000 records. It drops the rest of an append that was cut off.
 * In the same step it writes a record about the drop (`log-recovered`). Throws `audit-broken` when a record
 * differs from what was written. It also does so when `known`, a head that was once acknowledged, is gone.
 */
export async function readTail(
  folder: string,
  clock: Clock,
  known: AuditHead | undefined,
): Promise<AuditTail> {
  const files = await auditFiles(folder)
  const last = files.at(-1)
  const recent = recentRecords(window)
  const first = files.findLastIndex(
    (file) => (last?.firstSequence ?? 0) - file.firstSequence >= window || file.firstSequence === 1,
  )
  const walked = files.slice(Math.max(0, first))
  const from = walked[0] === undefined ? undefined : await headBefore(walked[0])
  const anchors = known !== undefined && known.records >= (from?.records ?? 0) ? [known] : []
  const walk = walkChain({ anchors, ...(from === undefined ? {} : { from }) })

  let bytes = 0
  let dropped = { bytes: 0, records: 0 }
  let unsettled: { id: string; line: string }[] = []
  for await (const item of walkFiles(walked, walk)) {
    if (item.kind === 'tail') dropped = { ...dropped, bytes: dropped.bytes + item.bytes }
    else {
      unsettled.push({ id: item.record.id, line: item.line })
      const size = Buffer.byteLength(item.line) + 1
      dropped = { bytes: dropped.bytes + size, records: dropped.records + 1 }
      if (walk.settled.records !== item.record.sequence) continue
      for (const { id, line } of unsettled) recent.add(id, line)
      unsettled = []
      dropped = { bytes: 0, records: 0 }
      bytes = item.file === last ? item.end : 0
    }
  }
  const verdict = walk.finish(true)
  if (!verdict.ok) throw broken(folder, verdict.reason, verdict.sequence)
  if (last === undefined) return { head: walk.settled, recent }
  if (dropped.bytes === 0) return { head: walk.settled, last: { file: last, bytes }, recent }

  const entry = {
    id: clock.id(),
    atMs: clock.now(),
    actor: { name: 'modelspine' },
    action: 'log-recovered',
    kind: 'AuditLog',
    key: 'default/audit-log',
    uid: '',
    generation: 0,
    details: { file: basename(last.path), droppedBytes: dropped.bytes, droppedRecords: dropped.records },
  } as const
  const recovery = link(entry, walk.settled)
  const whole = (await readFile(last.path)).subarray(0, bytes)
  const content = Buffer.concat([whole, Buffer.from(`${recovery.line}\n`)])
  await writeAtomically(last.path, content, clock.id())
  recent.add(entry.id, recovery.line)
  const head = { records: recovery.record.sequence, head: recovery.record.hash }
  return { head, last: { file: last, bytes: content.length }, recent }
}

export function broken(folder: string, reason: string, sequence?: number): ModelspineError {
  return new ModelspineError(
    'audit-broken',
    `the audit log in ${folder} cannot be continued, because ${reason}: keep the folder as evidence, start a new log in another folder, and call plane.continueAudit`,
    { details: { folder, reason, ...(sequence === undefined ? {} : { sequence }) } },
  )
}
