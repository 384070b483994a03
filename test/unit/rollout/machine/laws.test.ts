import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DeploymentStatus, Phase } from '../../../../src/resources/deployment/deployment-status.ts'
import { play } from './play.ts'
import { action, setting } from './scripts.ts'
import { Witness } from './witness.ts'
import { type Kill, type Setting, World } from './world.ts'

const phases: readonly Phase[] = [
  'pending',
  'blocked',
  'starting',
  'shifting',
  'pausing',
  'analyzing',
  'holding',
  'retiring',
  'rolling-back',
  'failed',
  'converged',
  'stopped',
  'retargeting',
  'deleting',
]

const visits = new Map<Phase, number>()

describe('a rollout that is killed at any point', () => {
  it('keeps law 3: it reaches the same end without a second create, or stops when the outcome is unknown', () => {
    fc.assert(
      fc.property(
        setting,
        versions,
        fc.array(killing, { minLength: 1, maxLength: 60 }),
        (given, wanted, kills) => {
          const calm = live(given, wanted, [])
          const killed = live(given, wanted, [...kills])
          if (given.capabilities.names === 'random' && killed.world.status?.rollout.phase === 'stopped') {
            for (const [revision, times] of killed.created) {
              expect(times).toBeLessThanOrEqual(calm.created.get(revision) ?? 0)
            }
            return
          }
          expect(killed.end).toEqual(calm.end)
          expect(killed.created).toEqual(calm.created)
        },
      ),
      { numRuns: 200, seed: 20260102 },
    )
  }, 60_000)
})

const versions = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 })
const killing = fc.constantFrom<Kill>('never', 'never', 'before-ledger', 'before-send', 'before-outcome')

/** Plays a life in which each version is wanted as soon as the version before it has come to rest. */
function live(
  given: Setting,
  wanted: readonly number[],
  kills: Kill[],
): { readonly world: World; readonly end: unknown; readonly created: ReadonlyMap<string, number> } {
  const witness = new Witness()
  const world = new World({ ...given, spec: { ...given.spec, deadline: '10h' } }, witness)
  for (const version of wanted) {
    world.version = version
    expect(world.settle(kills), 'it comes to rest').toBe(true)
    while (world.person({ kind: 'promote' })) expect(world.settle(kills), 'it comes to rest').toBe(true)
  }
  const { rollout, stable, split, revisions, aborted } = world.status ?? {}
  const there = world.target.observe(world.status?.handles.map(({ handle }) => handle) ?? [], world.now)
  return {
    world,
    created: witness.created,
    end: {
      phase: rollout?.phase,
      stable,
      split,
      revisions: revisions?.map(({ revision, state }) => [revision.name, state]),
      aborted: aborted?.map(({ revision, cause }) => [revision, cause]),
      there,
    },
  }
}

describe('a rollout with any faults and commands', () => {
  it('keeps laws 1, 2, 4, 5, 6, 7 and 9 at every instruction, and comes to rest when the faults end', () => {
    fc.assert(
      fc.property(setting, fc.array(action, { minLength: 5, maxLength: 40 }), (given, actions) => {
        const world = new World(given, new Witness(visits))
        for (const each of actions) play(world, each)
        world.heal()
        expect(world.settle(), 'it comes to rest').toBe(true)
        expectStand(world)
      }),
      { numRuns: 1200, seed: 20260101 },
    )
    console.log(
      shares()
        .map(([phase, share]) => `${phase.padEnd(13)} ${share.toFixed(1).padStart(5)} %`)
        .join('\n'),
    )
    expect(shares().filter(([, share]) => share < 1)).toEqual([])
  }, 60_000)
})

function expectStand(world: World): void {
  const { status } = world
  if (status === undefined) {
    expect(world.deleted).toBe(true)
    return
  }
  const { rollout, stable } = status
  expect(standOf(status), `rests in ${JSON.stringify(rollout)}`).toBe(true)
  const there = world.target.observe(
    status.handles.map(({ handle }) => handle),
    world.now,
  ).revisions
  if (rollout.phase === 'failed' || rollout.phase === 'converged') {
    const kept = stable === undefined ? [] : [stable]
    expect(
      there.map(({ revision }) => revision),
      `what is left while ${rollout.phase}`,
    ).toEqual(kept)
  }
}

/** Whether only a change from outside can move this status on. */
function standOf({ rollout, paused }: DeploymentStatus): boolean {
  switch (rollout.phase) {
    case 'converged':
    case 'failed':
    case 'holding':
    case 'blocked':
    case 'stopped':
      return true
    case 'pausing':
      return rollout.untilMs === undefined || paused !== undefined
    case 'rolling-back':
    case 'retiring':
    case 'deleting':
    case 'retargeting':
      return false
    default:
      return paused !== undefined
  }
}

/** For each phase, its instructions in percent of all instructions. */
function shares(): readonly (readonly [Phase, number])[] {
  const total = [...visits.values()].reduce((sum, count) => sum + count, 0)
  return phases.map((phase) => [phase, (100 * (visits.get(phase) ?? 0)) / total])
}
