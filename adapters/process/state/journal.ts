import { appendFile } from 'node:fs/promises'
import { type Clock, type Key, type Logger, messageOf } from 'modelspine/adapter'

/** `started` and `restarted` are written by the process itself, so each stands for one that really ran. */
export type JournalEvent = 'started' | 'restarted' | 'adopted' | 'exited' | 'stopped' | 'removed'

export interface JournalLine {
  readonly event: JournalEvent
  /** Milliseconds since the epoch; for `started` and `restarted` when it was asked for. */
  readonly atMs: number
  readonly key: Key
  readonly revision: string
  readonly operationId?: string
  readonly pid?: number
}

export interface Journal {
  /** Where processes write their own lines; empty for nowhere. */
  readonly path: string
  /** Never rejects: a journal that cannot be written must not keep a process from being looked after. */
  write(line: Omit<JournalLine, 'atMs'>): Promise<void>
}

export function openJournal(path: string | undefined, clock: Clock, logger: Logger): Journal {
  return {
    path: path ?? '',
    async write(line) {
      if (path === undefined) return
      try {
        await appendFile(path, `${JSON.stringify({ atMs: clock.now(), ...line })}\n`)
      } catch (error) {
        logger.warn({ ...line, path, error: messageOf(error) }, 'a line of the journal could not be written')
      }
    },
  }
}

/** The line up to its process number, which only the process knows. */
export function openLine(line: Omit<JournalLine, 'pid'>): string {
  return `${JSON.stringify(line).slice(0, -1)},`
}
