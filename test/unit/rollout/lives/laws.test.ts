import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DeploymentStatus, Phase } from '../../../../src/resources/deployment/deployment-status.ts'
import { draws } from '../../../draws.ts'
import { here, madeOf } from '../../../status.ts'
import { comesToRest } from './comes-to-rest.ts'
import type { Interruption } from './interruption.ts'
import { play } from './play.ts'
import { action, death, setting, undecidedAction, undecidedSetting } from './scripts.ts'
import { Witness } from './witness/witness.ts'
import { type Setting, World } from './world.ts'

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
  it('keeps law 3: it reaches the same end without a second create, or stops when the outcome is unknown', async () => {
    await fc.assert(
      fc.asyncProperty(
        setting,
        versions,
        fc.array(death, { minLength: 1, maxLength: 60 }),
        async (given, wanted, deaths) => {
          const calm = await live(given, wanted, [])
          const killed = await live(given, wanted, [...deaths])
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
      // The mutants in test/mutants that it finds, it finds by run 31.
      { numRuns: draws(32, 100), seed: 20260102 },
    )
  }, 300_000)
})

/** One of the mutants in test/mutants is found only by life 870, so `npm run mutants` plays more. */
const lives = Number(process.env.MODELSPINE_LIVES ?? draws(80, 300))

const versions = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 })

interface Life {
  readonly world: World
  readonly end: unknown
  readonly created: ReadonlyMap<string, number>
}

/** Plays a life in which each version is wanted as soon as the version before it has come to rest. */
async function live(
  given: Setting,
  wanted: readonly number[],
  deaths: (Interruption | undefined)[],
): Promise<Life> {
  const witness = new Witness()
  const world = await World.begin({ ...given, spec: { ...given.spec, deadline: '10h' } }, witness)
  for (const version of wanted) {
    world.version = version
    expect(await comesToRest(world, deaths), 'it comes to rest').toBe(true)
    while (await world.person({ kind: 'promote' })) {
      expect(await comesToRest(world, deaths), 'it comes to rest').toBe(true)
    }
  }
  const { rollout, stable, traffic, aborted } = world.status ?? {}
  const { revisions, handles } = here(world.status)
  return {
    world,
    created: witness.created,
    end: {
      phase: rollout?.phase,
      stable,
      traffic,
      revisions: revisions.map(({ revision, state }) => [revision, state]),
      aborted: aborted?.map(({ revision, cause }) => [revision, cause]),
      there: world.target.vendor.list(handles.map(({ handle }) => handle)),
    },
  }
}

describe('a rollout with any faults and commands', () => {
  it('keeps laws 1, 2, 4, 5, 6, 7 and 9 at every write and call, and comes to rest when the faults end', async () => {
    await fc.assert(
      fc.asyncProperty(setting, fc.array(action, { minLength: 5, maxLength: 40 }), async (given, actions) => {
        const world = await World.begin(given, new Witness(visits))
        for (const each of actions) await play(world, each)
        world.heal()
        expect(await comesToRest(world), 'it comes to rest').toBe(true)
        await expectStand(world)
      }),
      { numRuns: lives, seed: 20260101 },
    )
    console.log(
      shares()
        .map(([phase, share]) => `${phase.padEnd(13)} ${share.toFixed(1).padStart(5)} %`)
        .join('\n'),
    )
    // Few lives visit the rare phases unevenly.
    const least = lives < 300 ? 0.5 : 1
    expect(shares().filter(([, share]) => share < least)).toEqual([])
  }, 300_000)
})

describe('a rollout whose gates are often undecided', () => {
  it('keeps all laws, and reaches the same end however often it is killed', async () => {
    await fc.assert(
      fc.asyncProperty(
        undecidedSetting,
        fc.array(undecidedAction, { minLength: 5, maxLength: 30 }),
        versions,
        fc.array(death, { minLength: 1, maxLength: 40 }),
        async (given, actions, wanted, deaths) => {
          const world = await World.begin(given, new Witness())
          for (const each of actions) await play(world, each)
          world.heal()
          expect(await comesToRest(world), 'it comes to rest').toBe(true)
          await expectStand(world)
          if (given.capabilities.names === 'random') return
          const [calm, killed] = [await live(given, wanted, []), await live(given, wanted, [...deaths])]
          expect(killed.end).toEqual(calm.end)
        },
      ),
      { numRuns: draws(24, 100), seed: 20260103 },
    )
  }, 300_000)
})

async function expectStand(world: World): Promise<void> {
  const { status, witness, registryCalls } = world
  if (status === undefined) {
    expect(world.isGone).toBe(true)
    return
  }
  const { rollout, stable } = status
  expect(standOf(status), `rests in ${JSON.stringify(rollout)}`).toBe(true)
  const there = world.target.vendor.list(here(status).handles.map(({ handle }) => handle))
  if (rollout.phase === 'failed' || rollout.phase === 'converged') {
    const known = here(status).revisions.find(({ revision }) => revision === stable)
    // What was adopted cannot be made again.
    const isLost = known?.state === 'requested' && madeOf(status, stable)?.adopted === true
    const kept = stable === undefined || isLost ? [] : [stable]
    expect(
      there.map(({ revision }) => revision),
      `what is left while ${rollout.phase}`,
    ).toEqual(kept)
    const alive = world.vendors
      .flatMap((vendor) =>
        vendor.alive().filter(({ left }) => left !== true || vendor === world.target.vendor),
      )
      .map(({ revision }) => revision.name)
    const unseen = alive.filter((name) => !kept.includes(name))
    expect(unseen, 'law 3: nothing is left where no list shows it').toEqual([])
  }
  const { version } = world.stored ?? {}
  const { writes, sent } = witness
  await world.look()
  expect([world.stored?.version, witness.writes, witness.sent], 'law 4: it is at rest').toEqual([
    version,
    writes,
    sent,
  ])
  if (rollout.phase === 'converged') {
    expect(witness.last?.calls.toSorted(), 'law 4: it only looks').toEqual(['get', 'observe', 'resolve'])
  }
  expect([...new Set(registryCalls)], 'law 4: the registry is only read').toEqual(['resolve'])
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
