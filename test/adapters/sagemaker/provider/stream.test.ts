import type { ServerResponse } from 'node:http'
import fc from 'fast-check'
import { isModelspineError } from 'modelspine/adapter'
import { describe, expect, it } from 'vitest'
import { payloadPart } from '../../../simulators/sagemaker/runtime.ts'
import { errorEvent, eventBytes, exceptionEvent, jsonEvent } from '../../shared/aws/event-stream-bytes.ts'
import type { AwsReply } from '../../shared/aws/small-aws.ts'
import { bytesRequest, contextOf, expectMembers, type ProviderScene, scene } from './scene.ts'

interface Read {
  readonly bytes: Buffer
  readonly code: string | undefined
}

async function readAll({ provider }: ProviderScene): Promise<Read> {
  const chunks: Uint8Array[] = []
  try {
    const { chunks: coming } = await provider.inferStream(bytesRequest('churn'), contextOf())
    for await (const chunk of coming) chunks.push(chunk)
    return { bytes: Buffer.concat(chunks), code: undefined }
  } catch (error) {
    if (!isModelspineError(error)) throw error
    return { bytes: Buffer.concat(chunks), code: error.code }
  }
}

const type = { 'content-type': 'application/vnd.amazon.eventstream' }

/** Sends these bytes, and then ends as it is told. */
function played(bytes: Uint8Array, end: 'end' | 'destroy', headers: object = {}): AwsReply {
  const play = (response: ServerResponse): void => {
    response.writeHead(200, { ...type, ...headers })
    if (end === 'end') response.end(bytes)
    else response.write(bytes, () => response.destroy())
  }
  return { play }
}

const parts = ['{"to', 'kens": ', '["a", "b"]}']
const whole = Buffer.from(parts.join(''))
const wire = Buffer.concat(parts.map((part) => payloadPart(Buffer.from(part))))

describe('a streamed answer', () => {
  it('comes in pieces, with its content type and the variant that answered', async () => {
    const made = await scene({ variantsOf: () => ['r1'] })
    made.runtime.container = () => ({ contentType: 'application/jsonlines', body: whole })
    const headers = { accept: 'application/jsonlines', 'x-amzn-sagemaker-session-id': 's' }
    const request = bytesRequest('churn/r1', 'a', { ...headers, 'x-amzn-sagemaker-target-model': 'm' })
    const stream = await made.provider.inferStream(request, contextOf())
    const chunks: Uint8Array[] = []
    for await (const chunk of stream.chunks) chunks.push(chunk)
    expect(Buffer.concat(chunks).toString()).toBe(whole.toString())
    expect(stream).toMatchObject({
      contentType: 'application/jsonlines',
      headers: { 'x-amzn-invoked-production-variant': 'r1' },
    })
    expectMembers(made.runtime, [
      {
        EndpointName: 'churn',
        Body: Buffer.from('a').toString('base64'),
        ContentType: 'text/csv',
        Accept: 'application/jsonlines',
        SessionId: 's',
        TargetVariant: 'r1',
        InferenceId: 'r-1',
      },
    ])
    expect(made.runtime.problems).toEqual([])
  })

  it('is read as it arrives, and leaves the connection when the reader stops', async () => {
    const made = await scene()
    let isLeft = false
    made.runtime.intercept = () => ({
      play: (response) => {
        response.on('close', () => {
          isLeft = true
        })
        response.writeHead(200, type)
        response.write(payloadPart(Buffer.from('first')))
      },
    })
    const { chunks } = await made.provider.inferStream(bytesRequest('churn'), contextOf())
    for await (const chunk of chunks) {
      expect(Buffer.from(chunk).toString()).toBe('first')
      break
    }
    await expect.poll(() => isLeft).toBe(true)
  })

  it('leaves the connection when another variant answers than was asked', async () => {
    const made = await scene()
    const left = Promise.withResolvers<void>()
    made.runtime.intercept = () => ({
      play: (response) => {
        response.on('close', () => left.resolve())
        response.writeHead(200, { ...type, 'x-amzn-invoked-production-variant': 'r2' })
        response.write(payloadPart(Buffer.from('first')))
      },
    })
    const asked = made.provider.inferStream(bytesRequest('churn/r1'), contextOf())
    await expect(asked).rejects.toMatchObject({ code: 'malformed-reply' })
    await left.promise
  })

  it('ends with aborted when the caller aborts in its middle', async () => {
    const made = await scene()
    made.runtime.intercept = () => ({
      play: (response) => {
        response.writeHead(200, type)
        response.write(payloadPart(Buffer.from('first')))
      },
    })
    const controller = new AbortController()
    const { chunks } = await made.provider.inferStream(
      bytesRequest('churn'),
      contextOf({ abortSignal: controller.signal }),
    )
    const reading = async (): Promise<void> => {
      for await (const _ of chunks) controller.abort()
    }
    await expect(reading()).rejects.toMatchObject({ code: 'aborted' })
  })

  it('never passes as whole when one byte was changed', async () => {
    const made = await scene()
    const place = fc.integer({ min: 0, max: wire.length - 1 })
    await fc.assert(
      fc.asyncProperty(place, fc.integer({ min: 1, max: 255 }), async (at, by) => {
        const changed = Buffer.from(wire)
        changed[at] = (changed[at] ?? 0) ^ by
        made.runtime.intercept = () => played(changed, 'end')
        const { bytes, code } = await readAll(made)
        expect(['malformed-reply', 'interrupted']).toContain(code)
        expect(whole.subarray(0, bytes.length)).toEqual(bytes)
      }),
      { numRuns: 60 },
    )
  })

  it('never passes as whole when the connection broke, at any byte', async () => {
    const made = await scene()
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: wire.length }), async (at) => {
        made.runtime.intercept = () => played(wire.subarray(0, at), 'destroy')
        const { bytes, code } = await readAll(made)
        expect(code).toBe('interrupted')
        expect(whole.subarray(0, bytes.length)).toEqual(bytes)
      }),
      { numRuns: 60 },
    )
  })

  it('never passes as whole when it ends within an event, whole at the transport', async () => {
    const made = await scene()
    const boundaries = parts.map((_, place) =>
      parts.slice(0, place + 1).reduce((sum, part) => sum + payloadPart(Buffer.from(part)).length, 0),
    )
    const within = fc.integer({ min: 1, max: wire.length - 1 }).filter((at) => !boundaries.includes(at))
    await fc.assert(
      fc.asyncProperty(within, async (at) => {
        made.runtime.intercept = () => played(wire.subarray(0, at), 'end')
        expect((await readAll(made)).code).toBe('interrupted')
      }),
      { numRuns: 60 },
    )
  })

  it('never passes as whole when its end cannot be told from a broken connection', async () => {
    const made = await scene()
    made.runtime.intercept = () => ({
      play: (response) => {
        response.useChunkedEncodingByDefault = false
        response.shouldKeepAlive = false
        response.writeHead(200, { ...type, connection: 'close' })
        response.end(wire)
      },
    })
    const { bytes, code } = await readAll(made)
    expect(bytes).toEqual(whole)
    expect(code).toBe('interrupted')
  })

  const streamFault = (ErrorCode: string): Buffer =>
    eventBytes(
      [
        [':exception-type', { type: 'string', value: 'ModelStreamError' }],
        [':message-type', { type: 'string', value: 'exception' }],
      ],
      JSON.stringify({ Message: 'words', ErrorCode }),
    )

  it.each([
    ['a model that takes too long', streamFault('ModelInvocationTimeExceeded'), 'timeout'],
    ['a broken stream of the model', streamFault('StreamBroken'), 'interrupted'],
    ['a fault of SageMaker', exceptionEvent('InternalStreamFailure', 'words'), 'interrupted'],
    ['an error without a shape', errorEvent('InternalError', 'words'), 'unavailable'],
    ['an unknown event', jsonEvent('Farewell', {}), 'malformed-reply'],
  ])('ends with the code of %s, after what came before', async (_what, event, code) => {
    const made = await scene()
    made.runtime.intercept = () => played(Buffer.concat([payloadPart(Buffer.from('first')), event]), 'end')
    expect(await readAll(made)).toEqual({ bytes: Buffer.from('first'), code })
  })

  it('must be one', async () => {
    const made = await scene()
    made.runtime.intercept = () => ({
      headers: { 'content-type': 'text/html' },
      body: '<html>a page of a proxy</html>',
    })
    expect((await readAll(made)).code).toBe('malformed-reply')
  })
})
