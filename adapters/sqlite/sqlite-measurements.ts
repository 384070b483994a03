import { type Clock, checkMeasurement, type Measurements, maxMeasurements } from 'modelspine/adapter'
import type { SqliteLink } from './sqlite-link.ts'

/**
 * The table of measurements. A position is given within the one write that the file allows at a time. So
 * positions become visible in their order, and are a cursor.
 */
export function sqliteMeasurements(link: SqliteLink, clock: Clock): Measurements {
  return {
    async put(measurement, lifeMs) {
      checkMeasurement(measurement)
      const { writer, sequence, body } = measurement
      const nowMs = clock.now()
      const expiresAtMs = nowMs + lifeMs
      await link.ask('measure', {
        writer,
        sequence,
        body,
        nowMs,
        expiresAtMs,
        most: maxMeasurements,
        urgent: false,
      })
    },
    async read(cursor = '0', limit) {
      const rows = await link.ask('measurements', { after: Number(cursor), nowMs: clock.now(), limit })
      return {
        measurements: rows.map(({ writer, sequence, body }) => ({ writer, sequence, body })),
        cursor: String(rows.at(-1)?.position ?? cursor),
      }
    },
  }
}
