import { deploymentTargetConformance } from 'modelspine/testing'
import { afterAll, describe, expect, it } from 'vitest'
import type { VertexSimulator } from '../../simulators/vertex/vertex-simulator.ts'
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

deploymentTargetConformance({
  name: 'vertexTarget',
  describe,
  it,
  async create() {
    const { scene, ...fixture } = await targetSubject()
    simulators.push(scene.vertex)
    return fixture
  },
})
