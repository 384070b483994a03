import assert from 'node:assert/strict'
import { isModelspineError } from '../../errors.ts'
import type { ModelRegistry } from '../../registry/contract.ts'
import type { Law } from '../kit.ts'
import { refuses } from '../refuses.ts'
import { byAlias, byText, byVersion, type ModelRegistrySubject, nth, type SeededModel } from './subject.ts'

const approved = { approval: 'approved' } as const

function setter({ registry }: ModelRegistrySubject): NonNullable<ModelRegistry['setAlias']> {
  assert.ok(registry.setAlias !== undefined, 'setAlias is declared')
  return registry.setAlias.bind(registry)
}

async function target(
  { registry }: ModelRegistrySubject,
  model: SeededModel,
  alias: string,
): Promise<string> {
  return (await registry.resolve(byAlias(model, alias))).version
}

function hasNone({ registry }: ModelRegistrySubject): string | undefined {
  return registry.capabilities.aliases === 'none' ? 'it has no aliases' : undefined
}

function cannotSet(subject: ModelRegistrySubject): string | undefined {
  const { aliases } = subject.registry.capabilities
  return aliases === 'none' || aliases === 'read-only' ? `its aliases are "${aliases}"` : undefined
}

function cannotCompare(subject: ModelRegistrySubject): string | undefined {
  const { aliases } = subject.registry.capabilities
  return aliases === 'compare-and-set' ? undefined : `its aliases are "${aliases}"`
}

export const aliasLaws: readonly Law<ModelRegistrySubject>[] = [
  {
    name: 'resolves an alias to its version, in parts and as name@alias',
    skip: hasNone,
    async check(subject) {
      const { registry, seed } = subject
      const versions = [
        { ...approved, aliases: ['champion'] },
        { ...approved, aliases: ['challenger'] },
      ]
      const model = await seed({ name: 'churn', versions })
      assert.equal(await target(subject, model, 'champion'), nth(model, 0))
      assert.equal(await target(subject, model, 'challenger'), nth(model, 1))
      const found = await registry.resolve(byText(`${model.name}@champion`))
      assert.equal(found.version, nth(model, 0))
      assert.deepEqual(
        found.aliases,
        ['champion'],
        'aliases lists the aliases of the version, without latest-approved',
      )
    },
  },
  {
    name: 'takes an alias from its old version when the alias moves',
    skip: cannotSet,
    async check(subject) {
      const { registry, seed } = subject
      const model = await seed({
        name: 'churn',
        versions: [{ ...approved, aliases: ['champion'] }, approved],
      })
      assert.equal(await target(subject, model, 'champion'), nth(model, 0))
      await setter(subject)(model.name, 'champion', nth(model, 1))
      assert.equal(await target(subject, model, 'champion'), nth(model, 1))
      const [first, second] = await Promise.all(
        model.versions.map((version) => registry.resolve(byVersion(model, version))),
      )
      assert.deepEqual(first?.aliases, [], 'aliases of the old version')
      for (const alias of second?.aliases ?? []) assert.equal(alias, 'champion', 'aliases of the new version')
      assert.deepEqual((await registry.resolve(byAlias(model, 'champion'))).aliases, ['champion'])
    },
  },
  {
    name: 'removes only the alias that was asked for',
    skip: cannotSet,
    async check(subject) {
      const { registry, seed } = subject
      const aliases = ['champion', 'stable']
      const model = await seed({ name: 'churn', versions: [{ ...approved, aliases }] })
      await setter(subject)(model.name, 'champion', null)
      await refuses('model-not-found', 'a removed alias', () => registry.resolve(byAlias(model, 'champion')))
      assert.equal(await target(subject, model, 'stable'), nth(model, 0))
    },
  },
  {
    name: 'refuses to point an alias at an unknown version or model',
    skip: cannotSet,
    async check(subject) {
      const model = await subject.seed({ name: 'churn', versions: [{ ...approved, aliases: ['champion'] }] })
      const setAlias = setter(subject)
      await refuses('model-not-found', 'an alias of an unknown version', () =>
        setAlias(model.name, 'champion', '987654'),
      )
      await refuses('model-not-found', 'an alias of an unknown model', () =>
        setAlias('never-registered', 'champion', nth(model, 0)),
      )
      assert.equal(await target(subject, model, 'champion'), nth(model, 0))
    },
  },
  {
    name: 'refuses to set latest-approved',
    skip: cannotSet,
    async check(subject) {
      const versions = [approved, { approval: 'rejected' }] as const
      const model = await subject.seed({ name: 'churn', versions })
      for (const version of [nth(model, 1), null]) {
        await refuses('invalid-reference', 'setting latest-approved', () =>
          setter(subject)(model.name, 'latest-approved', version),
        )
      }
      assert.equal(await target(subject, model, 'latest-approved'), nth(model, 0))
    },
  },
  {
    name: 'moves an alias only when it has the expected version',
    skip: cannotSet,
    async check(subject) {
      const model = await subject.seed({
        name: 'churn',
        versions: [{ ...approved, aliases: ['champion'] }, approved],
      })
      const setAlias = setter(subject)
      const [first, second] = [nth(model, 0), nth(model, 1)]
      for (const expect of [second, null]) {
        await refuses('conflict', `expecting ${expect} of an alias at ${first}`, () =>
          setAlias(model.name, 'champion', second, { expect }),
        )
      }
      await refuses('conflict', 'expecting a version of an alias that is not set', () =>
        setAlias(model.name, 'fresh', second, { expect: first }),
      )
      assert.equal(await target(subject, model, 'champion'), first)
      await setAlias(model.name, 'champion', second, { expect: first })
      await setAlias(model.name, 'fresh', second, { expect: null })
      assert.equal(await target(subject, model, 'champion'), second)
      assert.equal(await target(subject, model, 'fresh'), second)
    },
  },
  {
    name: 'throws conflict when another writer came between, and does not call the change done',
    hooks: ['interfere'],
    skip: ({ registry }) =>
      registry.capabilities.aliases === 'last-write-wins'
        ? undefined
        : `its aliases are "${registry.capabilities.aliases}"`,
    async check(subject) {
      const versions = [{ ...approved, aliases: ['champion'] }, approved, approved]
      const model = await subject.seed({ name: 'churn', versions })
      await subject.interfere?.(model.name, 'champion', nth(model, 2))
      await refuses('conflict', 'a change that another writer overwrote', () =>
        setter(subject)(model.name, 'champion', nth(model, 1)),
      )
      assert.equal(await target(subject, model, 'champion'), nth(model, 2))
    },
  },
  {
    name: 'answers with an alias that it was asked for, and with none that points elsewhere',
    skip: hasNone,
    async check(subject) {
      const { registry, seed } = subject
      const versions = [
        { ...approved, aliases: ['champion', 'stable'] },
        { ...approved, aliases: ['challenger'] },
      ]
      const model = await seed({ name: 'churn', versions })
      for (const [place, { aliases }] of versions.entries()) {
        for (const alias of aliases) {
          const found = await registry.resolve(byAlias(model, alias))
          assert.ok(found.aliases.includes(alias), `the answer to ${alias} does not have it`)
          for (const each of found.aliases) assert.ok(aliases.includes(each), `${each} is of another version`)
        }
        const found = await registry.resolve(byVersion(model, nth(model, place)))
        for (const each of found.aliases) assert.ok(aliases.includes(each), `${each} is of another version`)
      }
    },
  },
  {
    name: 'lets exactly one of several alias changes win when all expect the same version',
    skip: cannotCompare,
    async check(subject) {
      const versions = [{ ...approved, aliases: ['champion'] }, approved, approved, approved]
      const model = await subject.seed({ name: 'churn', versions })
      const setAlias = setter(subject)
      const rivals = model.versions.slice(1)
      const outcomes = await Promise.allSettled(
        rivals.map((version) => setAlias(model.name, 'champion', version, { expect: nth(model, 0) })),
      )
      const winners = rivals.filter((_, index) => outcomes[index]?.status === 'fulfilled')
      assert.equal(winners.length, 1, `${winners.length} of ${rivals.length} won`)
      assert.equal(await target(subject, model, 'champion'), winners[0])
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') {
          assert.ok(isModelspineError(outcome.reason, 'conflict'), String(outcome.reason))
        }
      }
    },
  },
]
