import { copyFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { sqliteStore } from 'modelspine/adapters/sqlite'
import { expect, it } from 'vitest'
import { type MemoryTarget, memoryTarget } from '../../../src/deployment-target/memory-target.ts'
import { createMemoryWorld } from '../../../src/deployment-target/memory-world.ts'
import { createControlPlane, memoryAuditLog, memoryRegistry } from '../../../src/index.ts'
import type { Revision } from '../../../src/resources/deployment/revision.ts'
import type { MetricSource } from '../../../src/telemetry/contract.ts'
import { createFakeClock } from '../../../src/testing/fake-clock.ts'
import { temporaryFolder } from '../../temporary-folder.ts'
import { collect } from '../../unit/collect.ts'
import { settled as answered } from './settled.ts'

/**
 * Written in the middle of rollouts, by the version before statuses had placements and a version. Its deployments:
 * `canary` is measured at 10 % · `moving` becomes ready at `other` · `leaving` moved from `slow`, which has not removed
 * it yet · `settled` is converged · `failed` turned version 3 back · `deleted` is being removed from `slow` · `open` has
 * a create at `other` whose answer was lost. Its audit log was down, so 26 events wait.
 */
const fixture = fileURLToPath(new URL('fixtures/before-placements.db', import.meta.url))

/** When the process that wrote the fixture ended. */
const endedMs = 1767225621100

/** What the vendor holds at that moment. */
const held = {
  local: { canary: ['1', '2'], moving: ['1'], settled: ['1'], failed: ['1'], leaving: ['1'] },
  other: { moving: ['1'], open: ['2'] },
  slow: { leaving: ['1'], deleted: ['1'] },
} as const

const names: Readonly<Record<string, string>> = { 1: 'd00e24ee98', 2: '7820a0463c' }

function revision(version: string): Revision {
  const uri = `file:///models/digits/${version}`
  return {
    name: names[version] ?? '',
    model: { registry: 'models', name: 'digits', version, artifact: { kind: 'files', files: [{ uri }] } },
    runtime: { env: {}, secrets: {}, resources: {} },
    settings: {},
  }
}

async function fill(target: MemoryTarget, deployments: Readonly<Record<string, readonly string[]>>) {
  for (const [name, versions] of Object.entries(deployments)) {
    for (let step = 0; step < versions.length; step += 1) {
      await target.apply(
        `default/${name}`,
        { revisions: versions.map(revision), split: [], scale: { min: 1, max: 1 } },
        {
          operationId: `before-${name}-${step}`,
          fence: 1,
          secret: () => Promise.reject(new Error('no secret')),
        },
      )
    }
  }
}

const truth: MetricSource = {
  capabilities: () => ({ counts: true, routerMeasured: false, delayMs: 0 }),
  query: ({ interval }) => ({ kind: 'ratio', hits: 1, total: 1000, covered: interval }),
}

it('a store of the version before placements opens and goes on in the middle of its rollouts', async () => {
  const path = `${temporaryFolder()}/store.db`
  copyFileSync(fixture, path)
  const clock = createFakeClock({ startMs: endedMs + 1000, seed: 8 })
  const registry = memoryRegistry({ name: 'models', clock })
  for (const version of ['1', '2', '3']) {
    const artifact = { kind: 'files', files: [{ uri: `file:///models/digits/${version}` }] } as const
    await registry.register({ name: 'digits', version, approval: 'approved', artifact })
  }
  const targetOf = (readyAfterMs: number) =>
    memoryTarget({ clock, capabilities: { fencing: 'none' }, readyAfterMs, world: createMemoryWorld() })
  const targets = { local: targetOf(0), other: targetOf(60_000), slow: targetOf(0) }
  for (const name of ['local', 'other', 'slow'] as const) await fill(targets[name], held[name])
  const created = targets.other.world.created
  const store = sqliteStore({ path, clock })
  const waiting = (await store.readEvents(1000)).map(({ entry }) => entry.id)
  const audit = memoryAuditLog()
  const plane = createControlPlane({
    clock,
    store,
    audit,
    registries: { models: registry },
    targets,
    metrics: { truth },
  })
  const standing = async (name: string) => (await plane.get(name))?.status
  const until = async (condition: () => Promise<boolean>, forMs: number) => {
    for (let passed = 0; passed <= forMs && !(await condition()); passed += 1000) {
      await clock.advance(1000)
      // The store works in real time, and a run writes several times.
      for (let write = 0; write < 4; write += 1) await answered(store)
    }
    expect(await condition()).toBe(true)
  }
  await plane.start()
  const begun = await plane.explain('canary')
  expect(begun).toMatchObject({
    phase: 'analyzing',
    revisions: [
      { revision: names[1], role: 'stable', weight: 90 },
      { revision: names[2], role: 'candidate', weight: 10 },
    ],
  })
  expect((await plane.explain('moving')).elsewhere).toMatchObject([{ target: 'other', role: 'coming' }])
  expect((await plane.explain('leaving')).elsewhere).toMatchObject([{ target: 'slow', role: 'leaving' }])

  const ended = async (name: string, version: string): Promise<boolean> => {
    const { rollout, stable } = (await standing(name)) ?? {}
    return rollout?.phase === 'converged' && stable === names[version]
  }
  await until(() => ended('open', '2'), 120_000)
  await until(async () => (await ended('moving', '1')) && (await targets.other.list()).length === 2, 120_000)
  await until(async () => (await plane.get('deleted')) === null, 600_000)
  await until(async () => (await targets.slow.list()).length === 0, 120_000)
  await until(() => ended('canary', '2'), 900_000)
  expect([await ended('settled', '1'), await ended('leaving', '1')]).toEqual([true, true])
  for (const name of ['settled', 'leaving', 'moving']) {
    expect((await plane.explain(name)).elsewhere).toEqual([])
  }
  // The lost answer was found out: nothing was created twice.
  expect(targets.other.world.created).toBe(created)

  // What was aborted before stays aborted, until a person says retry.
  expect(await standing('failed')).toMatchObject({ rollout: { phase: 'failed' }, aborted: [{}] })
  await plane.retry('failed', { actor: { name: 'ann@example.com' } })
  await until(async () => (await standing('failed'))?.rollout.phase === 'converged', 60_000)

  const stopped = plane.stop()
  await clock.advance(20_000)
  await stopped
  expect(waiting).toHaveLength(26)
  const records = await collect(audit.read())
  expect(records.slice(0, 26).map(({ id }) => id)).toEqual(waiting)
  const settled = records.filter(({ key }) => key === 'default/settled')
  expect(settled).toEqual([])
  expect(await audit.verify()).toMatchObject({ ok: true })
}, 120_000)
