import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { InferRequest } from 'modelspine/adapter'
import { systemClock } from 'modelspine/adapter'
import { type OpenInferenceProvider, openInferenceProvider } from 'modelspine/adapters/open-inference'
import { createGateway } from 'modelspine/gateway'
import { createRouter, staticRoutes } from 'modelspine/routing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ModelServer, pathOf, startKserve, startMlserver } from './open-inference/model-servers.ts'
import { pythonVenv } from './python-venv.ts'
import { requirements } from './requirements.ts'

const kserve = await pythonVenv('kserve', requirements.kserve)
const mlserver = await pythonVenv('mlserver', requirements.mlserver)

const call = { requestId: 'live-1', abortSignal: new AbortController().signal }
const values = { name: 'values', datatype: 'FP32', shape: [1, 3], data: [1.5, 2, -3.25] }

function asking(model: string, ...inputs: (typeof values | object)[]): InferRequest {
  return { kind: 'tensors', model, id: 'live-1', inputs: inputs as (typeof values)[] }
}

for (const [name, venv, start] of [
  ['KServe’s model server', kserve, startKserve],
  ['MLServer', mlserver, startMlserver],
] as const) {
  describe.skipIf('missing' in venv)(`openInferenceProvider over ${name}`, () => {
    let server: ModelServer
    let provider: OpenInferenceProvider

    beforeAll(async () => {
      if ('missing' in venv) return
      server = await start(venv.bin)
      provider = openInferenceProvider({ baseUrl: server.url })
    })
    afterAll(async () => {
      await provider?.close()
      await server?.stop()
    })

    it('learns which models are ready, and reads the metadata of a model', async () => {
      expect(await provider.ready()).toBe(true)
      expect(await provider.ready({ name: 'mirror' })).toBe(true)
      expect(await provider.ready({ name: 'nobody' })).toBe(false)
      const tensor = { name: 'values', datatype: 'FP32', shape: [-1, 3] }
      expect(await provider.metadata({ name: 'mirror' })).toMatchObject({
        name: 'mirror',
        inputs: [tensor],
        outputs: [tensor],
      })
    })

    it('sends tensors of every type and gets them back', async () => {
      const inputs = [
        values,
        { name: 'words', datatype: 'BYTES', shape: [2], data: ['ja', 'für'] },
        { name: 'flags', datatype: 'BOOL', shape: [2, 1], data: [true, false] },
        { name: 'counts', datatype: 'INT64', shape: [1], data: [-(2 ** 52)] },
      ]
      const reply = await provider.infer(asking('mirror', ...inputs), call)
      expect(reply).toMatchObject({ kind: 'tensors', id: 'live-1', model: 'mirror', outputs: inputs })
    })

    it.each([
      ['a model that is not there', 'not-found', asking('nobody', values)],
      ['a tensor that the model refuses', 'bad-request', asking('mirror', { ...values, name: 'refused' })],
      ['a body that is not a request', 'bad-request', asking('mirror', { name: 'values', shape: 'none' })],
    ])('reports %s as %s', async (_what, code, request) => {
      await expect(provider.infer(request, call)).rejects.toMatchObject({ code, retryable: false })
    })

    it('ends an aborted call', async () => {
      const abortSignal = AbortSignal.abort(new Error('enough'))
      await expect(provider.infer(asking('mirror', values), { ...call, abortSignal })).rejects.toMatchObject({
        code: 'aborted',
      })
    })

    it('throws unavailable after the server is gone', async () => {
      await server.stop()
      await expect(provider.infer(asking('mirror', values), call)).rejects.toMatchObject({
        code: 'unavailable',
      })
    })
  })
}

describe.skipIf('missing' in kserve)('the gateway before KServe’s model server', () => {
  let server: ModelServer

  beforeAll(async () => {
    if ('bin' in kserve) server = await startKserve(kserve.bin)
  })
  afterAll(() => server?.stop())

  it('serves KServe’s and Triton’s own clients, with JSON and with binary tensors', async () => {
    const provider = openInferenceProvider({ baseUrl: server.url })
    const backends = [{ provider: 'kserve', model: 'mirror' }]
    const table = staticRoutes({
      routes: [{ metadata: { name: 'churn' }, spec: { operations: ['infer'], backends } }],
      providers: { kserve: provider },
    })
    const gateway = createGateway({ router: createRouter({ table, clock: systemClock }) })
    const { url, close } = await gateway.listen({ port: 0 })
    try {
      const python = 'bin' in kserve ? `${kserve.bin}/python` : ''
      const client = [pathOf('through_gateway.py'), url, 'churn']
      const { stdout } = await promisify(execFile)(python, client, { timeout: 60_000 })
      const answer = { ready: true, values: [[1.5, 2, -3.25]] }
      const refusal = ['404', expect.stringContaining('nobody')]
      const triton = { ...answer, id: 'two', metadata: 'churn', refusal }
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
