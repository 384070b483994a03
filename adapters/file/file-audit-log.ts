import { stat } from 'node:fs/promises'
import {
  type AuditEntry,
  type AuditHead,
  type AuditLog,
  type AuditRecord,
  asModelspineError,
  type Clock,
  ModelspineError,
  planAppend,
  systemClock,
  walkChain,
} from 'modelspine/adapter'
import { lockHolder } from '../shared/process-lock.ts'
import { type AuditFile, auditFiles, headBefore, walkFiles } from './audit/audit-files.ts'
import { broken } from './audit/audit-tail.ts'
import {
  type AuditWriter,
  type AuditWriterOptions,
  asWriter,
  openAuditWriter,
  writerLock,
} from './audit/audit-writer.ts'
import { maxLineBytes } from './audit/read-lines.ts'

export interface FileAuditLogOptions {
  /** The folder for the chain. It must hold nothing else. The first append makes it. */
  readonly path: string
  /**
   * The largest size of a file, in bytes. A file that would grow larger stays as it is, and the chain
   * continues in the next file. Default 64 MiB.
   */
  readonly maxBytes?: number
  readonly clock?: Clock
}

/**
 * The audit log in a folder: hash-chained JSON lines, synced to disk before `append` resolves. Any number of
 * processes may append, one at a time, because each append holds the writer's lock. Reading and verifying
 * need no lock. Throws `invalid-options`.
 */
export function fileAuditLog(options: FileAuditLogOptions): AuditLog {
  const { path: folder, maxBytes = 64 * 1024 * 1024, clock = systemClock } = options
  if (typeof folder !== 'string' || folder === '') {
    throw new ModelspineError('invalid-options', `path is "${folder}": give the path of a folder`)
  }
  if (!Number.isInteger(maxBytes) || maxBytes < 1) {
    throw new ModelspineError('invalid-options', `maxBytes is ${maxBytes}: give a whole number of bytes`)
  }
  return auditLogOver({ folder, maxBytes, clock })
}

/** The audit log, with a writer whose disk a test may replace. */
export function auditLogOver(options: AuditWriterOptions): AuditLog {
  const { folder } = options
  let writer: AuditWriter | undefined
  let known: AuditHead | undefined
  let closed = false
  let appending = false
  let turn: Promise<unknown> = Promise.resolve()

  function inTurn<T>(run: () => Promise<T>): Promise<T> {
    const result = turn.then(run)
    turn = result.catch(() => {})
    return result
  }

  async function readyWriter(): Promise<AuditWriter> {
    if (writer?.usable && (await writer.isCurrent())) return writer
    await writer?.close()
    writer = undefined
    writer = await openAuditWriter(options, known)
    return writer
  }

  async function append(entries: readonly AuditEntry[]): Promise<readonly AuditRecord[]> {
    if (closed) throw new ModelspineError('audit-unavailable', `the audit log in ${folder} is closed`)
    try {
      return await asWriter(options, () => write(entries))
    } catch (error) {
      if (error instanceof TypeError) throw error
      throw asModelspineError(error, 'audit-unavailable', `the audit log in ${folder} cannot be written`)
    }
  }

  async function write(entries: readonly AuditEntry[]): Promise<readonly AuditRecord[]> {
    const ready = await readyWriter()
    const { fresh, records } = planAppend(entries, ready.recent, ready.head)
    const long = fresh.find(({ line }) => Buffer.byteLength(line) >= maxLineBytes)
    if (long !== undefined) {
      throw new TypeError(`audit entry "${long.record.id}" is longer than ${maxLineBytes} bytes`)
    }
    appending = true
    try {
      if (fresh.length > 0) await ready.write(fresh)
    } finally {
      appending = false
    }
    known = ready.head
    return records
  }

  /** The files to read now, and how much of the last file counts. */
  async function snapshot(): Promise<Snapshot> {
    // After this end are bytes that we are writing now, or that we could not remove after a failed write.
    const end = appending || writer?.usable === false ? writer?.end : undefined
    const head = known
    const files = await auditFiles(folder)
    if (end === undefined) return { files, limitBytes: undefined, head }
    const mine = files.filter((file) => file.firstSequence <= end.file.firstSequence)
    const complete = mine.at(-1)?.firstSequence === end.file.firstSequence
    return { files: mine, limitBytes: complete ? end.bytes : undefined, head }
  }

  /** The reason why the file ends with something unfinished where we stopped reading. */
  async function whyUnfinished(
    file: AuditFile,
    readBytes: number,
  ): Promise<'being-written' | 'changed' | 'cut'> {
    if ((await lockHolder(folder, writerLock)) !== undefined) return 'being-written'
    const now = await stat(file.path).catch(() => undefined)
    return now?.size === readBytes ? 'cut' : 'changed'
  }

  function unreadable(error: unknown): ModelspineError {
    return asModelspineError(error, 'audit-unavailable', `the audit log in ${folder} cannot be read`)
  }

  return {
    capabilities: { durable: true },
    append: (entries) => inTurn(() => append(entries)),

    async *read({ fromSequence = 1, abortSignal } = {}) {
      try {
        const { files, limitBytes } = await snapshot()
        const start = files.findLastIndex((file) => file.firstSequence <= fromSequence)
        const wanted = files.slice(Math.max(0, start))
        const walk = walkChain(wanted[0] === undefined ? {} : { from: await headBefore(wanted[0]) })
        let together: AuditRecord[] = []
        for await (const item of walkFiles(wanted, walk, { limitBytes, abortSignal })) {
          if (item.kind === 'tail') break
          together.push(item.record)
          if (walk.settled !== walk.head) continue
          yield* together.filter(({ sequence }) => sequence >= fromSequence)
          together = []
        }
        const verdict = walk.finish(true)
        if (!verdict.ok) throw broken(folder, verdict.reason, verdict.sequence)
      } catch (error) {
        throw unreadable(error)
      }
    },

    async verify({ anchor, abortSignal } = {}) {
      try {
        for (;;) {
          const { files, limitBytes, head } = await snapshot()
          const walk = walkChain({ anchors: [anchor, head].filter((each) => each !== undefined) })
          let at: { readonly file: AuditFile; readonly end: number } | undefined
          let tailBytes = 0
          for await (const item of walkFiles(files, walk, { limitBytes, abortSignal })) {
            at = item
            if (item.kind === 'tail') tailBytes = item.bytes
          }
          const unfinished = tailBytes > 0 || walk.settled !== walk.head
          if (walk.fault !== undefined || at === undefined || !unfinished) return walk.finish()
          const why = await whyUnfinished(at.file, at.end)
          if (why === 'being-written') return walk.finish(true)
          if (why === 'changed') continue
          if (tailBytes > 0) {
            walk.fail(
              `is cut short: ${tailBytes} bytes without an end, which the next append drops and records`,
            )
          }
          return walk.finish()
        }
      } catch (error) {
        throw unreadable(error)
      }
    },

    close: () =>
      inTurn(async () => {
        closed = true
        await writer?.close()
        writer = undefined
      }),
  }
}

interface Snapshot {
  readonly files: Awaited<ReturnType<typeof auditFiles>>
  readonly limitBytes: number | undefined
  readonly head: AuditHead | undefined
}
