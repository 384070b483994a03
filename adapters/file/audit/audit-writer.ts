import { type FileHandle, open as openFile, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type AuditHead,
  type Clock,
  headAt,
  type LinkedRecord,
  ModelspineError,
  type RecentRecords,
} from 'modelspine/adapter'
import { makeFolder, syncFolder } from '../../shared/durable-names.ts'
import { waitForLock } from '../../shared/process-lock.ts'
import { type AuditFile, auditFile, auditFiles } from './audit-files.ts'
import { readTail } from './audit-tail.ts'

export interface AuditWriterOptions {
  readonly folder: string
  readonly maxBytes: number
  readonly clock: Clock
  /** Opens the file to write. A test can replace it with a disk that fails. */
  readonly open?: typeof openFile
}

/** Continues a chain whose end it has read. The caller must hold the lock. */
export interface AuditWriter {
  readonly head: AuditHead
  readonly recent: RecentRecords
  /** The last file, and how much of it is acknowledged. Absent while the log is empty. */
  readonly end: { readonly file: AuditFile; readonly bytes: number } | undefined
  /** False after a failed write could not be undone. */
  readonly usable: boolean
  /**
   * Whether the chain still ends where this writer left it. Otherwise the end must be read again from disk.
   */
  isCurrent(): Promise<boolean>
  /** Durable when it resolves. When it throws, nothing was added, or the writer is no longer usable. */
  write(records: readonly LinkedRecord[]): Promise<void>
  close(): Promise<void>
}

/** The name of the lock that a writer holds. */
export const writerLock = 'writer'
/** The longest wait for the lock. An append of another process takes only one or two syncs. */
const lockTimeoutMs = 5000

/**
 * Makes the folder and holds its lock while `run` runs. It does not hold the lock longer, because the lead
 * may move to another process while this one still lives.
 */
export async function asWriter<T>(
  { folder, clock }: Pick<AuditWriterOptions, 'folder' | 'clock'>,
  run: () => Promise<T>,
): Promise<T> {
  await makeFolder(folder)
  const attempt = await waitForLock(folder, writerLock, { clock, timeoutMs: lockTimeoutMs })
  if (attempt.kind === 'held') {
    const { host, pid, path } = attempt.holder
    throw new ModelspineError(
      'audit-unavailable',
      `process ${pid} on ${host} is writing to the audit log in ${folder}: if that process is gone, remove ${path}`,
      { details: { folder, pid, host, lock: path } },
    )
  }
  try {
    return await run()
  } finally {
    await attempt.lock.release()
  }
}

/** Reads the end of the chain and repairs it. `known` is a head that must still be there. */
export async function openAuditWriter(options: AuditWriterOptions, known?: AuditHead): Promise<AuditWriter> {
  await removeLeftovers(options.folder)
  const tail = await readTail(options.folder, options.clock, known)
  const { folder, maxBytes, open = openFile } = options
  const { recent } = tail
  let { head, last: end } = tail
  let usable = true
  /** Whether the name of the last file is surely on disk. */
  let named = false
  let handle = end === undefined ? undefined : await open(end.file.path, 'r+')
  await handle?.datasync()

  /**
   * The file for some more bytes: the last file, or the next one when the bytes would make the last file too
   * long.
   */
  async function place(bytes: number): Promise<{ file: AuditFile; bytes: number; handle: FileHandle }> {
    if (handle !== undefined && end !== undefined && (end.bytes === 0 || end.bytes + bytes <= maxBytes)) {
      return { ...end, handle }
    }
    const file = auditFile(folder, head.records + 1)
    const fresh = await open(file.path, 'wx+')
    await handle?.close().catch(() => {})
    handle = fresh
    end = { file, bytes: 0 }
    named = false
    return { ...end, handle }
  }

  return {
    recent,
    get head() {
      return head
    },
    get end() {
      return end
    },
    get usable() {
      return usable
    },
    async isCurrent() {
      const last = (await auditFiles(folder)).at(-1)
      if (handle === undefined || end === undefined) return last === undefined
      const { size, nlink } = await handle.stat()
      return last?.path === end.file.path && nlink > 0 && size === end.bytes
    },
    async write(records) {
      const bytes = Buffer.from(records.map(({ line }) => `${line}\n`).join(''))
      const target = await place(bytes.length)
      if (!named) await syncFolder(folder)
      named = true
      try {
        await writeAll(target.handle, bytes, target.bytes)
        await target.handle.datasync()
      } catch (error) {
        usable = await takeBack(target.handle, target.bytes)
        throw error
      }
      end = { file: target.file, bytes: target.bytes + bytes.length }
      for (const { record, line } of records) recent.add(record.id, line)
      const last = records.at(-1)
      if (last !== undefined) head = headAt(last.record)
    },
    async close() {
      usable = false
      await handle?.close()
    },
  }
}

async function writeAll(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done)
    done += bytesWritten
  }
}

async function takeBack(handle: FileHandle, size: number): Promise<boolean> {
  try {
    await handle.truncate(size)
    await handle.datasync()
    return true
  } catch {
    return false
  }
}

/** Removes temporary files of a recovery that was killed. */
async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (/^\.\d+\.jsonl\..+\.tmp$/.test(name)) await rm(join(folder, name), { force: true })
  }
}
