/**
 * A process that appends until it is killed. It writes one line per acknowledged entry to its output.
 * The write is synchronous, so that the test which kills the process knows the acknowledged entries.
 *
 *   audit-child.ts <folder> <first number> [stop at an error]
 */

import { writeSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { isModelspineError } from 'modelspine/adapter'
import { fileAuditLog } from 'modelspine/adapters/file'
import { auditEntry as entry } from '../../audit-entry.ts'

flushCompileCache()

const [path = '', first = '1'] = process.argv.slice(2)
const log = fileAuditLog({ path, maxBytes: 20_000 })

for (let number = Number(first); ; number += 3) {
  const batch = [number, number + 1, number + 2].map((each) =>
    entry(`event-${each}`, { pad: 'x'.repeat(200) }),
  )
  try {
    await log.append(batch)
  } catch (error) {
    if (!isModelspineError(error)) throw error
    writeSync(1, `failed ${error.code}\n`)
    break
  }
  writeSync(1, batch.map(({ id }) => `${id}\n`).join(''))
}
const verdict = await log.verify()
writeSync(1, verdict.ok ? `verified ${verdict.records}\n` : `broken ${verdict.reason}\n`)
await log.close?.()
