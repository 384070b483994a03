import { describe, expect, it } from 'vitest'
import { readManifest } from '../../scripts/package-exports.ts'
import { floorBreaches } from './floors.ts'
import { importCycles } from './import-cycles.ts'
import { root, sourceFiles } from './source-files.ts'

const manifest = readManifest(root)
const packages = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
const files = sourceFiles('src', 'adapters')

describe('floors', () => {
  it('are kept by every import in src and adapters', () => {
    expect(files.length).toBeGreaterThan(0)
    expect(floorBreaches(files, packages)).toEqual([])
  })

  it('have no cycle of imports', () => {
    expect(importCycles(files)).toEqual([])
  })

  it.each([
    ['src/errors.ts', `import './clock.ts'`, 'errors may not import clock'],
    [
      'src/resources/a.ts',
      `import type { A } from '../store/contract.ts'`,
      'resources may not import contract',
    ],
    ['src/store/contract.ts', `import { a } from './memory-store.ts'`, 'contract may not import store'],
    ['src/store/contract.ts', `import { a } from '../http/index.ts'`, 'contract may not import http'],
    ['src/store/memory-store.ts', `import { a } from '../policy/rules.ts'`, 'store may not import policy'],
    [
      'src/store/memory-store.ts',
      `const a = await import('../plane/index.ts')`,
      'store may not import plane',
    ],
    ['src/dialects/a/b.ts', `import '../../http/index.ts'`, 'dialects may not import http'],
    ['src/provider/a.ts', `import '../dialects/b/c.ts'`, 'provider may not import dialects'],
    [
      'src/reconcile/loop.ts',
      `export * from '../rollout/machine/decide.ts'`,
      'reconcile may not import rollout/machine',
    ],
    [
      'src/rollout/machine/decide.ts',
      `type A = import('../../routing/table.ts').A`,
      'rollout/machine may not import routing',
    ],
    [
      'src/rollout/machine/decide.ts',
      `import '../gates/judge-gate.ts'`,
      'rollout/machine may not import rollout/gates',
    ],
    [
      'src/rollout/machine/decide.ts',
      `import '../../policy/rule.ts'`,
      'rollout/machine may not import policy',
    ],
    ['src/rollout/gates/a.ts', `import '../shell/a.ts'`, 'rollout/gates may not import rollout/shell'],
    ['src/rollout/a.ts', '', 'belongs to no floor'],
    ['src/plane/index.ts', `import '../gateway/index.ts'`, 'plane may not import gateway'],
    ['src/ai-sdk/fallback/a.ts', `import '../../plane/a.ts'`, 'ai-sdk may not import plane'],
    [
      'src/gateway/a.ts',
      `import type { A } from '@ai-sdk/provider'`,
      'only ai-sdk may import @ai-sdk/provider',
    ],
    ['src/ai-sdk/a.ts', `import { A } from '@ai-sdk/provider'`, '@ai-sdk/provider has only types to import'],
    ['src/plane/index.ts', `import '../index.ts'`, 'plane may not import users-door'],
    ['src/testing/fake.ts', `import '../store/memory-store.ts'`, 'testing may not import store'],
    ['src/testing/fake.ts', `import './simulator/index.ts'`, 'testing may not import testing/simulator'],
    ['src/adapter.ts', `export { a } from './plane/index.ts'`, 'authors-door may not import plane'],
    ['src/helpers.ts', '', 'belongs to no floor'],
    ['src/misc/a.ts', '', 'belongs to no floor'],
    ['src/plane/index.ts', `import '../../adapters/file/index.ts'`, 'may not import adapters/file'],
    ['src/plane/index.ts', `import 'modelspine/adapters/file'`, 'may not import modelspine/adapters/file'],
    ['src/plane/index.ts', `import 'vitest'`, 'vitest is no dependency of users'],
    ['src/routing/a.ts', `import { Pool } from 'undici'`, 'only http may import undici'],
    ['src/routing/a.ts', `import type { A } from 'p-retry'`, 'only http may import p-retry'],
    ['src/routing/a.ts', `await import(name)`, 'computed import'],
    ['adapters/file/index.ts', `import '../sqlite/index.ts'`, 'may not import adapters/sqlite'],
    ['adapters/shared/aws.ts', `import '../sqlite/index.ts'`, 'may not import adapters/sqlite'],
    ['adapters/file/index.ts', `import '../../src/errors.ts'`, 'may not import errors'],
    ['adapters/file/index.ts', `import { a } from 'modelspine'`, 'may not import modelspine'],
    ['adapters/file/index.ts', `import { a } from 'modelspine/testing'`, 'may not import modelspine/testing'],
    ['adapters/file/index.ts', `import { a } from 'undici'`, 'only http may import undici'],
  ])('refuse in %s: %s', (path, text, reason) => {
    expect(floorBreaches([{ path, text }], packages)).toEqual([expect.stringContaining(reason)])
  })

  it.each([
    ['src/store/memory-store.ts', `import type { A } from './contract.ts'; import { z } from 'zod'`],
    ['src/store/contract.ts', `import type { A } from '../policy/contract.ts'; import '../resources/a.ts'`],
    ['src/http/index.ts', `const { Pool } = await import('undici')`],
    ['src/ai-sdk/a.ts', `import type { A } from '@ai-sdk/provider'`],
    ['src/testing/simulator/index.ts', `import '../../plane/index.ts'; import '../fake.ts'`],
    ['src/gateway/index.ts', `import '../routing/table.ts'; import { Server } from 'node:http'`],
    ['adapters/file/index.ts', `import 'modelspine/adapter'; import '../shared/a.ts'; import './b.ts'`],
  ])('allow in %s: %s', (path, text) => {
    expect(floorBreaches([{ path, text }], packages)).toEqual([])
  })

  it('find a cycle through three files, even when one import is for types only', () => {
    const circle = [
      { path: 'src/a.ts', text: `import './b.ts'` },
      { path: 'src/b.ts', text: `export { c } from './c.ts'` },
      { path: 'src/c.ts', text: `import type { a } from './a.ts'` },
    ]
    expect(importCycles(circle)).toEqual(['src/a.ts → src/b.ts → src/c.ts → src/a.ts'])
    expect(importCycles(circle.slice(0, 2))).toEqual([])
  })
})
