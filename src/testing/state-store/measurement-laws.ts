import assert from 'node:assert/strict'
import type { Measurement, Measurements, StateStore } from '../../store/contract.ts'
import type { Law } from '../kit.ts'
import { refuses } from '../refuses.ts'
import type { StateStoreSubject } from './subject.ts'

/** The life of the laws' measurements. */
const lifeMs = 1000
const all = 5000
/** What the contract says is kept at most, in number and in characters. */
const mostKept = 2048
const mostChars = 131_072

function measurementsOf({ measurements }: StateStore): Measurements {
  assert.ok(measurements !== undefined)
  return measurements
}

const skip = ({ store }: StateStoreSubject): string | undefined =>
  store.measurements === undefined ? 'it passes no measurements on' : undefined

function by(writer: string, sequence: number, body = `{"n":${sequence}}`): Measurement {
  return { writer, sequence, body }
}

/** The measurements after the cursor, read in pages of `limit`. */
async function readOn(
  measurements: Measurements,
  cursor?: string,
  limit: number = all,
): Promise<{ readonly found: readonly Measurement[]; readonly cursor: string }> {
  const found: Measurement[] = []
  for (let at = cursor; ; ) {
    const page = await measurements.read(at, limit)
    found.push(...page.measurements)
    if (page.measurements.length < limit) return { found, cursor: page.cursor }
    at = page.cursor
  }
}

function named(measurements: readonly Measurement[]): readonly string[] {
  return measurements.map(({ writer, sequence }) => `${writer}${sequence}`)
}

/** Laws of what a store passes on between processes. */
export const measurementLaws: readonly Law<StateStoreSubject>[] = [
  {
    name: 'gives the measurements of every writer, and after a cursor only those that came since',
    skip,
    async check({ store }) {
      const measurements = measurementsOf(store)
      assert.deepEqual((await readOn(measurements)).found, [])
      await measurements.put(by('a', 1, '{"text":"ä\\u0000 \\"quoted\\""}'), lifeMs)
      await measurements.put(by('b', 1), lifeMs)
      const first = await readOn(measurements)
      assert.deepEqual(named(first.found).toSorted(), ['a1', 'b1'])
      assert.equal(
        first.found.find(({ writer }) => writer === 'a')?.body,
        '{"text":"ä\\u0000 \\"quoted\\""}',
        'the body comes back unchanged',
      )
      assert.deepEqual((await readOn(measurements, first.cursor)).found, [], 'nothing came since')
      await measurements.put(by('a', 2), lifeMs)
      const second = await readOn(measurements, first.cursor)
      assert.deepEqual(named(second.found), ['a2'])
      assert.deepEqual((await readOn(measurements, second.cursor)).found, [])
    },
  },
  {
    name: 'gives a writer’s measurements in order, in pages, each once',
    skip,
    async check({ store }) {
      const measurements = measurementsOf(store)
      for (let sequence = 1; sequence <= 25; sequence += 1) await measurements.put(by('a', sequence), lifeMs)
      const wanted = Array.from({ length: 25 }, (_, place) => `a${place + 1}`)
      const { found, cursor } = await readOn(measurements, undefined, 10)
      assert.deepEqual(named(found), wanted)
      await measurements.put(by('a', 25, '{"other":true}'), lifeMs)
      assert.deepEqual((await readOn(measurements, cursor)).found, [], 'the same sequence changes nothing')
      const again = await readOn(measurements)
      assert.equal(again.found.at(-1)?.body, by('a', 25).body, 'the same sequence changes nothing')
    },
  },
  {
    name: 'misses no measurement that is put while it is read',
    skip,
    async check({ store }) {
      const measurements = measurementsOf(store)
      const seen: string[] = []
      let cursor: string | undefined
      for (let sequence = 1; sequence <= 10; sequence += 1) {
        const reading = measurements.read(cursor, all)
        const puts = ['a', 'b', 'c'].map((writer) => measurements.put(by(writer, sequence), lifeMs))
        const page = await reading
        seen.push(...named(page.measurements))
        cursor = page.cursor
        await Promise.all(puts)
      }
      seen.push(...named((await readOn(measurements, cursor)).found))
      for (const writer of ['a', 'b', 'c']) {
        const own = [...new Set(seen)].filter((name) => name.startsWith(writer))
        assert.deepEqual(
          own,
          Array.from({ length: 10 }, (_, place) => `${writer}${place + 1}`),
        )
      }
    },
  },
  {
    name: 'removes a measurement when its life is over, and not before',
    skip,
    async check({ store, advance }) {
      const measurements = measurementsOf(store)
      await measurements.put(by('a', 1), lifeMs)
      await measurements.put(by('a', 2), 60 * lifeMs)
      assert.deepEqual(named((await readOn(measurements)).found), ['a1', 'a2'])
      await advance(lifeMs + 1)
      assert.deepEqual(named((await readOn(measurements)).found), ['a2'])
    },
  },
  {
    name: 'keeps the newest measurements when there are too many',
    skip,
    async check({ store }) {
      const measurements = measurementsOf(store)
      const count = mostKept + 10
      for (let sequence = 1; sequence <= count; sequence += 1) {
        await measurements.put(by('a', sequence), 600_000)
      }
      const { found } = await readOn(measurements)
      assert.equal(found.length, mostKept)
      assert.equal(found.at(-1)?.sequence, count)
    },
  },
  {
    name: 'takes a body of the greatest length, and refuses a longer one',
    skip,
    async check({ store }) {
      const measurements = measurementsOf(store)
      await measurements.put(by('a', 1, 'x'.repeat(mostChars)), lifeMs)
      assert.equal((await readOn(measurements)).found[0]?.body.length, mostChars)
      await refuses('invalid-options', 'a longer body', () =>
        measurements.put(by('a', 2, 'x'.repeat(mostChars + 1)), lifeMs),
      )
    },
  },
  {
    name: 'shows a measurement to other handles of the same data',
    skip: (subject) => skip(subject) ?? (subject.another === undefined ? 'it is not shared' : undefined),
    async check({ store, another }) {
      const other = await another?.()
      assert.ok(other !== undefined)
      try {
        await measurementsOf(store).put(by('a', 1), lifeMs)
        assert.deepEqual(named((await readOn(measurementsOf(other))).found), ['a1'])
      } finally {
        await other.close()
      }
    },
  },
]
