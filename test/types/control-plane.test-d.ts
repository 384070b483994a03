import { describe, expectTypeOf, it } from 'vitest'
import {
  type ControlPlane,
  type ControlPlaneOptions,
  createControlPlane,
  hostedTarget,
  type ModelRegistry,
  memoryProvider,
  type PolicyEngine,
} from '../../src/index.ts'
import { jsonSchema, loadResources } from '../../src/resources/index.ts'

declare const registry: ModelRegistry
declare const engine: PolicyEngine

const narrow = createControlPlane({
  registries: { models: registry },
  targets: { vendor: hostedTarget() },
  providers: { echo: memoryProvider({}) },
})

describe('a plane', () => {
  it('goes where any plane is asked for, and to what reads its names', () => {
    expectTypeOf(narrow).toExtend<ControlPlane>()
    expectTypeOf(jsonSchema).toBeCallableWith(narrow)
    expectTypeOf(loadResources).toBeCallableWith('folder', { plane: narrow })
  })

  it('accepts any name where its options are not known before the program runs', () => {
    const options: ControlPlaneOptions = {}
    const wide = createControlPlane(options)
    expectTypeOf(wide).toExtend<ControlPlane>()
    const call = (): unknown =>
      wide.deploy(
        'a',
        { model: 'anything/x', target: { name: 'anywhere', settings: { any: 1 } }, policies: ['any'] },
        { actor: { name: 'ada' } },
      )
    expectTypeOf(call).returns.toBeUnknown()
  })

  it('accepts any policy where the name of one engine is not known', () => {
    const plane = createControlPlane({
      registries: { models: registry },
      targets: { vendor: hostedTarget() },
      policies: [engine],
    })
    const call = (): unknown =>
      plane.deploy(
        'a',
        { model: 'models/x', target: 'vendor', policies: ['any'] },
        { actor: { name: 'ada' } },
      )
    expectTypeOf(call).returns.toBeUnknown()
  })

  it('keeps the excess of its options an error', () => {
    // @ts-expect-error: it is called `registries`
    createControlPlane({ registrys: { models: registry } })
    // @ts-expect-error: a target is no registry
    createControlPlane({ registries: { models: hostedTarget() } })
  })

  it('accepts no target where it was given none', () => {
    const plane = createControlPlane({ registries: { models: registry } })
    const by = { actor: { name: 'ada' } }
    // @ts-expect-error: this plane has no targets
    const call = (): unknown => plane.deploy('a', { model: 'models/x', target: 'vendor' }, by)
    expectTypeOf(call).returns.toBeUnknown()
  })
})
