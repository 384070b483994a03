import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { systemClock } from 'modelspine/adapter'
import { openInferenceProvider } from 'modelspine/adapters/open-inference'
import { createGateway } from 'modelspine/gateway'
import { createRouter, staticRoutes } from 'modelspine/routing'
import { describe, expect, it } from 'vitest'
import { asking, call, testProvider, values } from './open-inference/provider-suite.ts'
import { withServer } from './support/with-server.ts'

withServer('kserve', (server) => {
  testProvider('KServe’s model server', server)

  describe('the gateway before KServe’s model server', () => {
    it('serves KServe’s and Triton’s own clients, with JSON and with binary tensors', async () => {
      const provider = openInferenceProvider({ baseUrl: server.url })
      const backends = [{ provider: 'kserve', model: 'mirror' }]
      const table = staticRoutes({
        routes: [
          { metadata: { name: 'churn' }, spec: { names: ['risk/churn'], operations: ['infer'], backends } },
        ],
        providers: { kserve: provider },
      })
      const gateway = createGateway({ router: createRouter({ table, clock: systemClock }) })
      const { url, close } = await gateway.listen({ port: 0 })
      try {
        const client = [join(import.meta.dirname, 'open-inference/through_gateway.py'), url, 'risk/churn']
        const { stdout } = await promisify(execFile)(server.python, client, { timeout: 60_000 })
        const answer = { ready: true, values: [[1.5, 2, -3.25]] }
        const refusal = ['404', expect.stringContaining('nobody')]
        const triton = { ...answer, id: 'two', metadata: 'risk/churn', refusal }
        expect(JSON.parse(stdout)).toEqual({
          kserve: { ...answer, id: 'one', split: false },
          kserveBinary: { ...answer, id: 'one', split: true },
          triton,
          tritonBinary: triton,
        })
      } finally {
        await close()
        await provider.close()
      }
    })

    it('says that a model is not ready while the model is loading', async () => {
      const provider = openInferenceProvider({ baseUrl: server.url })
      expect(await provider.ready({ name: 'loading' })).toBe(false)
      await expect(provider.infer(asking('loading', values), call)).rejects.toMatchObject({
        code: 'not-ready',
        retryable: true,
      })
      await provider.close()
    })
  })
})
