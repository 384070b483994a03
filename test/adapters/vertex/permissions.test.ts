import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { converge, destroyAll, key, wantOf } from './drive.ts'
import { providerScene } from './provider-scene.ts'
import { registryScene, wholeName } from './registry-scene.ts'
import { revision } from './revision.ts'
import { isMutation, targetScene } from './target-scene.ts'

/** The methods in the first column of the page's table of permissions. */
function methodsOnPage(): readonly string[] {
  const page = readFileSync('docs/adapters/vertex.md', 'utf8')
  const [, table = ''] = page.split('## Permissions\n')
  const rows = table.split('\n').filter((line) => line.startsWith('| `'))
  return rows.flatMap((row) => row.split('|')[1]?.match(/[\w.]+/g) ?? []).sort()
}

/** All that one deployment, one model and one prediction need. */
async function methodsSent(): Promise<readonly string[]> {
  const target = await targetScene()
  const [first, second] = [revision(1), revision(2)]
  let handles = await converge(target, wantOf([first, second], [90, 10]))
  handles = await converge(target, { ...wantOf([first, second]), scale: { min: 2, max: 3 } }, handles)
  await target.target.check(key, wantOf([first]))
  await target.target.list()
  await destroyAll(target, handles)
  expect(target.vertex.calls.some(isMutation)).toBe(true)

  const { registry, ...models } = await registryScene()
  const artifact = { kind: 'files', files: [{ uri: 'gs://models/churn' }] } as const
  await registry.register?.({ name: 'churn', artifact, approval: 'approved' })
  models.vertex.before = ({ operation }) => {
    // Another version comes between.
    if (operation === 'models.upload') models.vertex.world.models.put(wholeName('churn'))
    return undefined
  }
  await expect(registry.register?.({ name: 'churn', artifact, version: '2' })).rejects.toThrow('came between')
  await registry.setAlias('churn', 'champion', '1')
  await registry.setTags('churn', '1', { team: 'risk' })
  for await (const _ of registry.models());
  await registry.resolve({ registry: 'v', text: 'churn' })

  const { provider, ...endpoint } = await providerScene()
  const context = { requestId: 'r', abortSignal: new AbortController().signal }
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [1], data: [1] }]
  await provider.infer({ model: 'kit-model', kind: 'tensors', inputs }, context)
  const bytes = new Uint8Array([1])
  await provider.infer({ model: 'kit-model', kind: 'bytes', contentType: 'text/csv', bytes }, context)

  const scenes = [target, models, endpoint]
  for (const { close } of scenes) await close()
  return [...new Set(scenes.flatMap(({ vertex }) => vertex.calls.map(({ operation }) => operation)))].sort()
}

describe('the permissions on the page of Vertex', () => {
  it('are for the methods that are sent, and for no others', async () => {
    expect(await methodsSent()).toEqual(methodsOnPage())
  })
})
