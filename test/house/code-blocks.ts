import type { SourceFile } from './source-files.ts'

export interface CodeBlock {
  readonly path: string
  /** The line of the opening fence, counted from 1. */
  readonly line: number
  /** The text after the backticks, such as `ts` or `yaml`. */
  readonly info: string
  readonly text: string
}

/** The file name in a block's first line, if any. Later blocks of the same document may import it. */
export function fileNameOf({ text }: CodeBlock): string | undefined {
  return /^\/\/ ([a-z0-9.-]+\.ts)$/m.exec(text.split('\n', 1)[0] ?? '')?.[1]
}

/** The fenced blocks of a markdown file, including indented blocks in lists. */
export function codeBlocks(file: SourceFile): CodeBlock[] {
  const blocks: CodeBlock[] = []
  let open: { fence: string; indent: number; info: string; line: number; lines: string[] } | undefined
  for (const [index, line] of file.text.split('\n').entries()) {
    const fence = /^(\s*)(`{3,}|~{3,})\s*(.*)$/.exec(line)
    if (open === undefined) {
      if (fence) {
        const [, indent = '', marks = '', info = ''] = fence
        open = { fence: marks, indent: indent.length, info: info.trim(), line: index + 1, lines: [] }
      }
    } else if (fence && fence[3] === '' && fence[2]?.startsWith(open.fence)) {
      blocks.push({ path: file.path, line: open.line, info: open.info, text: open.lines.join('\n') })
      open = undefined
    } else {
      open.lines.push(line.slice(Math.min(open.indent, line.length - line.trimStart().length)))
    }
  }
  if (open !== undefined) throw new Error(`${file.path}:${open.line}: this block is never closed`)
  return blocks
}
