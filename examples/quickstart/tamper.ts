import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileAuditLog } from 'modelspine/adapters/file'

export interface Tampered {
  /** The byte before and after. */
  readonly change: string
  readonly verdict: string
}

/** Changes one byte in the middle of a copy of the audit log, and verifies the copy. */
export async function tamper(audit: string, copy: string): Promise<Tampered> {
  mkdirSync(copy)
  // The log's other files belong to its writer, which may remove them at any moment.
  const files = readdirSync(audit).filter((name) => name.endsWith('.jsonl'))
  for (const name of files) copyFileSync(join(audit, name), join(copy, name))
  const [file = ''] = files.sort()
  const bytes = readFileSync(join(copy, file))
  const place = bytes.indexOf('"you"', Math.floor(bytes.length / 2)) + 1
  bytes[place] = 'Y'.charCodeAt(0)
  writeFileSync(join(copy, file), bytes)
  const verdict = await fileAuditLog({ path: copy }).verify()
  return {
    change: `byte ${place}: "you" → "You"`,
    verdict: verdict.ok ? 'the log did not notice the change' : verdict.reason,
  }
}
