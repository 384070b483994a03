import type { Judged } from './judge.ts'

const heads = ['part', 'mode', "others' time", 'named after', 'converged after', 'verdict'] as const

/** The lines as text in columns. `others' time` is median / p95 / max as a multiple of the undisturbed time. */
export function tableOf(lines: readonly Judged[]): string {
  return columns([heads, ...lines.map(rowOf)])
}

function rowOf({ part, mode, ratios, namedAfterMs, convergedAfterMs, faults }: Judged): readonly string[] {
  return [
    part,
    mode,
    ratios === undefined
      ? 'all use it'
      : [ratios.median, ratios.p95, ratios.max].map((ratio) => times(ratio)).join(' / '),
    mode === 'is slow' && !Number.isFinite(namedAfterMs) ? 'it works' : seconds(namedAfterMs),
    seconds(convergedAfterMs),
    faults.length === 0 ? 'ok' : `FAILED: ${faults.join('; ')}`,
  ]
}

function times(ratio: number): string {
  return Number.isFinite(ratio) ? `${ratio.toFixed(2)}×` : 'never'
}

export function seconds(ms: number, digits: number = ms < 10_000 ? 1 : 0): string {
  return Number.isFinite(ms) ? `${(ms / 1000).toFixed(digits)} s` : 'never'
}

/** Pads every column but the last. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, place) => Math.max(...rows.map((row) => row[place]?.length ?? 0))) ?? []
  return rows
    .map((row) =>
      row
        .map((cell, place) => (place === row.length - 1 ? cell : cell.padEnd(widths[place] ?? 0)))
        .join('  '),
    )
    .join('\n')
}
