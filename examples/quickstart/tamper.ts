import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileAuditLog } from 'modelspine/adapters/file'

export interface Tampered {
  /** The byte before and after. */
  readonly change: string
  readonly verdict: string
}

/** Changes one byte in the middle of a copy of the audit log, and verifies the copy. */
export async function tamper(audit: string, copy: string): Promise<Tampered> {
  cpSync(audit, copy, { recursive: true, filter: (path) => !path.endsWith('.lock') })
  const [file = ''] = readdirSync(copy)
    .filter((name) => name.endsWith('.jsonl'))
    .sort()
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
