import assert from 'node:assert/strict'
import type { Law } from '../kit.ts'
import {
  converge,
  key,
  namesOf,
  observedNames,
  options,
  spelledOut,
  type TargetSubject,
  wantOf,
} from './subject.ts'

const reason = 'KitQuotaExceeded'

/** Laws of mutations that a vendor takes and then fails. */
export const operationLaws: readonly Law<TargetSubject>[] = [
  {
    name: 'tells that the vendor failed an operation, and why, and does it as a new operation',
    skip: ({ failNextOperation }) =>
      failNextOperation === undefined ? 'the vendor fails nothing that it took' : undefined,
    async check(subject) {
      const { target } = subject
      const want = wantOf([subject.revisions[0]])
      const before = await subject.created()
      const call = options()
      subject.failNextOperation?.(reason)
      const result = await target.apply(key, want, call)
      assert.ok(
        result.kind === 'failed' || result.kind === 'accepted',
        `the answer is ${result.kind}, not failed or accepted`,
      )
      const handles = result.kind === 'accepted' && result.handle !== undefined ? [result.handle] : []
      if (result.kind === 'accepted') {
        await subject.settle()
        const { operations } = await target.observe(key, { handles })
        const failed = operations.find(({ operationId }) => operationId === call.operationId)
        assert.equal(failed?.state, 'failed', 'the state of the operation, by the id of the call')
        assert.ok(spelledOut(failed).includes(reason), `the vendor’s reason is not in ${spelledOut(failed)}`)
      } else {
        assert.ok(spelledOut(result).includes(reason), `the vendor’s reason is not in ${spelledOut(result)}`)
        assert.ok(result.reason !== '' && result.message !== '', 'no reason or message given')
      }
      const known = await converge(subject, key, want, handles)
      assert.ok((await subject.created()) - before <= 1, 'more than one revision was created')
      assert.deepEqual(
        await observedNames(target, key, { handles: known, applied: want.revisions }),
        namesOf(want),
      )
    },
  },
]
