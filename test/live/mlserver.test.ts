import { systemClock } from 'modelspine/adapter'
import { openInferenceProvider } from 'modelspine/adapters/open-inference'
import { createGateway } from 'modelspine/gateway'
import { createRouter, staticRoutes } from 'modelspine/routing'
import { describe, expect, it } from 'vitest'
import { openTruth } from '../truth.ts'
import { testProvider } from './open-inference/provider-suite.ts'
import { withServer } from './support/with-server.ts'

withServer('mlserver', (server) => {
  testProvider('MLServer', server)

  describe('the gateway before MLServer', () => {
    it('tells what a model takes, in the form of the protocol', async () => {
      const provider = openInferenceProvider({ baseUrl: server.url })
      const backends = [{ provider: 'mlserver', model: 'mirror' }]
      const table = staticRoutes({
        routes: [{ metadata: { name: 'churn' }, spec: { operations: ['infer'], backends } }],
        providers: { mlserver: provider },
      })
      const gateway = createGateway({ router: createRouter({ table, clock: systemClock }) })
      const response = await gateway.fetch(new Request('http://localhost/v2/models/churn'))
      const metadata = await response.json()
      const tensor = { name: 'values', datatype: 'FP32', shape: [-1, 3] }
      expect(metadata).toMatchObject({ name: 'churn', versions: [], inputs: [tensor], outputs: [tensor] })
      const truth = openTruth('open-inference-rest.yaml')
      if (truth.missing === undefined)
        expect(truth.problems('metadata_model_response', metadata, true)).toEqual([])
      await provider.close()
    })
  })
})
