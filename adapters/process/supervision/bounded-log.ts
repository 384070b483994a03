import { open, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Secret, scrubSecrets } from 'modelspine/adapter'

/**
 * When the log is longer than `maxBytes`, its newer part becomes `log.1` and the log starts anew. `log.1` has
 * half of `maxBytes` at most. The process goes on writing at the end of the same open file, so output between
 * the copy and the cut is lost.
 */
export async function boundLog(revisionPath: string, maxBytes: number): Promise<void> {
  const path = join(revisionPath, 'log')
  const size = await stat(path).then(
    (each) => each.size,
    () => 0,
  )
  if (size <= maxBytes) return
  await writeFile(join(revisionPath, 'log.1'), await tail(path, Math.floor(maxBytes / 2)))
  await truncate(path)
}

/**
 * The last lines of the log, in at most 1,000 characters. `scrub` sees the text before it is cut into lines.
 */
export async function lastLines(
  revisionPath: string,
  lines: number,
  scrub: (text: string) => string,
): Promise<string> {
  const text = scrub((await tail(join(revisionPath, 'log'), 65_536)).toString('utf8')).trimEnd()
  return text.split('\n').slice(-lines).join('\n').slice(-1000)
}

async function tail(path: string, bytes: number): Promise<Buffer> {
  const file = await open(path, 'r').catch(() => undefined)
  if (file === undefined) return Buffer.alloc(0)
  try {
    const { size } = await file.stat()
    const length = Math.min(size, bytes)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

/**
 * Describes what happened and the last output of the process. Its secrets are taken out. When the secrets are
 * not known, because an earlier parent gave them, no output is quoted.
 */
export async function describeEnding(
  revisionPath: string,
  what: string,
  secrets: ReadonlyMap<string, Secret> | undefined,
): Promise<string> {
  if (secrets === undefined) return `${what}; its output is in ${join(revisionPath, 'log')}`
  const text = await lastLines(revisionPath, 5, (whole) => scrubSecrets(whole, secrets.values()))
  return text === '' ? what : `${what}; it last printed:\n${text}`
}
