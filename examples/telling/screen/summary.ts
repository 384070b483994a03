import type { Paint } from './text.ts'

/** The result of the story. */
export interface Summary {
  readonly heading: string
  readonly columns: readonly string[]
  /** One row per version. Numbers are already formatted as text. */
  readonly rows: readonly (readonly string[])[]
  /** Further facts below the table, such as `['failed requests', '0']`. */
  readonly facts: readonly (readonly [name: string, value: string])[]
  readonly next: readonly string[]
}

export function renderSummary(summary: Summary, paint: Paint): readonly string[] {
  const widths = summary.columns.map((column, index) =>
    Math.max(column.length, ...summary.rows.map((row) => row[index]?.length ?? 0)),
  )
  const line = (cells: readonly string[]): string =>
    `  ${widths.map((width, index) => align(cells[index] ?? '', width, index > 0 && index < widths.length - 1)).join('   ')}`.trimEnd()
  const names = Math.max(0, ...summary.facts.map(([name]) => name.length))
  return [
    '',
    paint('bold', summary.heading),
    '',
    paint('dim', line(summary.columns)),
    ...summary.rows.map(line),
    '',
    ...summary.facts.map(([name, value]) => `  ${paint('dim', name.padEnd(names))}   ${value}`),
    '',
    paint('bold', 'Try next'),
    ...summary.next.map((step) => `  ${paint('cyan', '→')} ${step}`),
    '',
  ]
}

/** Aligns words to the left and numbers to the right. */
function align(cell: string, width: number, isNumber: boolean): string {
  return isNumber ? cell.padStart(width) : cell.padEnd(width)
}
