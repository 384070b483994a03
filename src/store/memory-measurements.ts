import type { Clock } from '../clock.ts'
import type { Measurement, Measurements } from './contract.ts'
import { checkMeasurement, maxMeasurements } from './measurement-limits.ts'

interface Kept {
  readonly position: number
  readonly expiresAtMs: number
  readonly measurement: Measurement
}

/** Measurements in the memory of this process, for several planes on one memory store. */
export function memoryMeasurements(clock: Clock, open: () => void): Measurements {
  let kept: Kept[] = []
  let positions = 0
  const living = (): readonly Kept[] => {
    const nowMs = clock.now()
    if (kept.some(({ expiresAtMs }) => expiresAtMs <= nowMs)) {
      kept = kept.filter(({ expiresAtMs }) => expiresAtMs > nowMs)
    }
    return kept
  }
  return {
    async put(measurement, lifeMs) {
      open()
      checkMeasurement(measurement)
      const { writer, sequence } = measurement
      const known = living().some(
        ({ measurement: other }) => other.writer === writer && other.sequence === sequence,
      )
      if (known) return
      positions += 1
      const expiresAtMs = clock.now() + lifeMs
      kept.push({ position: positions, expiresAtMs, measurement: Object.freeze({ ...measurement }) })
      if (kept.length > maxMeasurements) kept.shift()
    },
    async read(cursor = '0', limit) {
      open()
      const page = living()
        .filter(({ position }) => position > Number(cursor))
        .slice(0, limit)
      return {
        measurements: page.map(({ measurement }) => measurement),
        cursor: String(page.at(-1)?.position ?? cursor),
      }
    },
  }
}
