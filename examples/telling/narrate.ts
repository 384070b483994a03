import type { PlaneEvent } from 'modelspine'
import type { GateResult } from 'modelspine/resources'
import type { Cast } from './cast.ts'
import { accuracyOf, medianOf } from './score.ts'
import type { Screen } from './screen.ts'

/** Prints one line for each event of the plane. */
export function narrate(screen: Screen, { nameOf }: Cast, { action, details }: PlaneEvent): void {
  const name = nameOf(details.revision)
  switch (action) {
    case 'revision-requested':
      screen.event('go', `a server for ${name} starts`)
      break
    case 'split-changed':
      screen.event('go', `split: ${describeSplit(nameOf, details.split)}`)
      break
    case 'analysis-passed':
      screen.event('ok', `${name} passes`, describeGates(details.gates))
      break
    case 'analysis-extended':
      screen.event('go', `${name} is measured for longer`, describeGates(details.gates))
      break
    case 'rollout-failed':
      screen.event('fail', `${name} fails: ${details.cause}`, describeGates(details.gates))
      break
    case 'revision-removal-requested':
      screen.event('note', `the server of ${name} finishes its requests and stops`)
      break
    default:
  }
}

/** One row of the summary for each version: its name, what its callers saw, and what became of it. */
export function summaryRows(
  cast: Cast,
  fates: Readonly<Record<string, string>>,
): readonly (readonly string[])[] {
  return Object.entries(fates).map(([version, fate]) => {
    const score = cast.scoreOf(version)
    if (score === undefined) return [version, '0', '–', '–', fate]
    return [
      version,
      String(score.requests),
      `${((accuracyOf(score) ?? 0) * 100).toFixed(1)} %`,
      `${(medianOf(score) ?? 0).toFixed(1)} ms`,
      fate,
    ]
  })
}

/** How many requests failed, and the first reasons. */
export function describeFailures(failures: number, reasons: readonly string[]): string {
  return failures === 0 ? '0' : `${failures} (${reasons.slice(0, 3).join('; ')})`
}

function describeSplit(nameOf: Cast['nameOf'], split: unknown): string {
  return (split as readonly { revision: string; weight: number }[])
    .map(({ revision, weight }) => `${nameOf(revision)} ${weight} %`)
    .join(', ')
}

function describeGates(gates: unknown): readonly string[] {
  return ((gates ?? []) as readonly GateResult[]).map(describeGate)
}

/** After a pass, the step is over, and nothing has to happen next. */
function describeGate({ verdict, message, next }: GateResult): string {
  return next === undefined || verdict === 'pass'
    ? `${verdict}: ${message}`
    : `${verdict}: ${message}; ${next}`
}
