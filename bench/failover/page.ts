import { readFileSync, writeFileSync } from 'node:fs'
import { type End, ends } from './answer.ts'
import type { Contender } from './contenders.ts'

/** What became of one contender's requests in one scenario. */
export interface Line {
  readonly what: string
  readonly contender: Contender
  readonly maxRetries: number
  readonly ends: Partial<Readonly<Record<End, number>>>
  /** How many calls came to the models that misbehave. */
  readonly calls: number
}

/** The CPU time that a contender adds to one stream of a model that is well, in microseconds. */
export interface Added {
  readonly contender: Contender
  readonly micros: number
  readonly plainMicros: number
}

export const pagePath = 'docs/ai-sdk.md'
const begin = '<!-- npm run bench -- failover --write -->'
const end = '<!-- end of what it writes -->'

/** The tables as text with columns, for the console. */
export function tablesAsText(lines: readonly Line[], added: readonly Added[]): string {
  return tablesOf(lines, added).map(inColumns).join('\n\n')
}

/** Puts the tables into the page, between its two marks. */
export function writePage(lines: readonly Line[], added: readonly Added[]): void {
  const tables = tablesOf(lines, added).map((rows) => {
    const [head = '', ...others] = rows.map((cells) => `| ${cells.join(' | ')} |`)
    return [head, head.replaceAll(/[^|]+/g, '---'), ...others].join('\n')
  })
  const page = readFileSync(pagePath, 'utf8')
  const [before, after] = [page.indexOf(begin), page.indexOf(end)]
  if (before < 0 || after < before) throw new Error(`${pagePath} has no "${begin}" before a "${end}"`)
  const written = `${page.slice(0, before + begin.length)}\n\n${tables.join('\n\n')}\n\n${page.slice(after)}`
  writeFileSync(pagePath, written)
}

type Rows = readonly (readonly string[])[]

/** A table without the SDK's retries, one with them, and one of CPU time. */
function tablesOf(lines: readonly Line[], added: readonly Added[]): readonly Rows[] {
  const contenders = added.map(({ contender }) => contender)
  const named = contenders.map((contender) => `\`${contender}\``)
  const byRetries = [...new Set(lines.map(({ maxRetries }) => maxRetries))].map((maxRetries) => {
    const played = lines.filter((line) => line.maxRetries === maxRetries)
    const rows = [...new Set(played.map(({ what }) => what))].map((what) => [
      what,
      ...contenders.map((contender) =>
        cellOf(played.find((one) => one.what === what && one.contender === contender)),
      ),
    ])
    return [[`\`maxRetries: ${maxRetries}\``, ...named], ...rows]
  })
  const plain = Math.round(added[0]?.plainMicros ?? Number.NaN)
  const cost = added.map(({ micros }) => `${Math.round(micros)} µs`)
  const cpu = [
    ['CPU time', ...named],
    [`added to a stream that costs ${plain} µs`, ...cost],
  ]
  return [...byRetries, cpu]
}

function cellOf(line: Line | undefined): string {
  if (line === undefined) return ''
  const seen = ends.flatMap((each) => {
    const count = line.ends[each] ?? 0
    return count === 0 ? [] : [`${count} ${each}`]
  })
  return `${seen.join(', ')}; ${line.calls} ${line.calls === 1 ? 'call' : 'calls'}`
}

function inColumns(rows: Rows): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((cells) => (cells[column] ?? '').length)),
  )
  return rows
    .map((cells) =>
      cells
        .map((cell, column) => cell.replaceAll('`', '').padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
