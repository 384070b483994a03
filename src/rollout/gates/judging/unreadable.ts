import type { GateResult } from '../../../resources/deployment/deployment-status.ts'
import type { AnalysisGate } from '../../../resources/deployment/model-deployment.ts'
import { readingSamples } from '../../../telemetry/contract/reading-samples.ts'
import { type GateReading, readingValue } from '../reading-value.ts'
import { impossibleSums } from './impossible-sums.ts'
import { outsideRange } from './outside-range.ts'

/** Why a reading is no basis for a verdict. Undefined when it is one. */
export function unreadable(
  gate: AnalysisGate,
  who: string,
  reading: GateReading,
): Pick<GateResult, 'verdict' | 'message'> | undefined {
  const what = `${gate.name}: ${gate.metric} of ${who}`
  switch (reading.kind) {
    case 'error':
      return { verdict: 'error', message: `${what} could not be read: ${reading.message}` }
    case 'no-data':
      return { verdict: 'no-data', message: `${what} has no data` }
    default: {
      const impossible = impossibleSums(reading)
      if (impossible !== undefined)
        return { verdict: 'error', message: `${what} cannot be so: ${impossible}` }
      const samples = readingSamples(reading)
      if (!Number.isFinite(readingValue(reading))) {
        return samples === 0 || samples === undefined
          ? { verdict: 'no-data', message: `${what} has no data` }
          : { verdict: 'error', message: `${what} is not a finite number` }
      }
      const outside = outsideRange(gate, reading)
      if (outside !== undefined)
        return { verdict: 'error', message: `${what} does not fit the gate: ${outside}` }
      // When a source does not count samples, the plan allows no `minSamples` but 1.
      // No event within a time is an answer, too.
      if (samples === undefined || samples >= gate.minSamples || reading.kind === 'events') return undefined
      return { verdict: 'too-few-samples', message: `${what} has ${samples} of ${gate.minSamples} samples` }
    }
  }
}
