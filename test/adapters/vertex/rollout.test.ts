import { createControlPlane, memoryProvider, memoryRegistry } from 'modelspine'
import { expect, it, onTestFinished } from 'vitest'
import { modelName } from './revision.ts'
import { targetScene } from './target-scene.ts'

it('a plane brings a deployment to Vertex, whose endpoint and model are made one after the other', async () => {
  const { vertex, target, close } = await targetScene({ pollMs: 100 }, { operationMs: 50 })
  const artifact = { kind: 'hosted', provider: 'vertex', model: `${modelName}@1` } as const
  const versions = [{ name: 'churn', version: '1', approval: 'approved', artifact }] as const
  const plane = createControlPlane({
    registries: { vertex: memoryRegistry({ name: 'vertex', versions }) },
    targets: { vertex: target },
    connect: { vertex: () => memoryProvider({ infer: () => ({ kind: 'tensors', outputs: [] }) }) },
  })
  onTestFinished(async () => {
    await plane.stop()
    await close()
  })
  await plane.start()
  const spec = {
    model: 'vertex/churn:1',
    target: { name: 'vertex', settings: { machineType: 'n1-standard-4' } },
  } as const
  await plane.apply(
    { kind: 'ModelDeployment', metadata: { name: 'churn' }, spec },
    { actor: { name: 'ann' } },
  )
  await plane.wait('churn', { timeoutMs: 20_000 })
  expect(vertex.world.journal.map(({ did }) => did)).toEqual(['create', 'deploy', 'deployed'])
})
