import type { LivePanel } from './screen/live-panel.ts'
import { renderPanel, renderStatus } from './screen/render-panel.ts'
import { renderSummary, type Summary } from './screen/summary.ts'
import { createTerminal, type TerminalStream } from './screen/terminal.ts'
import { colours, type Format, noColours, wrap } from './screen/text.ts'

export type EventKind = 'ok' | 'fail' | 'go' | 'back' | 'wait' | 'note'

/** Shows the story: lines that scroll and, on a terminal, a live region below them. */
export interface Screen {
  title(name: string, tagline: string): void
  /** The screen numbers the chapters. */
  chapter(heading: string): void
  /** Prints a line with the time since the screen was made. The `details` follow and are indented. */
  event(kind: EventKind, text: string, details?: readonly string[]): void
  /** Shows the panel of `look` again and again until `live(undefined)`, `summary` or `close` is called. */
  live(look: (() => LivePanel) | undefined): void
  summary(summary: Summary): void
  /** Removes the live region and shows the cursor again. */
  close(): void
}

export interface ScreenOptions {
  readonly out?: TerminalStream
  readonly env?: Readonly<Record<string, string | undefined>>
}

const symbols: Readonly<Record<EventKind, readonly [Format, string]>> = {
  ok: ['green', '✓'],
  fail: ['red', '✗'],
  go: ['cyan', '→'],
  back: ['magenta', '↩'],
  wait: ['yellow', '⏸'],
  note: ['dim', '·'],
}

const frameMs = 100
const statusEveryMs = 1000

export function createScreen({ out = process.stdout, env = process.env }: ScreenOptions = {}): Screen {
  const plain = !out.isTTY || env.TERM === 'dumb' || Boolean(env.NO_COLOR) || isSet(env.CI)
  const paint = plain ? noColours : colours
  const terminal = createTerminal(out)
  const started = Date.now()
  const time = (): string => paint('dim', `${((Date.now() - started) / 1000).toFixed(1).padStart(6)} s`)
  let chapters = 0
  let timer: NodeJS.Timeout | undefined

  // When the output goes into `head`, the pipe closes early. The story continues, because the exit code
  // matters.
  out.on('error', () => {})

  const stop = (): void => {
    clearInterval(timer)
    timer = undefined
    if (!plain) terminal.draw([])
  }
  const screen: Screen = {
    title(name, tagline) {
      terminal.print(['', `${paint(['bold', 'cyan'], name)}  ${paint('dim', tagline)}`])
    },
    chapter(heading) {
      terminal.print(['', `${paint(['bold', 'cyan'], String(++chapters))}  ${paint('bold', heading)}`])
    },
    event(kind, text, details = []) {
      const [format, symbol] = symbols[kind]
      const fold = (line: string): readonly string[] => (plain ? [line] : wrap(line, terminal.width - 14))
      const [first = '', ...rest] = fold(text)
      terminal.print([
        `${time()}  ${paint(format, symbol)}  ${first}`,
        ...[...rest, ...details.flatMap(fold)].map((line) => `${' '.repeat(13)}${paint('dim', line)}`),
      ])
    },
    live(look) {
      stop()
      if (!look) return
      const show = plain
        ? statusLines((line) => screen.event('note', line))
        : (panel: LivePanel, frame: number) =>
            terminal.draw(renderPanel(panel, terminal.width - 1, frame, paint))
      let frame = 0
      show(look(), frame)
      timer = setInterval(() => show(look(), ++frame), frameMs).unref()
    },
    summary(summary) {
      stop()
      terminal.print(renderSummary(summary, paint))
    },
    close: stop,
  }
  return screen
}

/**
 * Prints the status when a step or a weight has changed, not when a number has changed, and not too often.
 */
function statusLines(say: (line: string) => void): (panel: LivePanel) => void {
  let said = ''
  let saidAt = Number.NEGATIVE_INFINITY
  return (panel) => {
    const shares = panel.revisions.map(({ name, share }) => `${name} ${share}`)
    const state = [panel.activity, panel.steps?.current, ...shares].join()
    if (state === said || Date.now() - saidAt < statusEveryMs) return
    said = state
    saidAt = Date.now()
    say(renderStatus(panel))
  }
}

function isSet(flag: string | undefined): boolean {
  return flag !== undefined && flag !== '' && flag !== '0' && flag !== 'false'
}
