import type { LivePanel, RevisionPanel } from './live-panel.ts'
import { count, type Format, milliseconds, type Paint, weight, widthOf } from './text.ts'

const spinner = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'
const revisionColours: readonly Format[] = ['blue', 'green', 'magenta', 'yellow', 'cyan']

/** The lines of the live region: the activity, the steps, a bar per revision, and the totals. */
export function renderPanel(panel: LivePanel, width: number, frame: number, paint: Paint): readonly string[] {
  const turning = paint('cyan', spinner[frame % spinner.length] ?? '')
  const rate = `${count(panel.requestsPerSecond)} requests/s`
  const activity = `${turning} ${paint('bold', panel.model)}  ${panel.activity}`
  const gap = ' '.repeat(Math.max(2, width - 2 - widthOf(activity) - rate.length))
  return [
    paint('dim', '─'.repeat(width)),
    `  ${activity}${gap}${paint('cyan', rate)}`,
    ...(panel.steps ? [`    ${renderSteps(panel.steps, paint)}`] : []),
    '',
    ...renderRevisions(panel.revisions, width, paint),
    '',
    `  ${renderTotals(panel, paint)}`,
  ]
}

/** The same panel in one line, for logs. */
export function renderStatus(panel: LivePanel): string {
  const revisions = panel.revisions.map((revision) => {
    const [requests, accuracy, p50] = figures(revision)
    return `${revision.name} ${revision.share} % (${requests} requests, accuracy ${accuracy}, p50 ${p50})`
  })
  const rate = `${count(panel.requestsPerSecond)} requests/s`
  return `${panel.model}: ${[panel.activity, ...revisions, rate].join(' · ')}`
}

function renderSteps(steps: { labels: readonly string[]; current: number }, paint: Paint): string {
  return steps.labels
    .map((label, index) => {
      if (index < steps.current) return paint('green', `● ${label}`)
      return index === steps.current ? paint(['bold', 'cyan'], `◉ ${label}`) : paint('dim', `○ ${label}`)
    })
    .join(paint('dim', ' ── '))
}

function renderRevisions(
  revisions: readonly RevisionPanel[],
  width: number,
  paint: Paint,
): readonly string[] {
  const names = Math.max(0, ...revisions.map(({ name }) => name.length))
  const bar = Math.max(8, Math.min(60, width - names - 46))
  const head = `${' '.repeat(names + bar + 4)}${columns(['weight', 'requests', 'accuracy', 'p50'])}`
  return [
    paint('dim', head),
    ...revisions.map((revision, index) => {
      const colour = revisionColours[index % revisionColours.length] ?? 'blue'
      const name = paint(colour, revision.name.padEnd(names))
      return `  ${name}  ${renderBar(revision.share, bar, colour, paint)}${columns([`${revision.share} %`, ...figures(revision)])}`
    }),
  ]
}

function renderBar(share: number, width: number, colour: Format, paint: Paint): string {
  // A revision with any traffic shows at least one block. A revision with less than 100 % never shows a full
  // bar.
  const rounded = Math.round((share / 100) * width)
  const filled = share <= 0 ? 0 : share >= 100 ? width : Math.min(width - 1, Math.max(1, rounded))
  return paint(colour, '█'.repeat(filled)) + paint('dim', '░'.repeat(width - filled))
}

function figures({ requests, accuracy, p50Ms }: RevisionPanel): readonly [string, string, string] {
  return [
    count(requests),
    accuracy === undefined ? '–' : weight(accuracy),
    p50Ms === undefined ? '–' : milliseconds(p50Ms),
  ]
}

function columns(cells: readonly string[]): string {
  return cells.map((cell) => cell.padStart(10)).join('')
}

function renderTotals(panel: LivePanel, paint: Paint): string {
  const failures = (number: number, what: string): string =>
    paint(number === 0 ? 'green' : 'red', `${count(number)} ${what}`)
  return [
    `${count(panel.answered)} answered`,
    failures(panel.failedRequests, 'failed requests'),
    failures(panel.failedAttempts, 'failed attempts'),
  ].join(paint('dim', '  ·  '))
}
