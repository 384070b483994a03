import { type Clock, checkMeasurement, type Measurements, maxMeasurements } from 'modelspine/adapter'
import type { SqliteConnection } from './sqlite-connection.ts'

interface MeasurementRow {
  readonly position: number
  readonly writer: string
  readonly sequence: number
  readonly body: string
}

/**
 * The table of measurements. A position is given within the one write that the file allows at a time. So
 * positions become visible in their order, and are a cursor.
 */
export function sqliteMeasurements(connection: SqliteConnection, clock: Clock): Measurements {
  return {
    async put(measurement, lifeMs) {
      checkMeasurement(measurement)
      const { writer, sequence, body } = measurement
      const nowMs = clock.now()
      await connection.write((sql) => {
        sql.expireMeasurements.run(nowMs)
        sql.putMeasurement.run(writer, sequence, body, nowMs + lifeMs)
        sql.boundMeasurements.run(maxMeasurements)
      })
    },
    async read(cursor = '0', limit) {
      const rows = await connection.read(
        (sql) => sql.measurements.all(Number(cursor), clock.now(), limit) as unknown as MeasurementRow[],
      )
      return {
        measurements: rows.map(({ writer, sequence, body }) => ({ writer, sequence, body })),
        cursor: String(rows.at(-1)?.position ?? cursor),
      }
    },
  }
}
