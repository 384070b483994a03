import { readdirSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type BenchRow, isMet, type Run } from './bench.ts'

const own = new Set(['bench.ts', 'child.ts', 'main.ts'])
/** Run only when they are named, because they take long. */
const long = new Set(['failover.ts', 'rollouts.ts', 'scale.ts'])
const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.ts') && !own.has(name))
const { values: flags, positionals: chosen } = parseArgs({ allowPositionals: true, strict: false })
const wanted = files.filter((name) =>
  chosen.length === 0 ? !long.has(name) : chosen.includes(name.replace(/\.ts$/, '')),
)

let missed = 0
const lines: (readonly [string, string, string, string])[] = [['', 'measured', 'aim', '']]
for (const file of wanted.sort()) {
  const { run } = (await import(`./${file}`)) as { readonly run: Run }
  console.error(`bench/${file} …`)
  const { name, rows } = await run(flags as Record<string, string>)
  for (const row of rows) {
    const met = isMet(row)
    if (met === false) missed += 1
    const verdict = met === undefined ? '' : met ? 'ok' : 'FAILED'
    lines.push([`${name}: ${row.what}`, shown(row.value, row.unit), aimOf(row), verdict])
  }
}
print(lines)
process.exitCode = missed === 0 ? 0 : 1

function shown(value: number, unit: string): string {
  const number =
    Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)))
  return unit === '×' ? `${number}×` : `${number} ${unit}`
}

function aimOf({ aim, unit }: BenchRow): string {
  if (aim === undefined) return ''
  return 'atMost' in aim ? `≤ ${shown(aim.atMost, unit)}` : `≥ ${shown(aim.atLeast, unit)}`
}

function print(table: readonly (readonly string[])[]): void {
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => (row[column] ?? '').length)))
  for (const row of table) {
    const cells = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
    )
    console.log(cells.join('  ').trimEnd())
  }
}
