import assert from 'node:assert/strict'
import type { ObservedTarget } from '../../deployment-target/contract.ts'
import type { Law } from '../kit.ts'
import {
  codeIs,
  converge,
  deepFreeze,
  key,
  observedNames,
  other,
  type TargetSubject,
  wantOf,
  withoutMessages,
} from './subject.ts'

/** Laws of `observe`, `list` and `plan`. */
export const observeLaws: readonly Law<TargetSubject>[] = [
  {
    name: 'observes an unknown key as empty',
    async check({ target }) {
      assert.deepEqual(await observedNames(target, 'kit/unknown'), [])
      assert.ok(!(await target.list()).includes('kit/unknown'), 'an unknown key is listed')
    },
  },
  {
    name: 'observes several keys at once as it observes each, and no others',
    skip: ({ target }) => (target.observeMany === undefined ? 'it has no observeMany' : undefined),
    async check(subject) {
      const { target, revisions } = subject
      const [first, second] = [wantOf([revisions[0]]), wantOf([revisions[1]])]
      const looks = [
        { key, handles: await converge(subject, key, first), applied: first.revisions },
        { key: other, handles: await converge(subject, other, second), applied: second.revisions },
        { key: 'kit/unknown' as const },
      ]
      const seen = (await target.observeMany?.(looks)) ?? new Map()
      for (const [at, observed] of seen) {
        const look = looks.find((each) => each.key === at)
        assert.ok(look !== undefined, `${at} was not asked for`)
        assert.deepEqual(withoutMessages(observed), withoutMessages(await target.observe(at, look)), at)
      }
      const abortSignal = AbortSignal.abort()
      await assert.rejects(async () => target.observeMany?.(looks, { abortSignal }), codeIs('aborted'))
    },
  },
  {
    name: 'observes the same after a restart as before',
    async check(subject) {
      const want = wantOf([subject.revisions[0], subject.revisions[1]])
      const handles = await converge(subject, key, want)
      const before = await subject.target.observe(key, { handles, applied: want.revisions })
      const again = await subject.reopen()
      await subject.settle()
      const after = await again.observe(key, { handles, applied: want.revisions })
      assert.deepEqual(withoutMessages(after), withoutMessages(before))
    },
  },
  {
    name: 'observes the scale in force for each ready revision',
    skip: ({ target: { capabilities } }) =>
      (capabilities.scale ?? 'reported') === 'reported' ? undefined : `the scale is ${capabilities.scale}`,
    async check(subject) {
      const { target, revisions } = subject
      const empty: ObservedTarget = { revisions: [], operations: [] }
      let handles: string[] = []
      for (const scale of [
        { min: 1, max: 1 },
        { min: 2, max: 3 },
      ]) {
        const want = { ...wantOf([revisions[0], revisions[1]]), scale }
        // Some targets report the one scale that they have.
        if (target.plan(want, empty).kind === 'refused') continue
        handles = await converge(subject, key, want, handles)
        const observed = await target.observe(key, { handles, applied: want.revisions })
        const ready = observed.revisions.filter((each) => each.state === 'ready')
        assert.equal(ready.length, 2, 'the number of ready revisions')
        for (const each of ready) {
          assert.deepEqual(each.scale, scale, `the scale of revision ${each.revision}: declare scale`)
        }
      }
    },
  },
  {
    name: 'lists every key that has a revision',
    skip: ({ target }) => (target.capabilities.names === 'random' ? 'names are random' : undefined),
    async check(subject) {
      const created = await subject.created()
      await converge(subject, key, wantOf([subject.revisions[0]]))
      await converge(subject, other, wantOf([subject.revisions[1]]))
      // A target that created nothing, because a vendor runs the model, cannot have orphans.
      const expected = (await subject.created()) === created ? [] : [key, other]
      assert.deepEqual([...(await subject.target.list())].sort(), expected)
    },
  },
  {
    name: 'makes the same plan each time, and changes nothing',
    async check(subject) {
      const { target, revisions } = subject
      const want = deepFreeze(wantOf([revisions[0], revisions[1]]))
      const empty = deepFreeze<ObservedTarget>({ revisions: [], operations: [] })
      const before = await subject.mutations()
      assert.deepEqual(target.plan(want, empty), target.plan(want, empty))
      assert.equal(target.plan(want, empty).kind, 'steps')
      assert.equal(await subject.mutations(), before, 'mutations sent')
      assert.deepEqual(await observedNames(target, key), [])
    },
  },
  {
    name: 'plans no step when the wanted revisions are there',
    async check(subject) {
      const want = wantOf([subject.revisions[0]])
      const handles = await converge(subject, key, want)
      const observed = await subject.target.observe(key, { handles, applied: want.revisions })
      assert.deepEqual(subject.target.plan(want, observed), { kind: 'steps', steps: [] })
    },
  },
]
