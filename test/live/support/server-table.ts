import type { Installed } from '../../../servers/server.ts'

export type ServerRow = { readonly name: string; readonly version: string } & (
  | { readonly installed: Installed; readonly startMs: number }
  | { readonly missing: string }
)

/** Which servers ran, how long it took to have them, and why others did not run. */
export function serverTable(rows: readonly ServerRow[]): string {
  const cells = [['server', 'version', 'installed in', 'ready in'], ...rows.map(cellsOf)]
  const widths = [0, 1, 2].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)))
  const lines = cells.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
  const reasons = rows.flatMap((row) => ('missing' in row ? [row.missing] : []))
  return [...lines.map((line) => line.trimEnd()), ...reasons, ''].join('\n')
}

function cellsOf(row: ServerRow): readonly string[] {
  const times = 'missing' in row ? ['missing', '-'] : [installTime(row.installed), seconds(row.startMs)]
  return [row.name, row.version, ...times]
}

function installTime({ tookMs, isNew }: Installed): string {
  return isNew ? seconds(tookMs) : `${seconds(tookMs)}, earlier`
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
