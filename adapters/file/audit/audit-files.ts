import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { type AuditHead, type AuditRecord, type ChainWalk, emptyChain } from 'modelspine/adapter'
import { readLines } from './read-lines.ts'

/** One file of the chain, named after its first record. */
export interface AuditFile {
  readonly path: string
  readonly firstSequence: number
}

export function auditFile(folder: string, firstSequence: number): AuditFile {
  return { path: join(folder, `${String(firstSequence).padStart(12, '0')}.jsonl`), firstSequence }
}

/** The files in the order of the chain. Empty when the folder does not exist. */
export async function auditFiles(folder: string): Promise<readonly AuditFile[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  return names
    .filter((name) => /^\d{12,}\.jsonl$/.test(name))
    .map((name) => auditFile(folder, Number.parseInt(name, 10)))
    .sort((one, other) => one.firstSequence - other.firstSequence)
}

/**
 * The head before the first record of a file, as that record says. A walk that begins with this file starts
 * there.
 */
export async function headBefore(file: AuditFile): Promise<AuditHead> {
  if (file.firstSequence === 1) return emptyChain
  for await (const { text } of readLines(file.path)) {
    try {
      const { previousHash } = JSON.parse(text) as AuditRecord
      return { records: file.firstSequence - 1, head: previousHash }
    } catch {
      break
    }
  }
  return { records: file.firstSequence - 1, head: '' }
}

export type WalkedItem =
  | {
      readonly kind: 'record'
      readonly record: AuditRecord
      readonly line: string
      readonly file: AuditFile
      /** Where the record ends in its file. */
      readonly end: number
    }
  /** Bytes after the last line of the last file: an append that was cut off, or that is being written. */
  | { readonly kind: 'tail'; readonly file: AuditFile; readonly bytes: number; readonly end: number }

/** Steps through the records of files. Ends at the first fault, and `walk` then has that fault. */
export async function* walkFiles(
  files: readonly AuditFile[],
  walk: ChainWalk,
  options: { readonly limitBytes?: number | undefined; readonly abortSignal?: AbortSignal | undefined } = {},
): AsyncGenerator<WalkedItem, void> {
  for (const [index, file] of files.entries()) {
    const isLast = index === files.length - 1
    const first = walk.head.records + 1
    if (file.firstSequence !== first) {
      return walk.fail(`is missing: ${basename(file.path)} begins with record ${file.firstSequence}`)
    }
    let start = 0
    const limit = isLast ? { limitBytes: options.limitBytes } : {}
    for await (const { text, end, terminated } of readLines(file.path, {
      abortSignal: options.abortSignal,
      ...limit,
    })) {
      if (!terminated && isLast) return yield { kind: 'tail', file, bytes: end - start, end }
      if (!terminated) return walk.fail(`is cut short at the end of ${basename(file.path)}`)
      const record = walk.step(text)
      if (record === undefined) return
      yield { kind: 'record', record, line: text, file, end }
      start = end
    }
    if (!isLast && walk.settled.records < walk.head.records) {
      return walk.fail(`is missing: the append that ${basename(file.path)} ends with has more`)
    }
  }
}
