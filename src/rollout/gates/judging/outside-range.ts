import type { AnalysisGate } from '../../../resources/deployment/model-deployment.ts'
import type { MetricReading } from '../../../telemetry/contract.ts'
import { formatNumber } from '../gate-words.ts'
import { isWithin } from '../within-range.ts'

/**
 * What shows that single values lie outside the range that their gate names, with what would be right. Undefined when all of
 * them can lie within.
 */
export function outsideRange({ range }: AnalysisGate, reading: MetricReading): string | undefined {
  if (range === undefined || reading.kind !== 'distribution' || isWithin(reading, range)) return undefined
  const { min, max } = range
  const { count, sum, sumSquares } = reading
  const mean = sum / count
  const shown =
    mean < min || mean > max
      ? `the mean of its ${count} samples is ${formatNumber(mean)}`
      : `its ${count} samples have the mean ${formatNumber(mean)} and the mean square ${formatNumber(sumSquares / count)}, and within the range that is ${formatNumber((min + max) * mean - min * max)} at most`
  return `range is { min: ${min}, max: ${max} }, but ${shown}, so some values lie outside: write a range that holds each value, or none`
}
