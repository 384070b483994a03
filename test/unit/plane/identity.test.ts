import { describe, expect, it } from 'vitest'
import type { ArtifactFile, Revision } from '../../../src/resources/deployment/revision.ts'
import { ann, digits, type PlaneFixture, planeFixture, registerVersions, serving } from './plane-fixture.ts'

const hourMs = 3_600_000
const strategy = { canary: { steps: [{ weight: 50 }, { pause: '10m' }] } } as const
const byAlias = { model: { registry: 'models', name: 'digits', alias: 'champion' }, strategy } as const

/** Changes the files that the registry tells, at each look-up. */
function telling(fixture: PlaneFixture, change: (files: readonly ArtifactFile[]) => readonly ArtifactFile[]) {
  const { registry } = fixture
  const resolve = registry.resolve.bind(registry)
  registry.resolve = async (...asked) => {
    const version = await resolve(...asked)
    const { artifact } = version
    if (artifact.kind === 'hosted') return version
    return { ...version, artifact: { kind: 'files', files: change(artifact.files) } }
  }
}

async function withTwoFiles(): Promise<PlaneFixture> {
  const fixture = planeFixture()
  const files = [
    { uri: 's3://b/a', digest: 'sha256:aa' },
    { uri: 's3://b/b', digest: 'sha256:bb' },
  ]
  await fixture.registry.register({
    name: 'digits',
    version: '1',
    approval: 'approved',
    artifact: { kind: 'files', files },
  })
  return fixture
}

describe('one immutable version', () => {
  it('makes one revision, in whatever order its registry lists the files', async () => {
    const fixture = await withTwoFiles()
    const { plane, clock, world } = fixture
    telling(fixture, (files) => (Math.floor(clock.now() / 120_000) % 2 === 1 ? files.toReversed() : files))
    await plane.start()
    await plane.apply(digits('1'), { actor: ann })
    await clock.advance(hourMs)
    expect(world.created).toBe(1)
    expect(await fixture.phase()).toBe('converged')
  })

  it('makes one revision although its registry begins to tell digests, and stops again', async () => {
    const fixture = await withTwoFiles()
    const { plane, clock, world } = fixture
    const startMs = clock.now()
    telling(fixture, (files) => {
      const minutes = (clock.now() - startMs) / 60_000
      return minutes > 10 && minutes < 20 ? files : files.map(({ uri }) => ({ uri }))
    })
    await plane.start()
    await plane.apply(digits('1'), { actor: ann })
    await clock.advance(hourMs / 2)
    expect(world.created).toBe(1)
  })
})

async function desired({ plane }: PlaneFixture): Promise<Revision | undefined> {
  const { status } = (await plane.get('digits')) ?? {}
  return status?.revisions[status.desired ?? '']
}

/** A registry whose alias has another answer at each look. */
async function flapping(): Promise<PlaneFixture> {
  const fixture = planeFixture()
  await serving(fixture)
  const { registry } = fixture
  await registerVersions(registry, '2', '3')
  await registry.setAlias('digits', 'champion', '2')
  const resolve = registry.resolve.bind(registry)
  let looks = 0
  registry.resolve = (reference, options) => {
    const isChampion = 'alias' in reference && reference.alias === 'champion'
    if (isChampion) looks += 1
    return isChampion && looks % 2 === 1 && looks < 100_000
      ? resolve({ registry: reference.registry, name: 'digits', version: '3' }, options)
      : resolve(reference, options)
  }
  await fixture.plane.apply(digits('1', byAlias), { actor: ann })
  return fixture
}

describe('an alias that flaps', () => {
  it('rolls the deployment ten times in an hour at most, and the plane says why', async () => {
    const fixture = await flapping()
    const { clock, events, plane } = fixture
    await clock.advance(hourMs)
    const begun = events.filter(({ action }) => action === 'rollout-started').length
    expect(begun).toBeLessThanOrEqual(16)
    const { status } = (await plane.get('digits')) ?? {}
    const resolved = status?.conditions.find(({ type }) => type === 'ModelResolved')
    expect(resolved).toMatchObject({ status: 'True', reason: 'Flapping' })
    expect(resolved?.message).toContain('changed 10 times within an hour')
  })

  it('is followed again once it has one answer for ten minutes', async () => {
    const fixture = await flapping()
    const { clock, registry, until } = fixture
    await clock.advance(hourMs / 6)
    const kept = (await desired(fixture))?.model.version
    const other = kept === '2' ? '3' : '2'
    const { resolve } = planeFixture({ beside: fixture }).registry
    registry.resolve = (reference, options) =>
      resolve({ registry: reference.registry, name: 'digits', version: other }, options)
    await clock.advance(5 * 60_000)
    expect((await desired(fixture))?.model.version).toBe(kept)
    await until(async () => (await desired(fixture))?.model.version === other, 8 * 60_000)
  })

  it('does not keep back what a person declares', async () => {
    const fixture = await flapping()
    const { clock, plane } = fixture
    await clock.advance(hourMs / 6)
    await plane.apply(digits('1', { ...byAlias, runtime: { env: { A: '1' } } }), { actor: ann })
    await clock.advance(1000)
    expect((await desired(fixture))?.runtime.env).toEqual({ A: '1' })
    await plane.apply(digits('1'), { actor: ann })
    await clock.advance(1000)
    expect((await desired(fixture))?.model.version).toBe('1')
  })
})
