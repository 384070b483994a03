import assert from 'node:assert/strict'
import type { InferReply, InferRequest } from '../../provider/contract.ts'
import type { Law } from '../kit.ts'
import { contextOf, failureOf, inferRequest, kitModel, provided, soon } from './calling.ts'
import { type ModelProviderSubject, scriptedAnswer } from './subject.ts'

const without = ({ provider }: ModelProviderSubject): string | undefined =>
  provider.capabilities.binaryTensors === true ? undefined : 'declares no binary tensors'

const split = 'inference-header-content-length'

/** Bytes that are not UTF-8, with the header of the binary extension. */
export const rawRequest: InferRequest = {
  model: kitModel,
  kind: 'bytes',
  contentType: 'application/octet-stream',
  bytes: Uint8Array.from([123, 125, 0, 255, 254, 128, 10, 13, 0]),
  headers: { [split]: '2' },
}

const infer = (
  { provider }: ModelProviderSubject,
  request: InferRequest = inferRequest,
): Promise<InferReply> => provided(provider.infer?.(request, contextOf()), 'infer')

/** For providers that declare `binaryTensors`. */
export const tensorLaws: readonly Law<ModelProviderSubject>[] = [
  {
    name: 'gives the values of a binary answer as those of JSON, and passes it on with the length of its JSON',
    skip: without,
    async check(subject) {
      subject.upstream.play({ kind: 'binary', cut: false })
      const reply = await soon(subject, infer(subject), 'infer')
      assert.ok(reply.kind === 'tensors', 'answered with bytes')
      assert.deepEqual(reply.outputs, scriptedAnswer.outputs)
      const passed = await soon(subject, infer(subject, rawRequest), 'infer with bytes')
      assert.ok(passed.kind === 'bytes', 'answered bytes with tensors')
      const length = Number(passed.headers?.[split])
      assert.ok(
        length > 0 && length < passed.bytes.length,
        `the header ${split} is "${passed.headers?.[split]}"`,
      )
    },
  },
  {
    name: 'takes no binary answer for whole that is cut, although the transport says that it is whole',
    skip: without,
    async check(subject) {
      subject.upstream.play({ kind: 'binary', cut: true })
      for (const request of [inferRequest, rawRequest]) {
        const what = `infer with ${request.kind}`
        const failure = await soon(subject, failureOf(infer(subject, request), what), what)
        assert.equal(failure.code, 'malformed-reply', what)
      }
    },
  },
  {
    name: 'refuses a value that its datatype does not hold with the name of the field, and sends nothing',
    skip: without,
    async check(subject) {
      subject.upstream.play({ kind: 'binary', cut: false })
      const inputs = [{ name: 'age', datatype: 'UINT8', shape: [2], data: [255, 256] }]
      const call = infer(subject, { model: kitModel, kind: 'tensors', inputs })
      const failure = await soon(subject, failureOf(call, 'infer'), 'infer')
      assert.equal(failure.code, 'bad-request')
      assert.equal(failure.details.field, 'inputs[0].data[1]')
      assert.equal(subject.upstream.calls.length, 0, 'calls made')
    },
  },
]
