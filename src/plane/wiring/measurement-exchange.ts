import { type Clock, sleep } from '../../clock.ts'
import { messageOf } from '../../errors.ts'
import type { Measurement, Measurements, StateStore } from '../../store/contract.ts'
import { maxMeasurementChars } from '../../store/measurement-limits.ts'
import type { Logger } from '../../telemetry/logger.ts'
import { type CountSorts, mergeMessage, takeMessage } from '../../windows/count-message.ts'
import { shareEveryMs } from '../../windows/shared-counts.ts'
import type { RequestSide } from './request-side.ts'

export interface MeasurementExchangeOptions {
  readonly measurements: Measurements
  readonly sorts: CountSorts
  /** Closes what is being counted, so that all of it waits to be told. */
  closeCounts(): void
  readonly clock: Clock
  readonly logger: Logger
}

/** Tells the other processes of a store what this one measured, and learns what they did. */
export interface MeasurementExchange {
  follow(abortSignal: AbortSignal): Promise<void>
  /** Tells what is left. Never throws. */
  tellLast(): Promise<void>
}

/** The exchange of a plane, when its processes share what they measure. */
export function measurementExchange(
  { measurements }: Pick<StateStore, 'measurements'>,
  { shared, windows, feedback, clock, logger }: RequestSide,
): MeasurementExchange | undefined {
  if (shared === undefined || measurements === undefined) return undefined
  return createMeasurementExchange({
    measurements,
    sorts: { ...shared },
    closeCounts() {
      windows.closeCounts()
      feedback.closeCounts()
    },
    clock,
    logger,
  })
}

/** A process that was away for less reads all the same what was told meanwhile. */
const lifeMs = 60_000
const pageSize = 200

export function createMeasurementExchange(options: MeasurementExchangeOptions): MeasurementExchange {
  const { measurements, sorts, closeCounts, clock, logger } = options
  const writer = clock.id()
  /** The last sequence of each writer, and when it came. A writer is forgotten when its measurements are gone. */
  const heard = new Map<string, { readonly sequence: number; readonly atMs: number }>()
  let sequence = 0
  /** What is being told. Its answer may have been lost, so it is told again unchanged. */
  let telling: Measurement | undefined
  let cursor: string | undefined
  let readMs = clock.now()

  const tellNext = async (): Promise<boolean> => {
    if (telling === undefined) {
      const body = takeMessage(sorts, maxMeasurementChars)
      if (body === undefined) return false
      sequence += 1
      telling = { writer, sequence, body }
    }
    await measurements.put(telling, lifeMs)
    telling = undefined
    return true
  }

  const incomplete = (beforeMs: number): void => {
    for (const counts of Object.values(sorts)) counts.incompleteBefore(beforeMs)
  }

  const hear = (measurement: Measurement, nowMs: number): void => {
    const last = heard.get(measurement.writer)
    if (measurement.writer === writer || measurement.sequence <= (last?.sequence ?? 0)) return
    if (last !== undefined && measurement.sequence > last.sequence + 1) incomplete(nowMs)
    heard.set(measurement.writer, { sequence: measurement.sequence, atMs: nowMs })
    if (!mergeMessage(sorts, measurement.body, nowMs)) {
      logger.warn({ writer: measurement.writer }, 'a measurement of another process could not be read')
    }
  }

  const readOn = async (): Promise<void> => {
    const begunMs = clock.now()
    if (begunMs - readMs > lifeMs - 2 * shareEveryMs) incomplete(begunMs)
    for (let length = pageSize; length === pageSize; ) {
      const page = await measurements.read(cursor, pageSize)
      for (const measurement of page.measurements) hear(measurement, clock.now())
      cursor = page.cursor
      length = page.measurements.length
    }
    readMs = begunMs
    for (const counts of Object.values(sorts)) counts.readAt(begunMs)
    for (const [name, { atMs }] of heard) if (atMs < begunMs - 2 * lifeMs) heard.delete(name)
  }

  const attempt = async (what: string, run: () => Promise<unknown>): Promise<void> => {
    try {
      await run()
    } catch (error) {
      logger.warn({ error: messageOf(error) }, `${what} failed, and is tried again in a second`)
    }
  }

  return {
    async follow(abortSignal) {
      while (!abortSignal.aborted) {
        closeCounts()
        await attempt('telling other processes what was measured', tellNext)
        await attempt('reading what other processes measured', readOn)
        if (!abortSignal.aborted) await sleep(clock, shareEveryMs, abortSignal).catch(() => {})
      }
    },
    async tellLast() {
      closeCounts()
      await attempt('telling other processes what was measured', tellNext)
    },
  }
}
