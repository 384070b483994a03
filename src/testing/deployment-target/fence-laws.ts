import assert from 'node:assert/strict'
import type { DeploymentTarget } from '../../deployment-target/contract.ts'
import type { Law } from '../kit.ts'
import { codeIs, converge, key, options, other, type TargetSubject, wantOf } from './subject.ts'

const skip = ({ target }: TargetSubject): string | undefined =>
  target.capabilities.fencing === 'checked' ? undefined : `fencing is ${target.capabilities.fencing}`

/** Laws of targets that check fences. */
export const fenceLaws: readonly Law<TargetSubject>[] = [
  {
    name: 'refuses a fence that is older than the newest fence it has seen',
    skip,
    async check(subject) {
      const { revisions } = subject
      const handles = await converge(subject, key, wantOf([revisions[0]]), [], { fence: 7 })
      const again = await refusing(subject, 'fence-stale', { handles, fence: 6 })
      await again.apply(other, wantOf([revisions[1]]), options({ fence: 6 }))
    },
  },
  {
    name: 'refuses the fence of another store, however new it is',
    skip,
    async check(subject) {
      const { revisions } = subject
      const first = { store: 'kit-store', fence: 7 }
      const handles = await converge(subject, key, wantOf([revisions[0]]), [], first)
      await refusing(subject, 'fence-stale', { handles, ...first, fence: 6 })
      const again = await refusing(subject, 'fence-foreign', { handles, store: 'kit-other-store', fence: 9 })
      await again.apply(key, wantOf([revisions[0]]), options({ handles, ...first }))
      await again.apply(key, wantOf([revisions[0]]), options({ handles, fence: 7 }))
      await again.apply(other, wantOf([revisions[1]]), options({ store: 'kit-other-store', fence: 1 }))
    },
  },
  {
    name: 'obeys the store that a named actor gave a key to, and no longer the one before',
    skip,
    async check(subject) {
      const want = wantOf([subject.revisions[0]])
      const first = { store: 'kit-store', fence: 7 }
      const second = { store: 'kit-other-store', fence: 2 }
      const handles = await converge(subject, key, want, [], first)
      await subject.target.apply(key, want, options({ handles, ...second, takeOver: true }))
      const again = await refusing(subject, 'fence-foreign', { handles, ...first, fence: 8 })
      await again.apply(key, want, options({ handles, ...second }))
      await assert.rejects(
        again.apply(key, want, options({ handles, ...second, fence: 1 })),
        codeIs('fence-stale'),
      )
      await again.destroy(key, options({ handles, ...first, takeOver: true }))
      await refusing(subject, 'fence-foreign', { handles, ...second, fence: 9 })
    },
  },
  {
    name: 'compares only the fence with one that came without a store, and then knows the store',
    skip,
    async check(subject) {
      const want = wantOf([subject.revisions[0]])
      const handles = await converge(subject, key, want, [], { fence: 7 })
      const again = await refusing(subject, 'fence-stale', { handles, store: 'kit-store', fence: 6 })
      await again.apply(key, want, options({ handles, store: 'kit-store', fence: 7 }))
      await refusing(subject, 'fence-foreign', { handles, store: 'kit-other-store', fence: 9 })
    },
  },
]

/** Restarts the target, and checks that it refuses such calls and sends nothing for them. */
async function refusing(
  subject: TargetSubject,
  code: 'fence-stale' | 'fence-foreign',
  given: Parameters<typeof options>[0],
): Promise<DeploymentTarget> {
  const mutations = await subject.mutations()
  const again = await subject.reopen()
  await assert.rejects(again.apply(key, wantOf([subject.revisions[1]]), options(given)), codeIs(code))
  await assert.rejects(again.destroy(key, options(given)), codeIs(code))
  assert.equal(await subject.mutations(), mutations, 'mutations sent')
  return again
}
