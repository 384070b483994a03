import { stripVTControlCharacters, styleText } from 'node:util'

export type Format = Parameters<typeof styleText>[0]
export type Paint = (format: Format, text: string) => string

/** The screen decides once whether to use colours, so styleText need not check the stream again. */
export const colours: Paint = (format, text) => styleText(format, text, { validateStream: false })
export const noColours: Paint = (_, text) => text

/** How many columns a line takes. Every symbol that is used here is one column wide. */
export function widthOf(line: string): number {
  return stripVTControlCharacters(line).length
}

/** The line. If the line is too long, its beginning without colours. */
export function shorten(line: string, width: number): string {
  return widthOf(line) <= width ? line : `${stripVTControlCharacters(line).slice(0, Math.max(0, width - 1))}…`
}

/** Breaks at spaces. A word longer than the width stays whole. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return [...lines, line]
}

export const count = (value: number): string => Math.round(value).toLocaleString('en')
export const weight = (share: number): string => `${(100 * share).toFixed(1)} %`
export const milliseconds = (ms: number): string => `${ms.toFixed(1)} ms`
