import { expect, it } from 'vitest'
import { ann, digits, type PlaneFixture, planeFixture, registerVersions, serving } from '../plane-fixture.ts'

async function stableVersion({ plane }: PlaneFixture): Promise<string | undefined> {
  const { status } = (await plane.get('digits')) ?? {}
  return status?.rollout.phase === 'converged' || status?.rollout.phase === 'retiring'
    ? status.revisions[status.stable ?? '']?.model.version
    : undefined
}

it.each([
  ['latest-and-previous', ['created', 'created', 'removed', 'created']],
  ['any', ['created', 'created']],
] as const)(
  'a revision that was passed by a newer one is created anew where traffic is for %s',
  async (traffic, journal) => {
    const fixture = planeFixture({ target: { capabilities: { split: 'percent', traffic } } })
    const { plane, registry, until, world } = fixture
    await serving(fixture)
    await registerVersions(registry, '2')
    const strategy = { blueGreen: { keepPrevious: '1h' } } as const
    await plane.apply(digits('2', { strategy }), { actor: ann })
    await until(async () => (await stableVersion(fixture)) === '2')
    // Version 1 is still there, and is wanted again.
    await plane.apply(digits('1', { strategy }), { actor: ann })
    await until(async () => (await stableVersion(fixture)) === '1')
    const changes = world.journal.filter(({ kind }) => kind === 'created' || kind === 'removed')
    expect(changes.map(({ kind }) => kind)).toEqual(journal)
  },
)
