/** Prometheus' text format 0.0.4. */

export const textType = 'text/plain; version=0.0.4; charset=utf-8'

/** By name. A label whose value is undefined or empty is left out, which means the same. */
export type Labels = Readonly<Record<string, string | undefined>>

/** `a="b",c="d"`, to stand between braces. */
export function labelText(labels: Labels): string {
  return Object.entries(labels)
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([name, value]) => `${name}="${escapeValue(value as string)}"`)
    .join(',')
}

function escapeValue(value: string): string {
  return value.toWellFormed().replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

export function headText(name: string, type: 'counter' | 'gauge' | 'histogram', help: string): string {
  return `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${type}\n`
}

export function lineText(name: string, labels: string, value: number): string {
  return labels === '' ? `${name} ${numberText(value)}\n` : `${name}{${labels}} ${numberText(value)}\n`
}

export function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value)
}
