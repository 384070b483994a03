import assert from 'node:assert/strict'
import type { Split } from '../../resources/deployment/revision.ts'
import type { Law } from '../kit.ts'
import {
  assertSplit,
  converge,
  destroyAll,
  key,
  namesOf,
  observedNames,
  options,
  other,
  type TargetSubject,
  wantOf,
} from './subject.ts'

/** Laws of `apply` and `destroy`. */
export const applyLaws: readonly Law<TargetSubject>[] = [
  {
    name: 'brings the wanted revisions to ready, each with an endpoint',
    async check(subject) {
      const { target, revisions } = subject
      const want = wantOf([revisions[0], revisions[1]])
      const handles = await converge(subject, key, want)
      const observed = await target.observe(key, { handles, applied: want.revisions })
      assert.deepEqual(observed.revisions.map((each) => each.revision).sort(), namesOf(want))
      for (const each of observed.revisions) {
        assert.equal(each.state, 'ready', `revision ${each.revision} is ${each.state}: ${each.message ?? ''}`)
        assert.ok(each.endpoint?.protocol, `revision ${each.revision} is ready without an endpoint`)
      }
    },
  },
  {
    name: 'creates nothing twice when the same want is applied again',
    async check(subject) {
      const want = wantOf([subject.revisions[0]])
      const handles = await converge(subject, key, want)
      const [created, mutations] = [await subject.created(), await subject.mutations()]
      const result = await subject.target.apply(key, want, options({ handles }))
      assert.equal(result.kind, 'unchanged', 'the answer when the same want is applied again')
      assert.equal(await subject.created(), created, 'revisions created')
      assert.equal(await subject.mutations(), mutations, 'mutations sent')
    },
  },
  {
    name: 'sends one mutation for a call that it accepts, and none for any other call',
    async check(subject) {
      const { target, revisions } = subject
      const wants = [wantOf([revisions[0], revisions[1]]), wantOf([revisions[2]])]
      const handles: string[] = []
      for (const want of wants) {
        for (let call = 0; call < 20; call += 1) {
          const before = await subject.mutations()
          const result = await target.apply(key, want, options({ handles }))
          const sent = (await subject.mutations()) - before
          assert.equal(
            sent,
            result.kind === 'accepted' ? 1 : 0,
            `mutations sent by a call that was ${result.kind}`,
          )
          if (result.kind === 'accepted' && result.handle !== undefined) handles.push(result.handle)
          if (result.kind === 'unchanged') break
          await subject.settle()
        }
      }
    },
  },
  {
    name: 'removes the revisions that are no longer wanted, and only those',
    async check(subject) {
      const { target, revisions } = subject
      let handles = await converge(subject, key, wantOf([revisions[0], revisions[1]]))
      handles = await converge(subject, other, wantOf([revisions[1]]), handles)
      const created = await subject.created()
      const fewer = wantOf([revisions[0]])
      handles = await converge(subject, key, fewer, handles)
      assert.deepEqual(
        await observedNames(target, key, { handles, applied: fewer.revisions }),
        namesOf(fewer),
      )
      const neighbour = await observedNames(target, other, { handles, applied: [revisions[1]] })
      assert.deepEqual(neighbour, [revisions[1].name], 'revisions of another key')
      assert.equal(await subject.created(), created, 'revisions created')
    },
  },
  {
    name: 'leaves alone what the want keeps, and removes what it neither wants nor keeps',
    skip: ({ target }) =>
      target.capabilities.maxRevisions < 2 ? 'the target holds one revision only' : undefined,
    async check(subject) {
      const { target } = subject
      const [kept, dropped, added] = subject.revisions
      let handles = await converge(subject, key, wantOf([kept, dropped]))
      const applied = [kept, added]
      const find = async () =>
        (await target.observe(key, { handles, applied })).revisions.find(
          (each) => each.revision === kept.name,
        )
      const [created, before] = [await subject.created(), await find()]
      const want = { ...wantOf([added], [{ revision: kept.name, weight: 100 }]), keep: [kept.name] }
      assert.equal(target.plan(want, { revisions: [], operations: [] }).kind, 'steps', 'the plan')
      handles = await converge(subject, key, want, handles)
      assert.deepEqual(await observedNames(target, key, { handles, applied }), namesOf(wantOf(applied)))
      assert.deepEqual(await find(), before, 'the kept revision')
      assert.ok((await subject.created()) - created <= 1, 'more was created than the one that is wanted')
    },
  },
  {
    name: 'destroys a key until the answer is unchanged, and then observes and lists nothing for the key',
    async check(subject) {
      const { target, revisions } = subject
      let handles = await converge(subject, key, wantOf([revisions[0], revisions[1]]))
      handles = await converge(subject, other, wantOf([revisions[2]]), handles)
      await destroyAll(subject, key, handles)
      assert.deepEqual(await observedNames(target, key, { handles }), [])
      assert.ok(!(await target.list()).includes(key), 'the destroyed key is listed')
      const neighbour = await observedNames(target, other, { handles, applied: [revisions[2]] })
      assert.deepEqual(neighbour, [revisions[2].name], 'revisions of another key')
      assert.equal((await target.destroy(key, options({ handles }))).kind, 'unchanged')
    },
  },
  {
    name: 'observes the split that it was given',
    skip: ({ target }) => (target.capabilities.split === 'none' ? 'the target does not split' : undefined),
    async check(subject) {
      const { target, revisions } = subject
      const [first, second] = revisions
      let handles: string[] = []
      for (const [left, right] of [
        [100, 0],
        [75, 25],
        [0, 100],
      ] as const) {
        const split: Split = [
          { revision: first.name, weight: left },
          { revision: second.name, weight: right },
        ]
        handles = await converge(subject, key, wantOf([first, second], split), handles)
        await assertSplit(target, split, { handles, applied: [first, second] })
      }
    },
  },
]
