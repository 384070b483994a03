import { fileURLToPath } from 'node:url'
import { type Look, watchedRun } from './watched-run.ts'

export const gatePlotPath: string = fileURLToPath(new URL('../../docs/gates.svg', import.meta.url))

const [width, height] = [760, 520]
const [left, right] = [64, 744]
const upper = { top: 52, bottom: 200, least: 0, most: 0.08 }
const lower = { top: 262, bottom: 470, least: -0.04, most: 0.08 }
const margin = 0.01

type Panel = typeof upper

/** The picture of one gate from its first look to its verdict, as SVG for light and dark pages. */
export function gatePlot(): string {
  const looks = watchedRun()
  const last = looks.at(-1)
  if (last === undefined) throw new Error('the run has no looks')
  const most = Math.ceil((last.requests * 1.12) / 200) * 200
  const x = (requests: number): number => left + ((right - left) * requests) / most
  const rates = (of: 'candidate' | 'stable'): string =>
    path(looks, (look) => [x(look.requests), y(upper, look.result[of]?.value ?? 0)])
  const edges = (of: 'low' | 'high') =>
    looks.map(({ requests, result }): Point => [x(requests), y(lower, endOf(result, of))])
  const band = [...edges('high'), ...edges('low').reverse()].map(pair).join(' ')
  const end = x(last.requests)
  const { candidate, stable, difference } = last.result
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title">`,
    '<title id="title">A gate over time: the error rates of both revisions, and the interval of their difference</title>',
    `<style>${style}</style>`,
    `<rect class="page" width="${width}" height="${height}"/>`,
    text(left, 24, 'Errors of both revisions', 'head'),
    ...grid(upper, [0, 0.02, 0.04, 0.06, 0.08], (value) => `${Math.round(100 * value)} %`),
    `<path class="stable" d="${rates('stable')}"/>`,
    `<path class="candidate" d="${rates('candidate')}"/>`,
    text(
      end + 8,
      y(upper, candidate?.value ?? 0) + 4,
      `candidate ${percent(candidate?.value)}`,
      'candidate-name',
    ),
    text(end + 8, y(upper, stable?.value ?? 0) + 4, `stable ${percent(stable?.value)}`, 'stable-name'),
    text(left, 234, 'Difference: candidate less stable, in points', 'head'),
    ...grid(lower, [-0.04, -0.02, 0, 0.02, 0.04, 0.06, 0.08], (value) => points(value)),
    `<polygon class="interval" points="${band}"/>`,
    `<path class="difference" d="${path(looks, (look) => [x(look.requests), y(lower, look.result.difference?.value ?? 0)])}"/>`,
    `<line class="rule" x1="${left}" x2="${right}" y1="${y(lower, margin)}" y2="${y(lower, margin)}"/>`,
    text(right, y(lower, margin) - 6, 'at most 1 point', 'rule-name end-of-line'),
    `<line class="end" x1="${fixed(end)}" x2="${fixed(end)}" y1="${upper.top}" y2="${lower.bottom}"/>`,
    text(
      end - 8,
      lower.bottom - 8,
      `${last.result.verdict}: the whole interval is above 1 point`,
      'end-name end-of-line',
    ),
    ...ticks(most).map((requests) => text(x(requests), lower.bottom + 20, String(requests), 'tick middle')),
    text((left + right) / 2, height - 8, 'requests of both revisions together', 'tick middle'),
    text(
      right,
      24,
      `after ${last.requests} requests: between ${points(difference?.low, 2)} and ${points(difference?.high, 2)} points`,
      'tick end-of-line',
    ),
    '</svg>',
    '',
  ].join('\n')
}

type Point = readonly [number, number]

function y({ top, bottom, least, most }: Panel, value: number): number {
  const inside = Math.max(least, Math.min(most, value))
  return Number((bottom - ((bottom - top) * (inside - least)) / (most - least)).toFixed(1))
}

function path(looks: readonly Look[], place: (look: Look) => Point): string {
  return looks.map((look, index) => `${index === 0 ? 'M' : 'L'}${pair(place(look))}`).join('')
}

function pair([across, down]: Point): string {
  return `${fixed(across)},${fixed(down)}`
}

function fixed(value: number): string {
  return String(Number(value.toFixed(1)))
}

function grid(panel: Panel, values: readonly number[], name: (value: number) => string): readonly string[] {
  return values.flatMap((value) => [
    `<line class="grid" x1="${left}" x2="${right}" y1="${y(panel, value)}" y2="${y(panel, value)}"/>`,
    text(left - 8, y(panel, value) + 4, name(value), 'tick end-of-line'),
  ])
}

function ticks(most: number): readonly number[] {
  const unit = most > 2000 ? 500 : most > 1000 ? 250 : 100
  return Array.from({ length: Math.floor(most / unit) + 1 }, (_, place) => place * unit)
}

function text(across: number, down: number, words: string, name: string): string {
  return `<text class="${name}" x="${fixed(across)}" y="${fixed(down)}">${words}</text>`
}

function percent(share = Number.NaN): string {
  return `${(100 * share).toFixed(1)} %`
}

function points(share = Number.NaN, digits = 1): string {
  const value = Number((100 * share).toFixed(digits))
  return value > 0 ? `+${value}` : String(value).replace('-', '−')
}

const style = `
text{font:13px system-ui,sans-serif;fill:#333}.head{font-weight:600;font-size:15px}.middle{text-anchor:middle}.end-of-line{text-anchor:end}
.page{fill:#fff}.grid{stroke:#ddd}.candidate,.stable,.difference{fill:none;stroke-width:2}
.candidate{stroke:#c2410c}.stable{stroke:#1d4ed8}.difference{stroke:#6d28d9}.interval{fill:#6d28d9;fill-opacity:.18}
.rule{stroke:#555;stroke-width:1.5;stroke-dasharray:6 4}.end{stroke:#b91c1c;stroke-width:1.5}
.candidate-name{fill:#c2410c}.stable-name{fill:#1d4ed8}.end-name{fill:#b91c1c;font-weight:600}
@media(prefers-color-scheme:dark){text{fill:#ddd}.page{fill:#0d1117}.grid{stroke:#30363d}.candidate{stroke:#fb923c}.stable{stroke:#60a5fa}
.difference{stroke:#c4b5fd}.interval{fill:#c4b5fd;fill-opacity:.22}.rule{stroke:#aaa}.end{stroke:#f87171}
.candidate-name{fill:#fb923c}.stable-name{fill:#60a5fa}.end-name{fill:#f87171}}
`

function endOf({ difference }: Look['result'], of: 'low' | 'high'): number {
  const end = difference?.[of]
  if (end === undefined) throw new Error(`the interval has no end called ${of}, and cannot be drawn`)
  return end
}
