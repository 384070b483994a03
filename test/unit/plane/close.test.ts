import {
  allow,
  createControlPlane,
  envSecrets,
  memoryMetrics,
  memoryProvider,
  memoryRegistry,
  memoryTarget,
  rule,
  rulesPolicy,
} from 'modelspine'
import { expect, it } from 'vitest'

it('stop closes each part of the plane once, even when one part fails', async () => {
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
    policies: [
      {
        ...rulesPolicy('rules', [rule('any', { on: 'deploy', check: () => allow() })]),
        ...closing('policy'),
      },
    ],
    metrics: { source: { ...memoryMetrics({ metrics: ['m'] }), ...closing('metrics') } },
    secrets: { env: { ...envSecrets(), ...closing('secrets') } },
  })
  await expect(plane.stop({ drainMs: 0 })).rejects.toThrow('the registry hangs')
  expect(closed).toEqual(['registry', 'target', 'provider', 'secrets', 'metrics', 'policy'])
})
