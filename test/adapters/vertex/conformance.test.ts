import {
  deploymentTargetConformance,
  modelProviderConformance,
  modelRegistryConformance,
} from 'modelspine/testing'
import { afterAll, describe, expect, it } from 'vitest'
import type { VertexSimulator } from '../../simulators/vertex/vertex-simulator.ts'
import { providerSubject } from './provider-scene.ts'
import { registrySubject } from './registry-scene.ts'
import { targetSubject } from './target-scene.ts'

const simulators: VertexSimulator[] = []

/** All that the kits send and get is what Vertex's own description of its API allows. */
afterAll(() => {
  const checked = new Map<string, number>()
  for (const { problems, checked: own } of simulators) {
    expect(problems).toEqual([])
    for (const [operation, times] of own) checked.set(operation, (checked.get(operation) ?? 0) + times)
  }
  const total = [...checked.values()].reduce((sum, times) => sum + times, 0)
  if (total > 0)
    console.log(`Vertex: ${checked.size} operations checked ${total} times against aiplatform.v1.json`)
})

/** The fixture, with its simulator remembered. */
async function watched<Made extends { readonly scene: { readonly vertex: VertexSimulator } }>(
  made: Promise<Made>,
): Promise<Made> {
  const fixture = await made
  simulators.push(fixture.scene.vertex)
  return fixture
}

deploymentTargetConformance({ name: 'vertexTarget', describe, it, create: () => watched(targetSubject()) })
modelRegistryConformance({
  name: 'vertexRegistry, whose artifacts are models',
  describe,
  it,
  create: () => watched(registrySubject()),
  without: {
    'registers a version so that it resolves with all its facts':
      'files are registered, and the artifact is the model that Vertex makes of them',
  },
})
modelRegistryConformance({
  name: 'vertexRegistry, whose artifacts are files',
  describe,
  it,
  create: () => watched(registrySubject({ artifact: 'files' })),
})
modelRegistryConformance({
  name: 'vertexRegistry without register and changes',
  describe,
  it,
  create: () => watched(registrySubject({ container: undefined as never, pollMs: false })),
})
modelProviderConformance({ name: 'vertexProvider', describe, it, create: () => watched(providerSubject()) })
