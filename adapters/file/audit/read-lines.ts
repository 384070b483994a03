import { open } from 'node:fs/promises'
import { throwIfAborted } from 'modelspine/adapter'

export interface Line {
  /** The line without its end. Empty for bytes that are not UTF-8. */
  readonly text: string
  /** The position in the file after the line and its end of line. */
  readonly end: number
  /** False for the text after the last end of line. */
  readonly terminated: boolean
}

/** A longer line cannot be a record. */
export const maxLineBytes: number = 16 * 1024 * 1024

const chunkBytes = 64 * 1024
const newline = 0x0a

/** The lines of a file, up to `limitBytes`. It holds at most one chunk and one line in memory. */
export async function* readLines(
  path: string,
  options: { readonly limitBytes?: number | undefined; readonly abortSignal?: AbortSignal | undefined } = {},
): AsyncGenerator<Line, void> {
  const { limitBytes = Number.POSITIVE_INFINITY, abortSignal } = options
  const handle = await open(path, 'r')
  try {
    let rest: Buffer = Buffer.alloc(0)
    let end = 0
    let position = 0
    for (;;) {
      throwIfAborted(abortSignal, `reading ${path}`)
      const wanted = Math.min(chunkBytes, limitBytes - position)
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(wanted), 0, wanted, position)
      if (bytesRead === 0) break
      position += bytesRead
      let bytes = Buffer.concat([rest, buffer.subarray(0, bytesRead)])
      for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline)) {
        end += at + 1
        yield { text: textOf(bytes.subarray(0, at)), end, terminated: true }
        bytes = bytes.subarray(at + 1)
      }
      rest = bytes
      if (rest.length > maxLineBytes) return yield { text: '', end, terminated: true }
    }
    if (rest.length > 0) yield { text: textOf(rest), end: end + rest.length, terminated: false }
  } finally {
    await handle.close()
  }
}

/** Decodes strictly, so that each text stands for only one sequence of bytes. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function textOf(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch {
    return ''
  }
}
