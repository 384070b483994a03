import { createControlPlane, memoryProvider, memoryRegistry, memoryTarget } from 'modelspine'
import { expect, it } from 'vitest'

it('closes the registries, targets and providers that it was given, each once, whoever fails', async () => {
  const closed: string[] = []
  const closing = (name: string) => ({
    async close(): Promise<void> {
      closed.push(name)
      if (name === 'registry') throw new Error(`the ${name} hangs`)
    },
  })
  const registry = { ...memoryRegistry(), ...closing('registry') }
  const target = Object.assign(memoryTarget(), closing('target'))
  const provider = { ...memoryProvider({}), ...closing('provider') }
  const plane = createControlPlane({
    registries: { one: registry, two: registry },
    targets: { target },
    providers: { provider },
  })
  await expect(plane.stop({ drainMs: 0 })).rejects.toThrow('the registry hangs')
  expect(closed).toEqual(['registry', 'target', 'provider'])
})
