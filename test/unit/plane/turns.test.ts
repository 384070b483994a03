import { describe, expect, it } from 'vitest'
import { nextTurn } from '../../../src/clock.ts'
import type { DeploymentTarget } from '../../../src/index.ts'
import type { Key } from '../../../src/resources/metadata.ts'
import type { StateStore, StoredObject } from '../../../src/store/contract.ts'
import { countTurns } from '../../turn-count.ts'
import { ann, digits, type PlaneFixture, planeFixture, registerVersions, serving } from './plane-fixture.ts'

/** Enough for many turns. 100,000 would take more than three seconds. */
const fleet = 20_000

/** A list goes on by 256 in a turn. Up to three are read at the same time, and another one may begin. */
const mostKeys = 4 * 256

/** 16 are let in a turn. Some of the turn before may end in it. */
const mostChanges = 2 * 16

/** The loop takes 16 in a turn. Some runs of the turn before may go on to their look. */
const mostRuns = 2 * 16

/** A deployment that stands still, as the store has it, and as the target shows it. */
async function standing(): Promise<{ stored: StoredObject; observe: DeploymentTarget['observe'] }> {
  const fixture = planeFixture()
  await serving(fixture)
  const stored = await fixture.store.get('ModelDeployment', 'default/digits')
  const observed = await fixture.target.observe('default/digits')
  await fixture.plane.stop()
  if (stored === null) throw new Error('nothing is stored')
  return { stored, observe: async () => observed }
}

/** A plane over a fleet that stands still. Its store and its target give no turn to other work by themselves. */
async function fleetPlane(counted: { key(): void; run(): void }): Promise<PlaneFixture> {
  const { stored, observe } = await standing()
  const named = (key: Key): StoredObject => {
    const { resource } = stored
    const metadata = { ...resource.metadata, name: key.slice(key.indexOf('/') + 1) }
    return { ...stored, key, resource: { ...resource, metadata } } as StoredObject
  }
  const first = planeFixture()
  const store: StateStore = {
    ...first.store,
    async *list(kind) {
      for (let place = 0; kind === 'ModelDeployment' && place < fleet; place += 1) {
        counted.key()
        yield named(`default/d${place}`)
      }
    },
    get: async (kind, key) => (kind === 'ModelDeployment' ? named(key) : null),
  }
  const target: DeploymentTarget = {
    ...first.target,
    observe(...call) {
      counted.run()
      return observe(...call)
    },
  }
  return planeFixture({ beside: first, plane: { store, targets: { local: target } } })
}

describe('a process that begins to lead over many deployments', () => {
  it('gives other work its turn while it lists them and while it looks at them', async () => {
    const [keys, runs] = [countTurns(), countTurns()]
    const { plane } = await fleetPlane({ key: keys.add, run: runs.add })
    await plane.start()
    while (runs.done < 500) await nextTurn()
    await plane.stop()
    await Promise.all([keys.stop(), runs.stop()])
    // Once for the router, and once as soon as the process leads.
    expect(keys.done).toBeGreaterThanOrEqual(2 * fleet)
    expect(keys.most).toBeLessThanOrEqual(mostKeys)
    expect(runs.most).toBeLessThanOrEqual(mostRuns)
  })
})

const people = Array.from({ length: 64 }, (_, person) => person)
const nameOf = (person: number, change: number): string => `p${person}-${change}`

type Change = (plane: PlaneFixture['plane'], name: string) => Promise<unknown>

const apply: Change = (plane, name) => plane.apply({ ...digits('1'), metadata: { name } }, { actor: ann })

/** Each kind of change, and what has to be there before it. */
const changes: readonly [string, Change, Change?][] = [
  ['apply', apply],
  ['delete', (plane, name) => plane.delete(name, { actor: ann }), apply],
  ['pause', (plane, name) => plane.pause(name, { actor: ann }), apply],
]

/** A plane over deployments that nobody works on. */
async function declared(names: readonly string[], before: Change | undefined): Promise<PlaneFixture> {
  const fixture = planeFixture()
  await registerVersions(fixture.registry, '1')
  for (const name of names) await before?.(fixture.plane, name)
  return fixture
}

describe('people who change many deployments at the same time', () => {
  it.each(changes)('give other work its turn between their changes: %s', async (_name, change, before) => {
    const names = people.flatMap((person) => [0, 1, 2, 3].map((each) => nameOf(person, each)))
    const { plane } = await declared(names, before)
    const count = countTurns()
    await Promise.all(
      people.map(async (person) => {
        for (let each = 0; each < 4; each += 1) {
          await change(plane, nameOf(person, each))
          count.add()
        }
      }),
    )
    await count.stop()
    await plane.stop()
    expect(count.done).toBe(names.length)
    expect(count.most).toBeLessThanOrEqual(mostChanges)
  })
})

describe('a plane that is stopped', () => {
  it.each(changes)('takes no change that still waits for its turn: %s', async (_name, change, before) => {
    const names = people.map((person) => nameOf(person, 0))
    const { plane } = await declared(names, before)
    await plane.get('digits')
    const waiting = names.map((name) => change(plane, name))
    const stopped = plane.stop()
    const outcomes = await Promise.allSettled(waiting)
    await stopped
    for (const outcome of outcomes) expect(outcome).toMatchObject({ reason: { code: 'stopped' } })
  })
})
