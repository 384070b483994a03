import { describe, expect, it } from 'vitest'
import type { DeploymentTarget } from '../../../src/deployment-target/contract.ts'
import { ModelspineError } from '../../../src/errors.ts'
import {
  brokenLaws,
  deploymentTargetLaws,
  type Fixture,
  type TargetSubject,
} from '../../../src/testing/index.ts'
import { memorySubject } from '../deployment-target/memory-subject.ts'

type Break = (target: DeploymentTarget, fixture: Fixture<TargetSubject>) => Partial<DeploymentTarget>

const empty = { revisions: [], operations: [] }

/** By law: what a target does that breaks it. */
const breaks: Readonly<Record<string, Break>> = {
  'brings what is wanted to ready, with an endpoint': (target) => ({
    async observe(key, call) {
      const { revisions } = await target.observe(key, call)
      return { ...empty, revisions: revisions.map(({ endpoint: _, ...rest }) => rest) }
    },
  }),
  'creates nothing twice when the same want is applied again': (target) => ({
    async apply(key, want, call) {
      const result = await target.apply(key, want, call)
      return result.kind === 'unchanged' ? { kind: 'accepted' } : result
    },
  }),
  'creates nothing twice when the first answer is lost': (target, { subject }) => ({
    async apply(key, want, call) {
      const [first] = want.revisions
      if (first === undefined || (await subject.created()) === 0) return target.apply(key, want, call)
      return target.apply(key, { ...want, revisions: [{ ...first, name: `${first.name}-again` }] }, call)
    },
  }),
  'sends at most one mutation a call, and none unless it accepted': (target) => ({
    async apply(key, want, call) {
      await target.apply(key, want, call)
      return target.apply(key, want, call)
    },
  }),
  'removes the revisions that are no longer wanted, and only those': (target) => ({
    async apply(key, want, call) {
      const there = (await target.observe(key)).revisions.length
      return there > want.revisions.length ? { kind: 'unchanged' } : target.apply(key, want, call)
    },
  }),
  'destroys to unchanged, and then nothing is observed or listed': () => ({
    destroy: async () => ({ kind: 'unchanged' }),
  }),
  'shows the split it was given': (target) => ({
    async observe(key, call) {
      const { revisions } = await target.observe(key, call)
      return { ...empty, revisions: revisions.map((each) => ({ ...each, weight: 50 })) }
    },
  }),
  'observes an unknown key as empty': () => ({
    observe: async () => ({ ...empty, revisions: [{ revision: 'r9', state: 'ready' }] }),
  }),
  'observes after a restart what it observed before': (target, { subject }) => {
    let restarted = false
    const reopen = subject.reopen
    Object.assign(subject, {
      reopen() {
        restarted = true
        return reopen()
      },
    })
    return { observe: async (key, call) => (restarted ? empty : target.observe(key, call)) }
  },
  'lists every key that has anything': (target) => ({
    list: async (call) => (await target.list(call)).slice(0, 1),
  }),
  'plans without doing anything, the same each time': (target) => {
    let calls = 0
    return {
      plan(want, observed) {
        calls += 1
        const plan = target.plan(want, observed)
        return plan.kind === 'steps' ? { kind: 'steps', steps: [...plan.steps, `call ${calls}`] } : plan
      },
    }
  },
  'plans no step once what is wanted is there': (target) => ({
    plan(want, observed) {
      const plan = target.plan(want, observed)
      return plan.kind === 'steps' ? { kind: 'steps', steps: ['send it all again'] } : plan
    },
  }),
  'refuses a fence older than one it has seen': (target) => ({
    apply: (key, want, call) => target.apply(key, want, { ...call, fence: 9 }),
    destroy: (key, call) => target.destroy(key, { ...call, fence: 9 }),
  }),
  'refuses an etag that is not the newest': (target) => ({
    apply: (key, want, { ifMatch: _, ...call }) => target.apply(key, want, call),
  }),
  'refuses what its capabilities cannot do, in plan and in apply, with a reason': (target) => ({
    plan: (want, observed) => {
      const plan = target.plan(want, observed)
      return plan.kind === 'refused' ? { kind: 'steps', steps: [] } : plan
    },
  }),
  'sends nothing for a call that was aborted': (target) => ({
    apply: (key, want, { abortSignal: _, ...call }) => target.apply(key, want, call),
  }),
  'sends nothing while it is busy, and says when to come back': (target) => ({
    async apply(key, want, call) {
      const result = await target.apply(key, want, call)
      if (result.kind === 'busy') await target.apply(key, want, call)
      return result
    },
  }),
  'shows no secret in what it answers or throws': (target) => {
    let told = ''
    return {
      async apply(key, want, call) {
        const [reference] = Object.values(want.revisions[0]?.runtime.secrets ?? {})
        if (reference !== undefined) {
          told = (await call.secret(reference).catch(() => undefined))?.reveal() ?? told
        }
        return target.apply(key, want, call)
      },
      async observe(key, call) {
        const { revisions } = await target.observe(key, call)
        return {
          ...empty,
          revisions: revisions.map((each) => ({ ...each, message: `started with ${told}` })),
        }
      },
    }
  },
  'takes no settings at all, and says field and message of each problem': () => ({
    checkSettings: () => [{ field: '', message: '' }],
  }),
}

/** A target of which some calls are broken, before and after a restart. */
function brokenSubject(breakIt: Break, splits: boolean): Fixture<TargetSubject> {
  const fixture = memorySubject(
    splits ? { split: 'percent', fencing: 'conditional', maxRevisions: 2 } : { maxRevisions: 3 },
  )
  const { subject } = fixture
  const { target } = subject
  const broken = Object.assign({ ...target }, breakIt(target, fixture))
  const { reopen } = subject
  return {
    subject: {
      ...subject,
      target: broken,
      async reopen() {
        await reopen()
        return broken
      },
    },
  }
}

describe('the kit of DeploymentTarget', () => {
  it('has a broken target for every law', () => {
    expect(Object.keys(breaks).sort()).toEqual(deploymentTargetLaws.map(({ name }) => name).sort())
  })

  it('finds no fault with a target that keeps the laws', async () => {
    expect(await brokenLaws('DeploymentTarget', deploymentTargetLaws, () => memorySubject())).toEqual([])
  })

  it.each(Object.entries(breaks))('sees the breach of: %s', async (law, breakIt) => {
    const splits = /split|etag/.test(law)
    const [only] = deploymentTargetLaws.filter(({ name }) => name === law)
    const errors = await brokenLaws('DeploymentTarget', only === undefined ? [] : [only], () =>
      brokenSubject(breakIt, splits),
    )
    expect(errors.map(({ message }) => message)).toEqual([
      expect.stringContaining(`breaks the law of DeploymentTarget "${law}"`),
    ])
  })

  it('sees a wrong error where another is due', async () => {
    const errors = await brokenLaws('DeploymentTarget', deploymentTargetLaws, () =>
      brokenSubject(
        () => ({
          async apply() {
            throw new ModelspineError('target-unavailable', 'the vendor is away')
          },
        }),
        false,
      ),
    )
    expect(errors.map(({ message }) => message).join('\n')).toContain('not aborted')
  })
})
