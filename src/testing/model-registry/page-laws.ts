import assert from 'node:assert/strict'
import type { Law } from '../kit.ts'
import { all, byAlias, byVersion, type ModelRegistrySubject, nth, versionNames } from './subject.ts'

/** More than two pages, and not a whole number of them. */
function many({ pageSize = 10 }: ModelRegistrySubject): number {
  return 2 * pageSize + 1
}

const pending = { approval: 'pending' } as const

/** Laws of models with many versions and of artifacts with many files. */
export const pageLaws: readonly Law<ModelRegistrySubject>[] = [
  {
    name: 'finds and lists every version, on whatever page of the vendor it is',
    async check(subject) {
      const { registry, seed } = subject
      const count = many(subject)
      // The approved one is in the middle, on a page that is neither the first nor the last.
      const approved = Math.floor(count / 2)
      const versions = Array.from({ length: count }, (_, place) =>
        place === approved ? ({ approval: 'approved' } as const) : pending,
      )
      const model = await seed({ name: 'churn', versions })
      assert.deepEqual(await versionNames(registry, model.name), model.versions)
      for (const place of [0, approved, count - 1]) {
        const version = nth(model, place)
        assert.equal((await registry.resolve(byVersion(model, version))).version, version)
      }
      const found = await registry.resolve(byAlias(model, 'latest-approved'))
      assert.equal(found.version, nth(model, approved), 'latest-approved')
    },
  },
  {
    name: 'lists every model, on whatever page of the vendor it is',
    async check(subject) {
      const seeded: string[] = []
      for (let place = 0; place < many(subject); place += 1) {
        seeded.push((await subject.seed({ name: `model-${place}`, versions: [pending] })).name)
      }
      const names = (await all(subject.registry.models())).map(({ name }) => name)
      assert.deepEqual(names.filter((name) => seeded.includes(name)).sort(), seeded.sort())
    },
  },
  {
    name: 'finds an alias of a version on whatever page of the vendor it is',
    skip: ({ registry }) => (registry.capabilities.aliases === 'none' ? 'it has no aliases' : undefined),
    async check(subject) {
      const count = many(subject)
      const places = [0, Math.floor(count / 2), count - 1]
      const versions = Array.from({ length: count }, (_, place) =>
        places.includes(place) ? { ...pending, aliases: [`alias-${place}`] } : pending,
      )
      const model = await subject.seed({ name: 'churn', versions })
      for (const place of places) {
        const found = await subject.registry.resolve(byAlias(model, `alias-${place}`))
        assert.equal(found.version, nth(model, place), `alias-${place}`)
      }
    },
  },
  {
    name: 'gives the whole artifact of a version, with each of its files',
    async check({ registry, seed }) {
      const model = await seed({
        name: 'churn',
        versions: [
          { ...pending, files: 3 },
          { ...pending, files: 1 },
        ],
      })
      if (model.artifacts === undefined) return { notApplicable: 'the seed does not tell its artifacts' }
      for (const [place, artifact] of model.artifacts.entries()) {
        const found = await registry.resolve(byVersion(model, nth(model, place)))
        assert.deepEqual(found.artifact, artifact, `the artifact of version ${found.version}`)
      }
      return undefined
    },
  },
]
