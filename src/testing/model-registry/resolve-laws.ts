import assert from 'node:assert/strict'
import { formatReference } from '../../resources/deployment/reference.ts'
import type { Law } from '../kit.ts'
import { refuses } from '../refuses.ts'
import {
  all,
  byAlias,
  byText,
  byVersion,
  type ModelRegistrySubject,
  nth,
  registryName,
  versionNames,
} from './subject.ts'

/** Laws of `resolve`, `models` and `versions`. */
export const resolveLaws: readonly Law<ModelRegistrySubject>[] = [
  {
    name: 'resolves a version by its name',
    async check({ registry, seed }) {
      const model = await seed({
        name: 'churn',
        versions: [{ approval: 'pending' }, { approval: 'approved' }],
      })
      for (const version of model.versions) {
        const found = await registry.resolve(byVersion(model, version))
        assert.deepEqual([found.name, found.version], [model.name, version])
      }
      assert.equal((await registry.resolve(byVersion(model, nth(model, 0)))).approval, 'pending')
    },
  },
  {
    name: 'resolves latest-approved to the newest approved version',
    async check({ registry, seed }) {
      const model = await seed({
        name: 'churn',
        versions: [
          { approval: 'approved' },
          { approval: 'approved' },
          { approval: 'rejected' },
          { approval: 'pending' },
        ],
      })
      const found = await registry.resolve(byAlias(model, 'latest-approved'))
      assert.equal(found.version, nth(model, 1))
      assert.equal(found.approval, 'approved')
    },
  },
  {
    name: 'finds no latest-approved when no version is approved',
    async check({ registry, seed }) {
      const model = await seed({
        name: 'churn',
        versions: [{ approval: 'pending' }, { approval: 'rejected' }],
      })
      await refuses('model-not-found', 'latest-approved without an approved version', () =>
        registry.resolve(byAlias(model, 'latest-approved')),
      )
    },
  },
  {
    name: 'reads the text forms name:version and name alone',
    async check({ registry, seed }) {
      const model = await seed({
        name: 'churn',
        versions: [{ approval: 'approved' }, { approval: 'pending' }],
      })
      const version = nth(model, 1)
      assert.equal((await registry.resolve(byText(`${model.name}:${version}`))).version, version)
      assert.equal((await registry.resolve(byText(model.name))).version, nth(model, 0))
      assert.equal((await registry.resolve(byText(`${model.name}@latest-approved`))).version, nth(model, 0))
    },
  },
  {
    name: 'refuses a text that names no model',
    async check({ registry }) {
      for (const text of ['', '@champion']) {
        await refuses('invalid-reference', `the text "${text}"`, () => registry.resolve(byText(text)))
      }
    },
  },
  {
    name: 'throws model-not-found for an unknown model, version or alias',
    async check({ registry, seed }) {
      const model = await seed({ name: 'churn', versions: [{ approval: 'approved' }] })
      const unknown = { name: 'never-registered', versions: [] }
      const look = (what: string, reference: Parameters<typeof registry.resolve>[0]): Promise<void> =>
        refuses('model-not-found', what, () => registry.resolve(reference))
      await look('an unknown model', byVersion(unknown, '1'))
      await look('latest-approved of an unknown model', byAlias(unknown, 'latest-approved'))
      await look('an unknown version', byVersion(model, '987654'))
      await look('an unknown alias', byAlias(model, 'never-set'))
    },
  },
  {
    name: 'gives the registry name from the reference in its answer',
    async check({ registry, seed }) {
      const aliases = registry.capabilities.aliases === 'none' ? {} : { aliases: ['champion'] }
      const model = await seed({ name: 'churn', versions: [{ approval: 'approved', ...aliases }] })
      const references = [
        byVersion(model, nth(model, 0)),
        byAlias(model, 'latest-approved'),
        byText(model.name),
        ...(aliases.aliases ?? []).map((alias) => byAlias(model, alias)),
      ]
      for (const reference of references) {
        const { registry: told } = await registry.resolve(reference)
        assert.equal(told, registryName, `in the answer to ${formatReference(reference)}`)
      }
    },
  },
  {
    name: 'gives the same answer while nothing changes',
    async check({ registry, seed }) {
      const model = await seed({ name: 'churn', versions: [{ approval: 'approved' }] })
      const reference = byAlias(model, 'latest-approved')
      assert.deepEqual(await registry.resolve(reference), await registry.resolve(reference))
    },
  },
  {
    name: 'lists its models, and the versions of each model from oldest to newest',
    async check({ registry, seed }) {
      const churn = await seed({
        name: 'churn',
        versions: [{ approval: 'approved' }, { approval: 'rejected' }, { approval: 'unknown' }],
      })
      const fraud = await seed({ name: 'fraud', versions: [{ approval: 'approved' }] })
      const names = (await all(registry.models())).map(({ name }) => name)
      for (const { name } of [churn, fraud]) {
        assert.equal(names.filter((each) => each === name).length, 1, `${name} should be listed once`)
      }
      assert.deepEqual(await versionNames(registry, churn.name), churn.versions)
      const listed = await all(registry.versions(churn.name))
      const times = listed.map(({ createdAtMs }) => createdAtMs)
      assert.deepEqual(
        times,
        times.toSorted((one, other) => one - other),
        'createdAtMs never goes back',
      )
    },
  },
  {
    name: 'gives the same facts of a version in a list as in resolve',
    async check({ registry, seed }) {
      const model = await seed({
        name: 'churn',
        versions: [{ approval: 'approved' }, { approval: 'rejected' }],
      })
      for await (const { registry: _, aliases, ...listed } of registry.versions(model.name)) {
        const found = await registry.resolve(byVersion(model, listed.version))
        const { registry: __, aliases: some, ...facts } = found
        assert.deepEqual(listed, facts)
        // To resolve, a registry may look up no more than what it was asked for.
        for (const alias of some) assert.ok(aliases.includes(alias), `the list does not have alias ${alias}`)
      }
    },
  },
  {
    name: 'throws model-not-found at the first step when it lists an unknown model',
    async check({ registry }) {
      await refuses('model-not-found', 'listing an unknown model', () =>
        registry.versions('never-registered')[Symbol.asyncIterator]().next(),
      )
    },
  },
  {
    name: 'ends a call when its abortSignal has fired',
    async check({ registry, seed }) {
      const model = await seed({ name: 'churn', versions: [{ approval: 'approved' }] })
      const call = { abortSignal: AbortSignal.abort(new Error('enough')) }
      const reference = byVersion(model, nth(model, 0))
      await refuses('aborted', 'resolve', () => registry.resolve(reference, call))
      await refuses('aborted', 'models', () => all(registry.models(call)))
      await refuses('aborted', 'versions', () => all(registry.versions(model.name, call)))
    },
  },
  {
    name: 'has a method for exactly the capabilities that it declares',
    async check({ registry }) {
      const { capabilities: can } = registry
      const writes = can.aliases === 'compare-and-set' || can.aliases === 'last-write-wins'
      const declared = [writes, can.approval, can.tags, can.register, can.changes]
      const methods = ['setAlias', 'setApproval', 'setTags', 'register', 'changes'] as const
      assert.deepEqual(
        methods.filter((method) => registry[method] !== undefined),
        methods.filter((_, index) => declared[index]),
        'methods and capabilities should agree',
      )
    },
  },
]
