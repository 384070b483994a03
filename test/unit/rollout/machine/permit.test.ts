import { describe, expect, it } from 'vitest'
import { conditionOf } from '../../../../src/resources/deployment/condition.ts'
import { comesToRest } from '../lives/comes-to-rest.ts'
import { deployed, heldBy, reach, sharesOf, statusOf, worldOf } from '../lives/story.ts'
import { decideIn, revisionFor, specWith, startMs } from './fixtures.ts'

const spec = specWith({
  canary: { steps: [{ weight: 10 }, { pause: '1m' }, { weight: 50 }, { pause: '1m' }] },
})

describe('a permit', () => {
  it('is asked for before a revision is created and before each rise of its weight', async () => {
    const world = await deployed(worldOf(spec))
    world.asked.length = 0
    world.version = 2
    await reach(world, 'converged')
    expect(world.asked).toEqual([0, 10, 50, 100])
  })

  it('is for one revision and one weight: another revision or weight needs a new permit', () => {
    const desired = revisionFor(1, spec)
    const permit = {
      revision: desired.name,
      weight: 10,
      verdict: 'allow',
      message: '',
      policyRevision: '',
      findings: [],
    } as const
    expect(decideIn({ spec, desired, analysis: { permit } }).need).toEqual({
      kind: 'permit',
      revision: desired,
      weight: 0,
    })
  })

  it.each([
    ['deny', 'Denied'],
    ['approval-required', 'ApprovalRequired'],
    ['error', 'PolicyError'],
  ] as const)(
    'with the verdict %s blocks the rollout with its reason and creates no revision',
    async (verdict, reason) => {
      const world = await deployed(worldOf(spec))
      world.version = 2
      world.verdicts.set(2, verdict)
      expect(await reach(world, 'blocked')).toMatchObject({ weight: 0, reason, message: `it is ${verdict}` })
      expect(conditionOf(statusOf(world).conditions, 'PolicyDenied')).toMatchObject({
        status: 'True',
        reason,
      })
      expect([heldBy(world), sharesOf(world)]).toEqual([[1], { v1: 100 }])
    },
  )

  it('that is refused at a later step takes no granted weight away', async () => {
    const world = await deployed(worldOf(spec))
    world.version = 2
    await reach(world, 'pausing')
    world.verdicts.set(2, 'deny')
    expect((await reach(world, 'blocked')).weight).toBe(50)
    expect(await comesToRest(world)).toBe(true)
    expect(sharesOf(world)).toEqual({ v1: 90, v2: 10 })
    world.verdicts.set(2, 'allow')
    await reach(world, 'converged')
    expect(sharesOf(world)).toEqual({ v2: 100 })
    expect(conditionOf(statusOf(world).conditions, 'PolicyDenied')).toBeUndefined()
  })

  it('is reported once while its answer stays the same', () => {
    const desired = revisionFor(1, spec)
    const permit = {
      revision: desired.name,
      weight: 0,
      verdict: 'deny',
      message: 'no',
      policyRevision: '',
      findings: [],
    } as const
    const first = decideIn({ spec, desired, analysis: { permit } })
    expect(first.events.map(({ action }) => action)).toEqual(['rollout-blocked'])
    const again = decideIn({
      spec,
      desired,
      analysis: { permit },
      status: first.status,
      now: startMs + 9_000,
    })
    expect([again.events, again.status]).toEqual([[], first.status])
  })

  it('may come from an approval', async () => {
    const world = await deployed(worldOf(spec))
    world.version = 2
    world.verdicts.set(2, 'approval-required')
    await reach(world, 'blocked')
    await world.person({ kind: 'approve' })
    await reach(world, 'converged')
    expect([sharesOf(world), statusOf(world).approvals]).toEqual([{ v2: 100 }, []])
  })

  it('is no longer needed when another revision is wanted', async () => {
    const world = await deployed(worldOf(spec))
    world.version = 2
    await reach(world, 'pausing')
    world.verdicts.set(2, 'deny')
    await reach(world, 'blocked')
    world.version = 3
    expect((await reach(world, 'rolling-back')).cause).toBe('Superseded')
    await reach(world, 'converged')
    expect(heldBy(world)).toEqual([3])
  })
})
