import assert from 'node:assert/strict'
import type { TargetWant } from '../../deployment-target/contract.ts'
import type { Split } from '../../resources/deployment/revision.ts'
import type { Law } from '../kit.ts'
import {
  assertRefused,
  assertSplit,
  converge,
  describeWant,
  key,
  type TargetSubject,
  wantOf,
} from './subject.ts'

/** Why a target with room for so many revisions has no older one that gets no traffic. */
const skip =
  (room: number) =>
  ({ target: { capabilities } }: TargetSubject): string | undefined => {
    const { maxRevisions, split, traffic = 'any' } = capabilities
    if (split === 'none') return 'the target does not split'
    if (traffic !== 'latest-and-previous') return `traffic is ${traffic}`
    return maxRevisions < room ? `the target holds no ${room} revisions` : undefined
  }

/** Laws of targets that give traffic only to the newest revision and the one before it. */
export const trafficLaws: readonly Law<TargetSubject>[] = [
  {
    name: 'refuses traffic for a revision that is older than the newest two, in plan and in apply',
    skip: skip(3),
    async check(subject) {
      const { target, revisions } = subject
      const [first, second, third] = revisions
      const split = shares([second.name, 75], [third.name, 25])
      const handles = await converge(subject, key, wantOf(revisions, split))
      const look = { handles, applied: revisions }
      const observed = await target.observe(key, look)
      const before = await subject.mutations()
      const wants: readonly TargetWant[] = [
        wantOf(revisions, shares([first.name, 100])),
        wantOf(revisions, shares([first.name, 10], [second.name, 40], [third.name, 50])),
        { ...wantOf([second, third], shares([first.name, 50], [third.name, 50])), keep: [first.name] },
      ]
      for (const want of wants) {
        await assertRefused(target, want, { handles })
        await assertRefused(target, want, { observed, handles })
      }
      assert.equal(await subject.mutations(), before, 'mutations sent')
      await subject.settle()
      await assertSplit(target, split, look)
    },
  },
  {
    name: 'splits between the newest revision and the one before it, canary after canary',
    skip: skip(2),
    async check(subject) {
      const { target, revisions } = subject
      const [first, second, third] = revisions
      let handles: string[] = []
      // At last the first revision comes again: it was removed, so it is the newest then.
      for (const [older, previous, latest] of [
        [undefined, first, second],
        [first, second, third],
        [second, third, first],
      ] as const) {
        const stays =
          older !== undefined && target.capabilities.maxRevisions > 2 ? [older, previous] : [previous]
        handles = await converge(subject, key, wantOf(stays, shares([previous.name, 100])), handles)
        for (const weight of [25, 100]) {
          const split = shares([previous.name, 100 - weight], [latest.name, weight])
          const want = wantOf([...stays, latest], split)
          const observed = await target.observe(key, { handles, applied: revisions })
          assert.equal(target.plan(want, observed).kind, 'steps', `the plan of ${describeWant(want)}`)
          handles = await converge(subject, key, want, handles)
          await assertSplit(target, split, { handles, applied: want.revisions })
        }
      }
    },
  },
]

function shares(...given: readonly (readonly [revision: string, weight: number])[]): Split {
  return given.map(([revision, weight]) => ({ revision, weight }))
}
