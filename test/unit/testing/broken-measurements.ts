import type { Measurement, Measurements, StateStore } from '../../../src/store/contract.ts'

/** The wrong methods of the measurements of a broken store. */
type BreakingMeasurements = (good: Measurements) => Partial<Measurements>

const breakings: Readonly<Record<string, BreakingMeasurements>> = {
  'gives the measurements of every writer, and after a cursor only those that came since': (good) => ({
    read: (_, limit) => good.read(undefined, limit),
  }),
  'gives a writer’s measurements in order, in pages, each once': (good) => ({
    read: async (cursor, limit) => {
      const page = await good.read(cursor, limit)
      return { ...page, measurements: page.measurements.toReversed() }
    },
  }),
  // The cursor is taken after the reading, so what came in between is passed over.
  'misses no measurement that is put while it is read': (good) => ({
    read: async (cursor, limit) => {
      const { measurements } = await good.read(cursor, limit)
      for (let turn = 0; turn < 10; turn += 1) await Promise.resolve()
      return { measurements, cursor: (await good.read(cursor, limit)).cursor }
    },
  }),
  'removes a measurement when its life is over, and not before': (good) => ({
    put: (measurement, lifeMs) => good.put(measurement, 1000 * lifeMs),
  }),
  'keeps the newest measurements when there are too many': (good) => {
    let kept: Measurement[] = []
    return {
      put: async (measurement, lifeMs) => {
        kept = [...kept, measurement]
        await good.put(measurement, lifeMs)
      },
      read: async () => ({ measurements: kept, cursor: '0' }),
    }
  },
  'takes a body of the greatest length, and refuses a longer one': (good) => ({
    put: ({ body, ...rest }, lifeMs) => good.put({ ...rest, body: body.slice(0, 131_072) }, lifeMs),
  }),
  // The other handle of the kit's test has data of its own.
  'shows a measurement to other handles of the same data': () => ({}),
}

/** For each law of measurements, a store that breaks it. */
export const brokenMeasurements: Readonly<Record<string, (good: StateStore) => Partial<StateStore>>> =
  Object.fromEntries(
    Object.entries(breakings).map(([law, breaking]) => [
      law,
      (good: StateStore) => {
        const measurements = good.measurements as Measurements
        return {
          ...(law.includes('other handles') && { capabilities: { ...good.capabilities, shared: true } }),
          measurements: { ...measurements, ...breaking(measurements) },
        }
      },
    ]),
  )
