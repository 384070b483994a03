import assert from 'node:assert/strict'
import type { TargetWant } from '../../deployment-target/contract.ts'
import type { Law } from '../kit.ts'
import {
  converge,
  drive,
  key,
  namesOf,
  observedNames,
  spelledOut,
  type TargetSubject,
  wantOf,
} from './subject.ts'

const reason = 'KitQuotaExceeded'

/** Laws of mutations that a vendor takes and then fails. */
export const operationLaws: readonly Law<TargetSubject>[] = [
  {
    name: 'tells that the vendor failed an operation, and why, and does it as a new operation',
    hooks: ['failNextOperation'],
    check: (subject) => failsOnce(subject, wantOf([subject.revisions[0]]), []),
  },
  {
    name: 'tells that the vendor failed an update, and why, and shows what serves meanwhile',
    hooks: ['failNextOperation'],
    skip: ({ target }) =>
      target.capabilities.maxRevisions < 2 ? 'the target holds one revision only' : undefined,
    async check(subject) {
      const [first, second] = subject.revisions
      const handles = await converge(subject, key, wantOf([first]))
      await failsOnce(subject, wantOf([first, second]), handles, first.name)
    },
  },
]

/** Lets the vendor fail one operation on the way to the want. A create of several calls may meet it at any. */
async function failsOnce(
  subject: TargetSubject,
  want: TargetWant,
  known: readonly string[],
  serving?: string,
): Promise<void> {
  const { target } = subject
  const before = await subject.created()
  const sent: string[] = []
  let told = false
  const look = async (handles: readonly string[]): Promise<void> => {
    const { operations, revisions } = await target.observe(key, { handles, applied: want.revisions })
    const failed = operations.find(
      ({ operationId, state }) => state === 'failed' && sent.includes(operationId),
    )
    if (failed !== undefined) {
      told = true
      assert.ok(spelledOut(failed).includes(reason), `the vendor’s reason is not in ${spelledOut(failed)}`)
    }
    const shown = revisions.some(({ revision }) => revision === serving)
    assert.ok(serving === undefined || shown, `revision ${serving} is not shown after a failed update`)
  }
  subject.failNextOperation?.(reason)
  const { handles, calls } = await drive(subject, key, want, known, {
    async after(result, handles, operationId) {
      sent.push(operationId)
      if (result.kind === 'failed') {
        told = true
        assert.ok(spelledOut(result).includes(reason), `the vendor’s reason is not in ${spelledOut(result)}`)
        assert.ok(result.reason !== '' && result.message !== '', 'no reason or message given')
      }
      await subject.settle()
      await look(handles)
    },
  })
  assert.ok(calls > 1, 'the answer to a failed operation is unchanged')
  assert.ok(told, 'the failed operation is told nowhere, by the id of its call')
  const wanted = want.revisions.length - known.length
  assert.ok((await subject.created()) - before <= Math.max(wanted, 1), 'more was created than is wanted')
  assert.deepEqual(await observedNames(target, key, { handles, applied: want.revisions }), namesOf(want))
}
