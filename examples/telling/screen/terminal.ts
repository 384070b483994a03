import { hideCursor } from './cursor.ts'
import { shorten, widthOf } from './text.ts'

/** The members of a terminal that the screen needs. `process.stdout` has them. */
export type TerminalStream = NodeJS.WritableStream & {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
  readonly writableNeedDrain?: boolean
}

/** Lines that scroll, above a region that is redrawn in place. */
export interface Terminal {
  readonly width: number
  print(lines: readonly string[]): void
  /** Replaces the region. An empty list of lines removes it. */
  draw(region: readonly string[]): void
}

export function createTerminal(out: TerminalStream): Terminal {
  let region: readonly string[] = []
  let showCursor: (() => void) | undefined
  const width = (): number => Math.max(20, out.columns ?? 80)

  // The rows are counted when the region is erased, because a terminal that became narrower has wrapped its
  // lines.
  const erase = (): string => {
    const rows = region.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / width())), 0)
    return rows === 0 ? '' : `\u001b[${rows}A\u001b[J`
  }
  const redraw = (above: readonly string[], below: readonly string[]): void => {
    const start = erase()
    region = below
    out.write(start + [...above, ...below].map((line) => `${line}\n`).join(''))
  }

  return {
    get width() {
      return width()
    },
    print: (lines) => redraw(lines, region),
    draw(lines) {
      // A terminal that is too slow loses frames, but never printed lines.
      if (out.writableNeedDrain && lines.length > 0) return
      // Lines that have scrolled out of the window cannot be redrawn.
      const visible = lines.slice(0, Math.max(1, (out.rows ?? 24) - 1))
      if (visible.length > 0) showCursor ??= hideCursor(out)
      redraw(
        [],
        visible.map((line) => shorten(line, width() - 1)),
      )
      if (visible.length > 0) return
      showCursor?.()
      showCursor = undefined
    },
  }
}
