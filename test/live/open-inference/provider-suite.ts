import type { CallContext, InferRequest, Tensor } from 'modelspine/adapter'
import { type OpenInferenceProvider, openInferenceProvider } from 'modelspine/adapters/open-inference'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CutProxy, cutProxy } from '../support/cut-proxy.ts'

export const call: CallContext = { requestId: 'live-1', abortSignal: new AbortController().signal }
export const values: Tensor = { name: 'values', datatype: 'FP32', shape: [1, 3], data: [1.5, 2, -3.25] }

export function asking(model: string, ...inputs: readonly (Tensor | object)[]): InferRequest {
  return { kind: 'tensors', model, id: 'live-1', inputs: inputs as readonly Tensor[] }
}

/** What a server with the model `mirror` and our provider do together. */
export function testProvider(server: string, address: { readonly url: string }): void {
  describe(`openInferenceProvider over ${server}`, () => {
    let proxy: CutProxy
    let provider: OpenInferenceProvider

    beforeAll(async () => {
      proxy = await cutProxy(address.url)
      provider = openInferenceProvider({ baseUrl: proxy.url })
    })
    afterAll(async () => {
      await provider.close()
      await proxy.close()
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

    it('describes a model for the gateway, also where the server knows no version', async () => {
      const tensor = { name: 'values', datatype: 'FP32', shape: [-1, 3] }
      const { platform, ...described } = await provider.describe('mirror', call)
      expect(described).toEqual({ inputs: [tensor], outputs: [tensor] })
      expect(['string', 'undefined']).toContain(typeof platform)
      await expect(provider.describe('nobody', call)).rejects.toMatchObject({ code: 'not-found' })
    })

    it('sends what the server says that it takes: binary tensors or JSON', async () => {
      const auto = openInferenceProvider({ baseUrl: address.url, binary: 'auto' })
      expect(await auto.infer(asking('mirror', values), call)).toMatchObject({ outputs: [values] })
      // Neither server names the extension.
      expect(auto.capabilities.binaryTensors).toBe(false)
      await auto.close()
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

    it('throws unavailable when the server cannot be reached, and works again afterwards', async () => {
      await proxy.cut()
      await expect(provider.infer(asking('mirror', values), call)).rejects.toMatchObject({
        code: 'unavailable',
      })
      await proxy.restore()
      expect(await provider.ready({ name: 'mirror' })).toBe(true)
    })
  })
}
