import assert from 'node:assert/strict'
import { isModelspineError, messageOf } from '../../errors.ts'
import type { NewModelVersion } from '../../registry/contract.ts'
import type { Law } from '../kit.ts'
import { refuses } from '../refuses.ts'
import {
  artifactOf,
  byAlias,
  byVersion,
  frozenPart,
  type ModelRegistrySubject,
  nth,
  type SeededModel,
  versionNames,
} from './subject.ts'

type Can = 'approval' | 'tags' | 'register' | 'changes'

const without =
  (can: Can) =>
  ({ registry }: ModelRegistrySubject): string | undefined =>
    registry.capabilities[can] ? undefined : `it does not declare "${can}"`

const pending = { approval: 'pending' } as const

/** Makes one change that `changes` should report. */
async function changeSomething({ registry, seed }: ModelRegistrySubject, model: SeededModel): Promise<void> {
  if (registry.setTags !== undefined) await registry.setTags(model.name, nth(model, 0), { seen: 'yes' })
  else if (registry.setApproval !== undefined) {
    await registry.setApproval(model.name, nth(model, 0), 'approved')
  } else await seed({ name: model.name, versions: [{ approval: 'approved' }] })
}

/** Laws of registering and changing versions. */
export const editLaws: readonly Law<ModelRegistrySubject>[] = [
  {
    name: 'moves latest-approved when a version is approved',
    skip: without('approval'),
    async check({ registry, seed }) {
      const model = await seed({ name: 'churn', versions: [{ approval: 'approved' }, pending] })
      const latest = async (): Promise<string> =>
        (await registry.resolve(byAlias(model, 'latest-approved'))).version
      assert.equal(await latest(), nth(model, 0))
      await registry.setApproval?.(model.name, nth(model, 1), 'approved')
      assert.equal(await latest(), nth(model, 1))
      await registry.setApproval?.(model.name, nth(model, 1), 'rejected')
      assert.equal(await latest(), nth(model, 0))
      await refuses('model-not-found', 'approving an unknown version', async () =>
        registry.setApproval?.(model.name, '987654', 'approved'),
      )
    },
  },
  {
    name: 'merges tags, and removes tags that are set to null',
    skip: without('tags'),
    async check({ registry, seed }) {
      const model = await seed({ name: 'churn', versions: [pending] })
      const version = nth(model, 0)
      const before = (await registry.resolve(byVersion(model, version))).tags
      await registry.setTags?.(model.name, version, { team: 'risk', stage: 'new' })
      await registry.setTags?.(model.name, version, { stage: null, region: 'eu' })
      const { tags } = await registry.resolve(byVersion(model, version))
      assert.deepEqual({ ...tags }, { ...before, team: 'risk', region: 'eu' })
      await refuses('model-not-found', 'tagging an unknown version', async () =>
        registry.setTags?.(model.name, '987654', { team: 'risk' }),
      )
    },
  },
  {
    name: 'keeps the registered facts of a version when tags, approval or aliases change',
    async check(subject) {
      const { registry, seed } = subject
      const model = await seed({ name: 'churn', versions: [pending] })
      const version = nth(model, 0)
      const before = await registry.resolve(byVersion(model, version))
      const kept = structuredClone(before)
      await registry.setTags?.(model.name, version, { team: 'risk' })
      await registry.setApproval?.(model.name, version, 'approved')
      await registry.setAlias?.(model.name, 'champion', version)
      const after = await registry.resolve(byVersion(model, version))
      assert.deepEqual(frozenPart(after), frozenPart(kept))
      assert.deepEqual(before, kept, 'an earlier answer does not change')
    },
  },
  {
    name: 'registers a version so that it resolves with all its facts',
    skip: without('register'),
    async check(subject) {
      const { registry } = subject
      const fresh: NewModelVersion = {
        name: 'churn',
        artifact: await artifactOf(subject, 'one'),
        approval: 'approved',
        tags: { team: 'risk' },
        owner: 'risk-team',
        classification: 'internal',
        signature: {
          inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 4] }],
          outputs: [{ name: 'y', datatype: 'FP32', shape: [-1] }],
        },
        lineage: { run: 'run-1', datasets: ['transactions'], parents: ['churn:0'], commit: 'abc123' },
        metrics: { accuracy: 0.91 },
      }
      const registered = await registry.register?.(fresh)
      assert.ok(registered !== undefined)
      const { artifact: _, ...facts } = fresh
      const model = { name: 'churn', versions: [registered.version] }
      const { registry: __, ...found } = await registry.resolve(byAlias(model, 'latest-approved'))
      const { registry: ___, ...answered } = registered
      assert.deepEqual(found, answered)
      assert.deepEqual(found, { ...found, ...facts })
      assert.equal(found.artifact.kind, fresh.artifact.kind)
    },
  },
  {
    name: 'numbers versions without a name in the order of registration',
    skip: without('register'),
    async check(subject) {
      const { registry } = subject
      const names: (string | undefined)[] = []
      for (const label of ['one', 'two', 'three']) {
        const artifact = await artifactOf(subject, label)
        names.push((await registry.register?.({ name: 'churn', artifact }))?.version)
      }
      assert.equal(new Set(names).size, 3, `they are called ${names.join(', ')}`)
      assert.deepEqual(await versionNames(registry, 'churn'), names)
    },
  },
  {
    name: 'gives versions that are registered at the same time names of their own',
    skip: without('register'),
    async check(subject) {
      const { registry } = subject
      const labels = ['one', 'two', 'three', 'four']
      const registering = labels.map(async (label) =>
        registry.register?.({ name: 'churn', artifact: await artifactOf(subject, label) }),
      )
      const tries = await Promise.allSettled(registering)
      const answers = tries.flatMap((each) => (each.status === 'fulfilled' && each.value ? [each.value] : []))
      for (const each of tries) {
        if (each.status === 'fulfilled') continue
        assert.ok(
          isModelspineError(each.reason, 'conflict') && each.reason.retryable,
          `a version that lost against another may throw conflict, retryable, but it threw: ${messageOf(each.reason)}`,
        )
      }
      assert.ok(answers.length > 0, 'none of them was registered')
      const names = answers.map(({ version }) => version)
      assert.equal(new Set(names).size, names.length, `they are called ${names.join(', ')}`)
      for (const { name, version, artifact } of answers) {
        const found = await registry.resolve(byVersion({ name, versions: names }, version))
        assert.deepEqual(found.artifact, artifact, `version ${version} was written over by another`)
      }
    },
  },
  {
    name: 'changes nothing when the same version is registered again',
    skip: without('register'),
    async check(subject) {
      const { registry } = subject
      const artifact = await artifactOf(subject, 'one')
      const first = await registry.register?.({ name: 'churn', version: '1', artifact, approval: 'approved' })
      const again = await registry.register?.({ name: 'churn', version: '1', artifact, approval: 'rejected' })
      assert.deepEqual(again, first)
      assert.deepEqual(await versionNames(registry, 'churn'), ['1'])
    },
  },
  {
    name: 'refuses another artifact for an existing version',
    skip: without('register'),
    async check(subject) {
      const { registry } = subject
      const artifact = await artifactOf(subject, 'one')
      const first = await registry.register?.({ name: 'churn', version: '1', artifact })
      const other = await artifactOf(subject, 'two')
      await refuses('conflict', 'another artifact for a version that is there', async () =>
        registry.register?.({ name: 'churn', version: '1', artifact: other }),
      )
      const model = { name: 'churn', versions: ['1'] }
      assert.deepEqual((await registry.resolve(byVersion(model, '1'))).artifact, first?.artifact)
    },
  },
  {
    name: 'reports which model changed, until the abortSignal fires',
    skip: without('changes'),
    async check(subject) {
      const { registry, seed } = subject
      const model = await seed({ name: 'churn', versions: [pending] })
      const controller = new AbortController()
      const changes = registry.changes?.(controller.signal)[Symbol.asyncIterator]()
      assert.ok(changes !== undefined)
      const next = changes.next()
      await subject.poll?.()
      await changeSomething(subject, model)
      await subject.poll?.()
      assert.deepEqual(await next, { done: false, value: model.name })
      controller.abort()
      for (let step = 0; step < 100; step += 1) if ((await changes.next()).done) return
      assert.fail('changes goes on after its abortSignal fired')
    },
  },
]
