import { describe, expect, it } from 'vitest'
import type { DeploymentTarget } from '../../../src/deployment-target/contract.ts'
import { ModelspineError } from '../../../src/errors.ts'
import type { Split } from '../../../src/resources/deployment/revision.ts'
import { secretValue } from '../../../src/testing/deployment-target/subject.ts'
import {
  brokenLaws,
  deploymentTargetLaws,
  type Fixture,
  type TargetSubject,
} from '../../../src/testing/index.ts'
import { memorySubject } from '../deployment-target/memory-subject.ts'
import { targetDefects } from './planted/target-defects.ts'

type Break = (target: DeploymentTarget, fixture: Fixture<TargetSubject>) => Partial<DeploymentTarget>

const empty = { revisions: [], operations: [] }

/** One millisecond later than the target says. */
const late = { listLagMs: 300 }

/** For each law, a change to a target that breaks the law. */
const breaks: Readonly<Record<string, Break>> = {
  'brings the wanted revisions to ready, each with an endpoint': (target) => ({
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
  'sends one mutation for a call that it accepts, and none for any other call': (target) => ({
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
  'leaves alone what the want keeps, and removes what it neither wants nor keeps': (target) => ({
    apply: (key, { keep: _, ...want }, call) => target.apply(key, want, call),
  }),
  'destroys a key until the answer is unchanged, and then observes and lists nothing for the key': () => ({
    destroy: async () => ({ kind: 'unchanged' }),
  }),
  'observes the split that it was given': (target) => ({
    async observe(key, call) {
      const { revisions } = await target.observe(key, call)
      return { ...empty, revisions: revisions.map((each) => ({ ...each, weight: 50 })) }
    },
  }),
  'calls an accepted create unfinished where observe shows nothing of it yet, or tells listLagMs': (
    target,
  ) => {
    let isPrepared = false
    return {
      async apply(key, want, call) {
        if (isPrepared) return target.apply(key, want, call)
        isPrepared = true
        return { kind: 'accepted' }
      },
    }
  },
  'observes an unknown key as empty': () => ({
    observe: async () => ({ ...empty, revisions: [{ revision: 'r9', state: 'ready' }] }),
  }),
  'observes several keys at once as it observes each, and no others': (target) => ({
    async observeMany(looks, call) {
      const seen = (await target.observeMany?.(looks, call)) ?? new Map()
      return new Map(
        [...seen].map(([key, { revisions }], place) => [
          key,
          { ...empty, revisions: place === 0 ? [] : revisions },
        ]),
      )
    },
  }),
  'observes the same after a restart as before': (target, { subject }) => {
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
  'observes the scale in force for each ready revision': (target) => ({
    async observe(key, call) {
      const { revisions } = await target.observe(key, call)
      return { ...empty, revisions: revisions.map(({ scale: _, ...rest }) => rest) }
    },
  }),
  'lists every key that has a revision': (target) => ({
    list: async (call) => (await target.list(call)).slice(0, 1),
  }),
  'makes the same plan each time, and changes nothing': (target) => {
    let calls = 0
    return {
      plan(want, observed) {
        calls += 1
        const plan = target.plan(want, observed)
        return plan.kind === 'steps' ? { kind: 'steps', steps: [...plan.steps, `call ${calls}`] } : plan
      },
    }
  },
  'plans no step when the wanted revisions are there': (target) => ({
    plan(want, observed) {
      const plan = target.plan(want, observed)
      return plan.kind === 'steps' ? { kind: 'steps', steps: ['send it all again'] } : plan
    },
  }),
  'refuses a fence that is older than the newest fence it has seen': (target) => ({
    apply: (key, want, call) => target.apply(key, want, { ...call, fence: 9 }),
    destroy: (key, call) => target.destroy(key, { ...call, fence: 9 }),
  }),
  'refuses the fence of another store, however new it is': (target) => ({
    apply: (key, want, { store: _, ...call }) => target.apply(key, want, call),
    destroy: (key, { store: _, ...call }) => target.destroy(key, call),
  }),
  'obeys the store that a named actor gave a key to, and no longer the one before': (target) => ({
    apply: (key, want, { takeOver: _, ...call }) => target.apply(key, want, call),
  }),
  'compares only the fence with one that came without a store, and then knows the store': (target) => ({
    apply: (key, want, { store = 'nobody', ...call }) => target.apply(key, want, { ...call, store }),
  }),
  'refuses an etag that is not the newest': (target) => ({
    apply: (key, want, { ifMatch: _, ...call }) => target.apply(key, want, call),
  }),
  'refuses a want beyond its capabilities, in plan and in apply, with a reason': (target) => ({
    plan: (want, observed) => {
      const plan = target.plan(want, observed)
      return plan.kind === 'refused' ? { kind: 'steps', steps: [] } : plan
    },
  }),
  'sends no mutation for an aborted call': (target) => ({
    apply: (key, want, { abortSignal: _, ...call }) => target.apply(key, want, call),
  }),
  'sends nothing while it is busy, and says when to try again': (target) => ({
    async apply(key, want, call) {
      const result = await target.apply(key, want, call)
      if (result.kind === 'busy') await target.apply(key, want, call)
      return result
    },
  }),
  'shows no secret in its answers, observations and errors': (target) => {
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
  'tells that the vendor failed an operation, and why, and does it as a new operation': (target) => ({
    async apply(key, want, call) {
      const result = await target.apply(key, want, call)
      return result.kind === 'failed' ? { kind: 'accepted' } : result
    },
  }),
  'shows no secret when the vendor’s answer to a failed operation repeats it': (target) => ({
    async apply(key, want, call) {
      const result = await target.apply(key, want, call)
      return result.kind === 'failed' ? { ...result, reason: `it said ${secretValue}` } : result
    },
  }),
  'brings the split to the vendor, and each change of it': (target) => {
    let first: Split | undefined
    return {
      apply(key, want, call) {
        first ??= want.split
        return target.apply(key, { ...want, split: first }, call)
      },
    }
  },
  'tells that the vendor failed an update, and why, and shows what serves meanwhile': (target) => {
    let isFailing = false
    return {
      async apply(key, want, call) {
        const result = await target.apply(key, want, call)
        isFailing = result.kind === 'failed'
        return result
      },
      observe: async (key, call) => (isFailing ? empty : target.observe(key, call)),
    }
  },
  'accepts in check what it can run, and changes nothing': (target) => ({
    async check(key, want, call) {
      const plain = { operationId: 'check', fence: 1, secret: async () => ({ reveal: () => '' }) }
      await target.apply(key, want, { ...call, ...plain })
      return { kind: 'accepted', warnings: [] }
    },
  }),
  'refuses in check what it refuses in plan, with a reason': () => ({
    check: async () => ({ kind: 'accepted', warnings: [] }),
  }),
  'refuses in check what only its vendor can refuse, with a reason': (target) => ({
    async check(_, want) {
      const plan = target.plan(want, empty)
      return plan.kind === 'refused' ? plan : { kind: 'accepted', warnings: [] }
    },
  }),
  'throws from check when it is aborted, and when the vendor cannot be reached': (target) => ({
    check: async (key, want, call) =>
      (await target.check?.(key, want, call).catch(() => undefined)) ?? { kind: 'accepted', warnings: [] },
  }),
  'accepts empty settings, and gives the field and message of each problem': () => ({
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
    const broken = new Set([...Object.keys(breaks), ...Object.values(targetDefects).flat()])
    expect([...broken].sort()).toEqual(deploymentTargetLaws.map(({ name }) => name).sort())
  })

  it('reports no fault of a target that keeps the laws', async () => {
    expect(await brokenLaws('DeploymentTarget', deploymentTargetLaws, () => memorySubject())).toEqual([])
  })

  it.each(Object.entries(breaks))('reports a target that breaks the law: %s', async (law, breakIt) => {
    const splits = /split|etag/.test(law)
    const [only] = deploymentTargetLaws.filter(({ name }) => name === law)
    const errors = await brokenLaws('DeploymentTarget', only === undefined ? [] : [only], () =>
      brokenSubject(breakIt, splits),
    )
    expect(errors.map(({ message }) => message)).toEqual([
      expect.stringContaining(`breaks the law of DeploymentTarget "${law}"`),
    ])
  })

  it.each<[string, string, Break]>([
    [
      'answers that it failed without the vendor’s reason',
      'tells that the vendor failed an operation, and why, and does it as a new operation',
      (target) => ({
        async apply(key, want, call) {
          const result = await target.apply(key, want, call)
          return result.kind === 'failed' ? { ...result, reason: 'Failed' } : result
        },
      }),
    ],
  ])('reports a target that %s', async (_, law, breakIt) => {
    const [only] = deploymentTargetLaws.filter(({ name }) => name === law)
    const errors = await brokenLaws('DeploymentTarget', only === undefined ? [] : [only], () =>
      brokenSubject(breakIt, false),
    )
    expect(errors).toHaveLength(1)
  })

  it.each<[string, Parameters<typeof memorySubject>, Partial<DeploymentTarget>, string]>([
    ['lists a millisecond too late', [{}, late], {}, 'list does not have the key 299 ms'],
    ['finds a millisecond too late', [{ names: 'random' }, late], {}, 'a revision was created again 299 ms'],
    ['never observes', [], { observe: async () => empty }, 'observe does not show r1 299 ms'],
  ])('reports a target that %s what it created', async (_, [capabilities, manners], broken, message) => {
    const law = 'shows in observe and list what it accepted listLagMs ago, and no longer what it destroyed'
    const only = deploymentTargetLaws.filter(({ name }) => name === law)
    const errors = await brokenLaws('DeploymentTarget', only, () => {
      const { subject } = memorySubject({ ...capabilities, listLagMs: 299 }, manners)
      return { subject: { ...subject, target: { ...subject.target, ...broken } } }
    })
    expect(errors.map((error) => error.message)).toEqual([expect.stringContaining(message)])
  })

  it('reports a target that splits by the places of the revisions, and not by their names', async () => {
    const law = 'splits between the newest revision and the one before it, canary after canary'
    const only = deploymentTargetLaws.filter(({ name }) => name === law)
    const errors = await brokenLaws('DeploymentTarget', only, () => {
      const fixture = memorySubject({ split: 'percent', traffic: 'latest-and-previous' })
      const { target } = fixture.subject
      const apply: DeploymentTarget['apply'] = (key, want, call) => {
        const [oldest] = want.revisions
        // The first of them gets the rest of the newest one's share, whichever of them had it before.
        const split = want.split.map(({ revision, weight }, place) =>
          place === 0 && want.revisions.length > 2 && oldest !== undefined
            ? { revision: oldest.name, weight }
            : { revision, weight },
        )
        return target.apply(key, { ...want, split }, call)
      }
      return { subject: { ...fixture.subject, target: { ...target, apply } } }
    })
    expect(errors).toHaveLength(1)
  })

  it('reports a target that throws a wrong error', async () => {
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
