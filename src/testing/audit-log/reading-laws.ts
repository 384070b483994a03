import assert from 'node:assert/strict'
import type { Law } from '../kit.ts'
import { refuses } from '../refuses.ts'
import { type AuditLogSubject, all, assertChained, assertWhole, entries, entry, ids } from './subject.ts'

/** Laws of reading, verifying and restarting. */
export const readingLaws: readonly Law<AuditLogSubject>[] = [
  {
    name: 'reads from any record to the end',
    async check({ log }) {
      const records = [...(await log.append(entries(5))), ...(await log.append([entry('last')]))]
      for (const from of [1, 3, 6, 7]) {
        assert.deepEqual(await all(log, from), records.slice(from - 1), `from record ${from}`)
      }
    },
  },
  {
    name: 'ends reading and verifying when the abortSignal has fired',
    async check({ log }) {
      await log.append(entries(3))
      const abortSignal = AbortSignal.abort(new Error('enough'))
      await refuses('aborted', 'read', () => log.read({ abortSignal })[Symbol.asyncIterator]().next())
      await refuses('aborted', 'verify', () => log.verify({ abortSignal }))
    },
  },
  {
    name: 'verifies an empty log and a log of appended records',
    async check({ log }) {
      assertWhole(await log.verify(), [])
      await log.append(entries(3))
      await log.append([entry('last')])
      assertWhole(await log.verify(), await all(log))
    },
  },
  {
    name: 'verifies against each earlier head of its own, and against no other head',
    async check({ log }) {
      const past = [await log.verify()]
      for (const { id } of entries(3)) {
        await log.append([entry(id)])
        past.push(await log.verify())
      }
      for (const verdict of past) {
        assert.ok(verdict.ok, 'the log is whole')
        assert.equal(
          (await log.verify({ anchor: verdict })).ok,
          true,
          `the head after ${verdict.records} stands`,
        )
      }
      const cut = await log.verify({ anchor: { records: 4, head: 'f'.repeat(64) } })
      assert.ok(!cut.ok, 'the record of the anchor is missing, but verify says ok')
      assert.equal(cut.sequence, 4)
      const other = await log.verify({ anchor: { records: 2, head: 'f'.repeat(64) } })
      assert.ok(!other.ok, 'the log has another record in place of the anchor, but verify says ok')
      assert.equal(other.sequence, 2)
    },
  },
  {
    name: 'names the first record that was changed from outside',
    hooks: ['tamper'],
    async check(subject) {
      const { log } = subject
      await log.append(entries(4))
      await log.append([entry('last')])
      await subject.tamper?.(4)
      await subject.tamper?.(3)
      const verdict = await log.verify()
      assert.ok(!verdict.ok, 'a record was changed, but verify says ok')
      assert.deepEqual([verdict.sequence, verdict.records], [3, 2])
      assert.ok(verdict.reason.length > 0)
    },
  },
  {
    name: 'continues its chain after a restart, and still knows its ids',
    skip: ({ log }) => (log.capabilities.durable ? undefined : 'it is not durable'),
    async check(subject) {
      const { log, reopen } = subject
      assert.ok(reopen !== undefined, 'the fixture of a durable log needs reopen')
      await log.append(entries(2))
      await log.append([entry('last')])
      const before = await all(log)
      await log.close?.()
      const again = await subject.reopen?.()
      assert.ok(again !== undefined)
      assert.deepEqual(await all(again), before)
      await again.append([entry('event-2'), entry('last'), entry('new')])
      const after = await all(again)
      assert.deepEqual(after.slice(0, 3), before)
      assert.deepEqual(await ids(again), ['event-1', 'event-2', 'last', 'new'])
      assertChained(after)
      assertWhole(await again.verify(), after)
    },
  },
]
