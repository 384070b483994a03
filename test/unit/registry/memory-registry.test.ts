import { describe, expect, it } from 'vitest'
import type { NewModelVersion } from '../../../src/registry/contract.ts'
import { memoryRegistry } from '../../../src/registry/memory-registry.ts'
import { createFakeClock, modelRegistryConformance } from '../../../src/testing/index.ts'
import { collect } from '../collect.ts'
import { memorySubject } from './memory-subject.ts'

const hosted = (model: string) => ({ kind: 'hosted', provider: 'openai', model }) as const
const churn = (changes: Partial<NewModelVersion> = {}): NewModelVersion => ({
  name: 'churn',
  artifact: hosted('a'),
  ...changes,
})

modelRegistryConformance({ describe, it, name: 'memoryRegistry', create: memorySubject })

describe('memoryRegistry', () => {
  it('begins with the given versions, and lets a later version take over an alias', async () => {
    const registry = memoryRegistry({
      versions: [
        churn({ version: '1', approval: 'approved' }),
        { ...churn({ version: '2', artifact: hosted('b') }), aliases: ['champion'], createdAtMs: 5 },
        { ...churn({ artifact: hosted('c') }), aliases: ['champion'], createdAtMs: 6 },
      ],
      clock: createFakeClock({ startMs: 4 }),
    })
    const found = await registry.resolve({ registry: 'r', text: 'churn@champion' })
    expect(found).toEqual({
      registry: 'r',
      name: 'churn',
      version: '3',
      artifact: hosted('c'),
      approval: 'unknown',
      aliases: ['champion'],
      tags: {},
      createdAtMs: 6,
    })
    const [first] = await collect(registry.versions('churn'))
    expect(first).toMatchObject({ registry: 'memory', createdAtMs: 4, approval: 'approved' })
  })

  it('uses its name option when no reference names the registry', async () => {
    const registry = memoryRegistry({ name: 'models', versions: [churn()] })
    expect((await registry.register(churn({ artifact: hosted('b') }))).registry).toBe('models')
    for await (const { registry: name } of registry.versions('churn')) expect(name).toBe('models')
  })

  it('numbers a new version after the greatest existing number', async () => {
    const registry = memoryRegistry({
      versions: [churn({ version: '41' }), churn({ version: 'final', artifact: hosted('b') })],
    })
    expect((await registry.register(churn({ artifact: hosted('c') }))).version).toBe('42')
  })

  it('resolves latest-approved to the later of two versions with the same time', async () => {
    const versions = ['a', 'b', 'c'].map((version) =>
      churn({ version, artifact: hosted(version), approval: version === 'c' ? 'pending' : 'approved' }),
    )
    const registry = memoryRegistry({ versions, clock: createFakeClock() })
    expect((await registry.resolve({ registry: 'r', text: 'churn' })).version).toBe('b')
  })

  it('gives a model the owner and tags of its newest version', async () => {
    const registry = memoryRegistry({
      versions: [
        churn({ version: '1', owner: 'ada', tags: { team: 'risk' } }),
        churn({ version: '2', owner: 'grace', tags: { team: 'core' }, artifact: hosted('b') }),
        { name: 'alone', artifact: hosted('z') },
      ],
      clock: createFakeClock(),
    })
    expect(await collect(registry.models())).toEqual([
      { name: 'alone', tags: {} },
      { name: 'churn', owner: 'grace', tags: { team: 'core' } },
    ])
  })

  it('throws a conflict that is not retryable when an artifact differs', async () => {
    const registry = memoryRegistry({ versions: [churn({ version: '1' })] })
    await expect(registry.register(churn({ version: '1', artifact: hosted('b') }))).rejects.toMatchObject({
      code: 'conflict',
      retryable: false,
    })
  })

  it('treats the same files in another order as the same artifact', async () => {
    const files = [{ uri: 'file:///a' }, { uri: 'file:///b', digest: 'sha256:00' }]
    const registry = memoryRegistry({
      versions: [churn({ version: '1', artifact: { kind: 'files', files } })],
    })
    const again = churn({ version: '1', artifact: { kind: 'files', files: files.toReversed() } })
    expect((await registry.register(again)).artifact).toEqual({ kind: 'files', files })
  })
})
