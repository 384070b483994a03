import { describe, expect, it } from 'vitest'
import { ModelspineError } from '../../../src/errors.ts'
import type { ModelRegistry, ModelVersion } from '../../../src/registry/contract.ts'
import {
  brokenLaws,
  type Fixture,
  type ModelRegistrySubject,
  modelRegistryLaws,
} from '../../../src/testing/index.ts'
import { collect } from '../collect.ts'
import { memorySubject } from '../registry/memory-subject.ts'
import { registryDefects } from './planted/registry-defects.ts'

type Break = (registry: Required<ModelRegistry>) => Partial<ModelRegistry>

async function* listed<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items
}

const nothing = async (): Promise<void> => {}
const noAbort = (registry: Required<ModelRegistry>): Partial<ModelRegistry> => ({
  resolve: (reference) => registry.resolve(reference),
})
const resolvedAs =
  (change: (found: ModelVersion) => Partial<ModelVersion>): Break =>
  (registry) => ({
    async resolve(reference, call) {
      const found = await registry.resolve(reference, call)
      return { ...found, ...change(found) }
    },
  })

/** For each law, a change to a registry that breaks the law. */
const breaks: Readonly<Record<string, Break>> = {
  'resolves a version by its name': resolvedAs(() => ({ version: '1' })),
  'resolves latest-approved to the newest approved version': (registry) => ({
    async resolve(reference, call) {
      if (!('alias' in reference)) return registry.resolve(reference, call)
      const all = await collect(registry.versions(reference.name))
      return all.at(-1) ?? registry.resolve(reference, call)
    },
  }),
  'finds no latest-approved when no version is approved': (registry) => ({
    resolve: (reference, call) =>
      registry
        .resolve(reference, call)
        .catch(() => registry.resolve({ registry: 'r', name: 'churn', version: '1' }, call)),
  }),
  'reads the text forms name:version and name alone': (registry) => ({
    async resolve(reference, call) {
      const bare = 'text' in reference && !/[:@]/.test(reference.text)
      return registry.resolve(bare ? { registry: 'r', text: `${reference.text}:2` } : reference, call)
    },
  }),
  'refuses a text that names no model': (registry) => ({
    async resolve(reference, call) {
      if ('text' in reference) throw new ModelspineError('model-not-found', 'no such model')
      return registry.resolve(reference, call)
    },
  }),
  'throws model-not-found for an unknown model, version or alias': (registry) => ({
    resolve: (reference, call) =>
      registry.resolve(reference, call).catch(() => {
        throw new ModelspineError('registry-unavailable', 'something is wrong')
      }),
  }),
  'gives the registry name from the reference in its answer': resolvedAs(() => ({ registry: 'memory' })),
  'gives the same answer while nothing changes': (registry) => {
    let calls = 0
    return resolvedAs(() => {
      calls += 1
      return { createdAtMs: calls }
    })(registry)
  },
  'lists its models, and the versions of each model from oldest to newest': (registry) => ({
    async *versions(model, call) {
      yield* (await collect(registry.versions(model, call))).reverse()
    },
  }),
  'gives the same facts of a version in a list as in resolve': resolvedAs(() => ({ owner: 'nobody' })),
  'throws model-not-found at the first step when it lists an unknown model': (registry) => ({
    versions: (model, call) => (model === 'never-registered' ? listed([]) : registry.versions(model, call)),
  }),
  'ends a call when its abortSignal has fired': noAbort,
  'throws registry-unavailable when it cannot be reached, instead of model-not-found': () => ({}),
  'has a method for exactly the capabilities that it declares': (registry) => ({
    capabilities: { ...registry.capabilities, approval: false },
  }),
  'resolves an alias to its version, in parts and as name@alias': resolvedAs((found) => ({
    aliases: [...found.aliases, 'latest-approved'],
  })),
  'answers with an alias that it was asked for, and with none that points elsewhere': resolvedAs(() => ({
    aliases: [],
  })),
  'takes an alias from its old version when the alias moves': (registry) => ({
    async resolve(reference, call) {
      const found = await registry.resolve(reference, call)
      return found.version === '1' ? { ...found, aliases: ['champion'] } : found
    },
  }),
  'removes only the alias that was asked for': (registry) => ({
    setAlias: async (model, alias, version, call) =>
      version === null ? undefined : registry.setAlias(model, alias, version, call),
  }),
  'refuses to point an alias at an unknown version or model': (registry) => ({
    setAlias: (model, alias, version, call) => registry.setAlias(model, alias, version, call).catch(nothing),
  }),
  'refuses to set latest-approved': (registry) => ({
    setAlias: async (model, alias, version, call) =>
      alias === 'latest-approved' ? undefined : registry.setAlias(model, alias, version, call),
  }),
  'moves an alias only when it has the expected version': (registry) => ({
    setAlias: (model, alias, version) => registry.setAlias(model, alias, version),
  }),
  'lets exactly one of several alias changes win when all expect the same version': (registry) => ({
    async setAlias(model, alias, version, { expect: expected, ...call } = {}) {
      const found = await registry.resolve({ registry: 'r', name: model, alias })
      if (found.version !== expected) throw new ModelspineError('conflict', 'it moved')
      await registry.setAlias(model, alias, version, call)
    },
  }),
  'moves latest-approved when a version is approved': () => ({ setApproval: nothing }),
  'merges tags, and removes tags that are set to null': (registry) => ({
    async setTags(model, version, tags, call) {
      const { tags: before } = await registry.resolve({ registry: 'r', name: model, version })
      const gone = Object.keys(before).map((tag) => [tag, null] as const)
      await registry.setTags(model, version, { ...Object.fromEntries(gone), ...tags }, call)
    },
  }),
  'keeps the registered facts of a version when tags, approval or aliases change': resolvedAs((found) => ({
    createdAtMs: found.createdAtMs + Object.keys(found.tags).length,
  })),
  'registers a version so that it resolves with all its facts': (registry) => ({
    register: ({ metrics: _, ...version }, call) => registry.register(version, call),
  }),
  'numbers versions without a name in the order of registration': (registry) => ({
    async register(version, call) {
      const { length } = await collect(registry.versions(version.name)).catch(() => [])
      return registry.register({ version: length % 2 === 0 ? '7' : '8', ...version }, call)
    },
  }),
  'gives versions that are registered at the same time names of their own': (registry) => ({
    async register(fresh, call) {
      const { length } = await collect(registry.versions(fresh.name)).catch(() => [])
      const version = `${length + 1}`
      // Between this look and the write, another writer registers the same number.
      const registered = await registry.register({ ...fresh, version }, call).catch(() => undefined)
      return registered ?? registry.resolve({ registry: 'r', name: fresh.name, version })
    },
  }),
  'changes nothing when the same version is registered again': (registry) => ({
    async register(version, call) {
      const registered = await registry.register(version, call)
      if (version.approval !== undefined) {
        await registry.setApproval(version.name, registered.version, version.approval)
      }
      return registry.resolve({ registry: 'memory', name: version.name, version: registered.version })
    },
  }),
  'refuses another artifact for an existing version': (registry) => ({
    register: (version, call) =>
      registry
        .register(version, call)
        .catch(() => registry.resolve({ registry: 'r', name: version.name, version: version.version ?? '' })),
  }),
  'reports which model changed, until the abortSignal fires': (registry) => ({
    async *changes(abortSignal) {
      for await (const _ of registry.changes(abortSignal)) yield 'some model'
    },
  }),
}

function brokenSubject(breakIt: Break, law: string): Fixture<ModelRegistrySubject> {
  const { subject } = memorySubject()
  const registry = subject.registry as Required<ModelRegistry>
  // A memory registry has no connection to lose. This `disconnect` does nothing, so that the law is broken.
  const disconnect = law.startsWith('throws registry-unavailable') ? { disconnect() {} } : {}
  return { subject: { ...subject, ...disconnect, registry: { ...registry, ...breakIt(registry) } } }
}

describe('the kit of ModelRegistry', () => {
  it('has a broken registry for every law', () => {
    const broken = new Set([...Object.keys(breaks), ...Object.values(registryDefects).flat()])
    expect([...broken].sort()).toEqual(modelRegistryLaws.map(({ name }) => name).sort())
  })

  it('reports no fault of a registry that keeps the laws', async () => {
    expect(await brokenLaws('ModelRegistry', modelRegistryLaws, memorySubject)).toEqual([])
  })

  it.each(Object.entries(breaks))('reports a registry that breaks the law: %s', async (law, breakIt) => {
    const laws = modelRegistryLaws.filter(({ name }) => name === law)
    const errors = await brokenLaws('ModelRegistry', laws, () => brokenSubject(breakIt, law))
    expect(errors.map(({ message }) => message)).toEqual([
      expect.stringContaining(`breaks the law of ModelRegistry "${law}"`),
    ])
  })

  it('skips the laws of capabilities that a registry does not declare', async () => {
    const { subject } = memorySubject()
    const { resolve, models, versions } = subject.registry
    const none = { aliases: 'none', approval: false, tags: false, register: false, changes: false } as const
    const registry = { capabilities: none, resolve, models, versions }
    const skipped = modelRegistryLaws.filter((law) => law.skip?.({ ...subject, registry }) !== undefined)
    expect(skipped.length).toBe(18)
    expect(
      await brokenLaws('ModelRegistry', modelRegistryLaws, () => {
        const fresh = memorySubject().subject
        const { resolve, models, versions } = fresh.registry
        return { subject: { ...fresh, registry: { capabilities: none, resolve, models, versions } } }
      }),
    ).toEqual([])
  })
})
