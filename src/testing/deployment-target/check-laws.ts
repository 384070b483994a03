import assert from 'node:assert/strict'
import type { Law } from '../kit.ts'
import {
  assertRetryable,
  codeIs,
  converge,
  impossibleWants,
  key,
  observedNames,
  other,
  spelledOut,
  type TargetSubject,
  wantOf,
} from './subject.ts'

const skip = ({ target }: TargetSubject): string | undefined =>
  target.check === undefined ? 'it has no check' : undefined

/** Laws of targets whose vendor can be asked before anything is done. */
export const checkLaws: readonly Law<TargetSubject>[] = [
  {
    name: 'accepts in check what it can run, and changes nothing',
    skip,
    async check(subject) {
      const { target, revisions } = subject
      const handles = await converge(subject, key, wantOf([revisions[0]]))
      const before = await subject.mutations()
      const after = target.capabilities.maxRevisions < 2 ? [revisions[0]] : [revisions[0], revisions[1]]
      const checked = await target.check?.(key, wantOf(after))
      assert.equal(checked?.kind, 'accepted', `the answer of check: ${spelledOut(checked)}`)
      assert.equal((await target.check?.(other, wantOf([revisions[0]])))?.kind, 'accepted')
      assert.equal(await subject.mutations(), before, 'mutations sent')
      await subject.settle()
      assert.deepEqual(await observedNames(target, key, { handles, applied: [revisions[0]] }), [
        revisions[0].name,
      ])
      assert.deepEqual(await observedNames(target, other), [])
    },
  },
  {
    name: 'refuses in check what it refuses in plan, with a reason',
    skip,
    async check(subject) {
      for (const want of impossibleWants(subject)) {
        const checked = await subject.target.check?.(key, want)
        assert.ok(checked?.kind === 'refused', `the answer of check: ${spelledOut(checked)}`)
        assert.ok(checked.reason !== '' && checked.message !== '', 'no reason or message given')
      }
    },
  },
  {
    name: 'refuses in check what only its vendor can refuse, with a reason',
    skip,
    hooks: ['unfit'],
    async check({ target, unfit }) {
      if (unfit === undefined) return
      const want = wantOf([unfit])
      const plan = target.plan(want, { revisions: [], operations: [] })
      assert.equal(plan.kind, 'steps', 'the plan of a revision that only the vendor refuses')
      const checked = await target.check?.(key, want)
      assert.ok(checked?.kind === 'refused', `the answer of check: ${spelledOut(checked)}`)
      assert.ok(checked.reason !== '' && checked.message !== '', 'no reason or message given')
    },
  },
  {
    name: 'throws from check when it is aborted, and when the vendor cannot be reached',
    skip,
    hooks: ['disconnect'],
    async check(subject) {
      const want = wantOf([subject.revisions[0]])
      const abortSignal = AbortSignal.abort()
      await assert.rejects(async () => subject.target.check?.(key, want, { abortSignal }), codeIs('aborted'))
      await subject.disconnect?.()
      const answer = await subject.target
        .check?.(key, want)
        .catch((error: unknown) => assertRetryable(error, 'check'))
      assert.equal(answer, undefined, `check without a vendor answers ${spelledOut(answer)}`)
    },
  },
]
