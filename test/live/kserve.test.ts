import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { bytesPayloadOf, type InferRequest, systemClock, type TensorPayload } from 'modelspine/adapter'
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
      const provider = openInferenceProvider({ baseUrl: server.url, binary: true })
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
        const tensor = { name: 'values', datatype: 'FP32', shape: [-1, 3] }
        const metadata = { name: 'risk/churn', versions: [], inputs: [tensor], outputs: [tensor] }
        const triton = { ...answer, id: 'two', metadata: expect.objectContaining(metadata), refusal }
        expect(JSON.parse(stdout)).toEqual({
          kserve: { ...answer, id: 'one', split: false },
          kserveBinary: { ...answer, id: 'one', split: true },
          triton,
          tritonBinary: triton,
          mixed: {
            half: [0.5, -2, 65504],
            halfIsBinary: true,
            words: ['ja', 'für', ''],
            wordsAreBinary: false,
            counts: [2 ** 53 + 2, -1],
            flags: [true, false],
          },
          beside: {
            index: [{ name: 'risk/churn', state: 'READY' }],
            extensions: ['binary_tensor_data'],
            config: ['400', expect.stringContaining('no configuration')],
            statistics: ['400', expect.stringContaining('metrics')],
            load: ['400', expect.stringContaining('declared')],
            unload: ['400', expect.stringContaining('declared')],
            memory: ['400', expect.stringContaining('region of memory')],
            version: ['404', expect.stringContaining('no version "7"')],
          },
        })
      } finally {
        await close()
        await provider.close()
      }
    })

    it('gets the same values as binary tensors, and what JSON cannot say', async () => {
      const provider = openInferenceProvider({ baseUrl: server.url, binary: true })
      const inputs = [
        values,
        { name: 'half', datatype: 'FP16', shape: [2], data: [0.5, -65504] },
        { name: 'words', datatype: 'BYTES', shape: [1, 2], data: ['ja', 'für'] },
        { name: 'flags', datatype: 'BOOL', shape: [2, 1], data: [true, false] },
        { name: 'counts', datatype: 'INT64', shape: [2], data: [2n ** 60n, -7] },
      ]
      expect(await provider.infer(asking('mirror', ...inputs), call)).toMatchObject({
        kind: 'tensors',
        outputs: inputs,
      })
      const some = { ...asking('mirror', values, { ...values, name: 'more' }), kind: 'tensors' } as const
      const outputs = ['more', { name: 'values', parameters: { binary_data: false } }]
      expect(await provider.infer({ ...some, outputs } as InferRequest, call)).toMatchObject({
        outputs: [{ ...values, name: 'more' }, values],
      })
      await provider.close()
    })

    it('blames the server for no body that a caller cut', async () => {
      const provider = openInferenceProvider({ baseUrl: server.url })
      const { model, ...request } = asking('mirror', values)
      const whole = bytesPayloadOf(request as TensorPayload, true)
      const cut = { ...whole, bytes: whole.bytes.subarray(0, -3) }
      // The server takes it for a fault of its own.
      await expect(provider.infer({ ...cut, model }, call)).rejects.toMatchObject({ code: 'unavailable' })
      const table = staticRoutes({
        routes: [
          {
            metadata: { name: 'churn' },
            spec: { operations: ['infer'], backends: [{ provider: 'kserve', model }] },
          },
        ],
        providers: { kserve: provider },
      })
      const gateway = createGateway({ router: createRouter({ table, clock: systemClock }) })
      const asked = {
        method: 'POST',
        headers: { 'content-type': cut.contentType, ...cut.headers },
        body: Buffer.from(cut.bytes),
      }
      const response = await gateway.fetch(new Request('http://localhost/v2/models/churn/infer', asked))
      expect([response.status, await response.json()]).toEqual([
        400,
        { error: 'the length of the binary data is 9; write 12 bytes, as the tensors say' },
      ])
      await provider.close()
    })

    it('is told of infinities and of numbers that are none', async () => {
      const provider = openInferenceProvider({ baseUrl: server.url, binary: true })
      const odd = {
        name: 'odd',
        datatype: 'FP32',
        shape: [3],
        data: [Number.NaN, -0, Number.POSITIVE_INFINITY],
      }
      expect(await provider.infer(asking('mirror', odd), call)).toMatchObject({ outputs: [odd] })
      await provider.close()
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
