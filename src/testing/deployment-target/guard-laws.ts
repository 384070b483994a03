import assert from 'node:assert/strict'
import type { Law } from '../kit.ts'
import {
  assertRefused,
  codeIs,
  converge,
  impossibleWants,
  key,
  options,
  type TargetSubject,
  wantOf,
} from './subject.ts'

/** Laws of what a target must refuse or hide. */
export const guardLaws: readonly Law<TargetSubject>[] = [
  {
    name: 'refuses an etag that is not the newest',
    skip: ({ target }) =>
      target.capabilities.fencing === 'conditional' ? undefined : `fencing is ${target.capabilities.fencing}`,
    async check(subject) {
      const { target, revisions } = subject
      let handles = await converge(subject, key, wantOf([revisions[0]]))
      const { etag } = await target.observe(key, { handles })
      assert.ok(etag, 'the observation has no etag')
      handles = await converge(subject, key, wantOf([revisions[0], revisions[1]]), handles)
      const mutations = await subject.mutations()
      const stale = options({ handles, ifMatch: etag })
      await assert.rejects(target.apply(key, wantOf([revisions[0]]), stale), codeIs('conflict'))
      assert.equal(await subject.mutations(), mutations, 'mutations sent')
    },
  },
  {
    name: 'refuses a want beyond its capabilities, in plan and in apply, with a reason',
    async check(subject) {
      const before = await subject.mutations()
      for (const want of impossibleWants(subject)) await assertRefused(subject.target, want)
      assert.equal(await subject.mutations(), before, 'mutations sent')
    },
  },
  {
    name: 'sends no mutation for an aborted call',
    async check(subject) {
      const { target, revisions } = subject
      const abortSignal = AbortSignal.abort()
      const before = await subject.mutations()
      await assert.rejects(
        target.apply(key, wantOf([revisions[0]]), options({ abortSignal })),
        codeIs('aborted'),
      )
      await assert.rejects(target.observe(key, { abortSignal }), codeIs('aborted'))
      await assert.rejects(target.list({ abortSignal }), codeIs('aborted'))
      await assert.rejects(target.destroy(key, options({ abortSignal })), codeIs('aborted'))
      assert.equal(await subject.mutations(), before, 'mutations sent')
    },
  },
  {
    name: 'sends nothing while it is busy, and says when to try again',
    hooks: ['busyNext'],
    async check(subject) {
      subject.busyNext?.()
      const before = await subject.mutations()
      const result = await subject.target.apply(key, wantOf([subject.revisions[0]]), options())
      assert.equal(result.kind, 'busy')
      assert.ok(result.kind === 'busy' && result.retryAfterMs >= 0, 'no time to come back is given')
      assert.equal(await subject.mutations(), before, 'mutations sent')
    },
  },
  {
    name: 'accepts empty settings, and gives the field and message of each problem',
    async check({ target }) {
      assert.deepEqual(target.checkSettings({}), [])
      for (const problem of target.checkSettings({ 'no-such-setting': true })) {
        assert.ok(problem.field !== '' && problem.message !== '', 'a problem without field or message')
      }
    },
  },
]
