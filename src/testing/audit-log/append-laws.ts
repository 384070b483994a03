import assert from 'node:assert/strict'
import type { Law } from '../kit.ts'
import { refuses } from '../refuses.ts'
import { type AuditLogSubject, all, assertChained, assertWhole, entries, entry, ids } from './subject.ts'

export const appendLaws: readonly Law<AuditLogSubject>[] = [
  {
    name: 'chains entries in the order of their appends',
    async check({ log }) {
      await log.append([entry('a')])
      await log.append([entry('b'), entry('c')])
      await log.append([entry('d')])
      const records = await all(log)
      assert.deepEqual(
        records.map(({ id }) => id),
        ['a', 'b', 'c', 'd'],
      )
      assertChained(records)
    },
  },
  {
    name: 'answers append with the records that a reader then reads',
    async check({ log }) {
      const details = { text: 'ü "quoted" \n\u2028 \u0000', number: 0.1, list: [null, true], deep: { a: {} } }
      const answered = await log.append([entry('a', details), entry('b')])
      const read = await all(log)
      assert.deepEqual(read, answered)
      const record = read[0] ?? assert.fail()
      const { sequence: _, previousHash: __, remaining: ___, version: ____, hash: _____, ...kept } = record
      assert.deepEqual(kept, entry('a', details), 'an entry is kept as it was given')
    },
  },
  {
    name: 'appends an id once, and answers a repeated id with its first record',
    async check({ log }) {
      const [first] = await log.append([entry('a', { turn: 1 })])
      const again = await log.append([entry('b'), entry('a', { turn: 2 }), entry('b')])
      assert.deepEqual(again[1], first)
      assert.deepEqual(again[0], again[2])
      assert.deepEqual(await ids(log), ['a', 'b'])
      await log.append([entry('a'), entry('b')])
      assert.deepEqual(await ids(log), ['a', 'b'])
      assertChained(await all(log))
    },
  },
  {
    name: 'still knows an id after 10,000 records',
    async check({ log }) {
      const many = entries(10_000)
      for (let start = 0; start < many.length; start += 1000)
        await log.append(many.slice(start, start + 1000))
      const [again] = await log.append([entry('event-1')])
      assert.equal(again?.sequence, 1)
      assert.equal((await all(log, 9_990)).length, 11)
    },
  },
  {
    name: 'appends all entries or none',
    async check({ log }) {
      await log.append([entry('a')])
      await assert.rejects(log.append([entry('b'), entry('c', { count: 1n })]), TypeError)
      assert.deepEqual(await ids(log), ['a'])
      await log.append([entry('d')])
      assert.deepEqual(await ids(log), ['a', 'd'])
      assertChained(await all(log))
    },
  },
  {
    name: 'keeps one chain when appends overlap',
    async check({ log }) {
      const batches = Array.from({ length: 20 }, (_, index) => entries(1 + (index % 3), `batch-${index}`))
      const answers = await Promise.all(batches.map((batch) => log.append(batch)))
      const records = await all(log)
      assertChained(records)
      assert.equal(records.length, batches.flat().length)
      for (const answer of answers) {
        for (const record of answer) assert.deepEqual(records[record.sequence - 1], record)
      }
    },
  },
  {
    name: 'keeps a record unchanged when the caller changes its own copy afterwards',
    async check({ log }) {
      const details = { state: 'as it was' }
      const answered = await log.append([entry('a', details)])
      details.state = 'changed'
      Object.assign(answered[0]?.details ?? {}, { state: 'changed' })
      const [record] = await all(log)
      assert.deepEqual(record?.details, { state: 'as it was' })
      assertWhole(await log.verify(), await all(log))
    },
  },
  {
    name: 'appends nothing for an empty list of entries',
    async check({ log }) {
      assert.deepEqual(await log.append([]), [])
      assert.deepEqual(await all(log), [])
    },
  },
  {
    name: 'appends nothing after it is closed, and may be closed twice',
    async check({ log }) {
      await log.append([entry('a')])
      await log.close?.()
      await log.close?.()
      if (log.close !== undefined) {
        await refuses('audit-unavailable', 'append after close', () => log.append([entry('b')]))
      }
      assert.deepEqual(await ids(log), ['a'])
    },
  },
]
