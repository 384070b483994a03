import { appendFile } from 'node:fs/promises'
import { type Clock, type Key, type Logger, messageOf } from 'modelspine/adapter'

/** The process itself writes `started` and `restarted`, so each of these stands for a real process. */
export type JournalEvent = 'started' | 'restarted' | 'adopted' | 'exited' | 'stopped' | 'removed'

export interface JournalLine {
  readonly event: JournalEvent
  /** Milliseconds since the epoch. For `started` and `restarted`, when the start was asked for. */
  readonly atMs: number
  readonly key: Key
  readonly revision: string
  readonly operationId?: string
  readonly pid?: number
}

export interface Journal {
  /** The file to which processes write their own lines; empty when there is no journal. */
  readonly path: string
  /** Never rejects. A journal that cannot be written must not keep the target from supervising a process. */
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
        logger.warn({ ...line, path, error: messageOf(error) }, 'a line could not be written to the journal')
      }
    },
  }
}

/** The line up to its process number, because only the process knows that number. */
export function openLine(line: Omit<JournalLine, 'pid'>): string {
  return `${JSON.stringify(line).slice(0, -1)},`
}
