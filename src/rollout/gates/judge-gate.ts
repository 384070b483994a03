import type { GateResult, Measured } from '../../resources/deployment/deployment-status.ts'
import type { AnalysisGate, GateRule } from '../../resources/deployment/model-deployment.ts'
import { histogramQuantile } from '../../telemetry/contract/histogram-quantile.ts'
import { readingSamples } from '../../telemetry/contract/reading-samples.ts'
import type { MetricReading } from '../../telemetry/contract.ts'
import { confidenceRadius } from './confidence.ts'
import type { JudgeContext } from './judge-context.ts'

/** A source's reading for one revision, or the reason why it could not be read. */
export type GateReading = MetricReading | { readonly kind: 'error'; readonly message: string }

/** A measured value and how far it may be off. The radius is infinite when that is not known. */
interface Estimate extends Measured {
  readonly radius: number
}

/**
 * Judges one gate by the candidate's reading and, when the rule compares, by the stable revision's reading.
 */
export function judgeGate(
  gate: AnalysisGate,
  candidate: GateReading,
  stable: GateReading | undefined,
  _context?: JudgeContext,
): GateResult {
  const compared = 'noWorseThan' in gate.pass ? stable : undefined
  const coveredFromMs = Math.max(coveredFrom(candidate), compared === undefined ? 0 : coveredFrom(compared))
  const base = { gate: gate.name, ...(coveredFromMs > 0 && { coveredFromMs }) }
  const open =
    unreadable(gate, 'the candidate', candidate) ??
    (compared && unreadable(gate, 'the stable revision', compared))
  if (open !== undefined) return { ...base, conclusive: false, ...open }
  const measured = estimate(candidate)
  if ('noWorseThan' in gate.pass) {
    if (compared === undefined) {
      return {
        ...base,
        verdict: 'no-data',
        conclusive: false,
        message: `${gate.name}: there is no stable revision to compare with`,
      }
    }
    const reference = estimate(compared)
    return {
      ...base,
      candidate: plain(measured),
      stable: plain(reference),
      ...compare(gate, gate.pass, measured, reference),
    }
  }
  return { ...base, candidate: plain(measured), ...against(gate, gate.pass, measured) }
}

type Judged = Pick<GateResult, 'verdict' | 'conclusive' | 'message'>

function unreadable(
  gate: AnalysisGate,
  who: string,
  reading: GateReading,
): Pick<GateResult, 'verdict' | 'message'> | undefined {
  switch (reading.kind) {
    case 'error':
      return {
        verdict: 'error',
        message: `${gate.name}: ${gate.metric} of ${who} could not be read: ${reading.message}`,
      }
    case 'no-data':
      return { verdict: 'no-data', message: `${gate.name}: ${gate.metric} of ${who} has no data` }
    default: {
      const samples = samplesOf(reading)
      if (!Number.isFinite(centre(reading))) {
        return samples === 0 || samples === undefined
          ? { verdict: 'no-data', message: `${gate.name}: ${gate.metric} of ${who} has no data` }
          : { verdict: 'error', message: `${gate.name}: ${gate.metric} of ${who} is not a finite number` }
      }
      // When a source does not count samples, the plan allows no `minSamples` but 1.
      if (samples === undefined || samples >= gate.minSamples) return undefined
      return {
        verdict: 'too-few-samples',
        message: `${gate.name}: ${gate.metric} of ${who} has ${samples} of ${gate.minSamples} samples`,
      }
    }
  }
}

function against(
  gate: AnalysisGate,
  rule: Exclude<GateRule, { noWorseThan: 'stable' }>,
  measured: Estimate,
): Judged {
  const margin = 'atLeast' in rule ? measured.value - rule.atLeast : rule.atMost - measured.value
  const wanted = 'atLeast' in rule ? `at least ${format(rule.atLeast)}` : `at most ${format(rule.atMost)}`
  return verdict(
    gate,
    margin,
    measured.radius,
    `${format(measured.value)}${counted(measured)}, wanted ${wanted}`,
  )
}

function compare(
  gate: AnalysisGate,
  rule: Extract<GateRule, { noWorseThan: 'stable' }>,
  measured: Estimate,
  reference: Estimate,
): Judged {
  const gain = rule.better === 'higher' ? measured.value - reference.value : reference.value - measured.value
  const numbers = `${format(measured.value)}${counted(measured)}, stable has ${format(reference.value)}${counted(reference)}, wanted at most ${format(rule.by)} worse`
  return verdict(gate, gain + rule.by, measured.radius + reference.radius, numbers)
}

/** Rounding must not turn an exact tie into a failure. */
const tie = 1e-9

function verdict(gate: AnalysisGate, margin: number, radius: number, numbers: string): Judged {
  const passed = margin >= -tie
  return {
    verdict: passed ? 'pass' : 'fail',
    conclusive: Math.abs(margin) > radius,
    message: `${gate.name}: ${gate.metric} is ${numbers}`,
  }
}

function estimate(reading: GateReading): Estimate {
  const samples = samplesOf(reading)
  const value = centre(reading)
  return {
    value,
    radius: confidenceRadius(samples ?? 0, deviationOf(reading)),
    ...(samples !== undefined && { samples }),
  }
}

function samplesOf(reading: GateReading): number | undefined {
  return reading.kind === 'error' ? 0 : readingSamples(reading)
}

function centre(reading: GateReading): number {
  switch (reading.kind) {
    case 'ratio':
      return reading.hits / reading.total
    case 'distribution':
      return reading.sum / reading.count
    case 'value':
      return reading.value
    case 'histogram':
      return histogramQuantile(reading)
    case 'events':
      return (reading.events * 1000) / reading.exposureMs
    default:
      return Number.NaN
  }
}

/**
 * From this many samples on, their spread is taken as the true spread. With fewer samples, chance would judge
 * a skewed metric, such as a latency, too early one time in three instead of one time in twenty.
 */
const knownSpread = 64

function deviationOf(reading: GateReading): number {
  if (reading.kind === 'ratio') return 0.5
  if (reading.kind !== 'distribution' || reading.count < knownSpread) return Number.POSITIVE_INFINITY
  const mean = reading.sum / reading.count
  return Math.sqrt(Math.max(0, (reading.sumSquares - reading.count * mean * mean) / (reading.count - 1)))
}

function coveredFrom(reading: GateReading): number {
  return reading.kind === 'error' ? 0 : (reading.covered?.fromMs ?? 0)
}

function plain({ value, samples }: Estimate): Measured {
  return { value, ...(samples !== undefined && { samples }) }
}

function format(value: number): string {
  return String(Number(value.toPrecision(4)))
}

function counted({ samples }: Estimate): string {
  return samples === undefined ? '' : ` (${samples} samples)`
}
