import type { IncomingMessage, ServerResponse } from 'node:http'
import { openInference, openInferenceProvider } from 'modelspine/adapters/open-inference'
import { createFakeClock } from 'modelspine/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { serveLoopback } from '../../loopback.ts'
import { openTruth } from '../../truth.ts'

let clear: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of clear) await end()
  clear = []
})

async function serve(
  answer: (response: ServerResponse, request: IncomingMessage, body: Buffer) => void,
): Promise<{
  url: string
  seen: { path: string | undefined; headers: IncomingMessage['headers']; body: Buffer }[]
}> {
  const seen: { path: string | undefined; headers: IncomingMessage['headers']; body: Buffer }[] = []
  const loopback = await serveLoopback((request, body, response) => {
    seen.push({ path: request.url, headers: request.headers, body })
    answer(response, request, body)
  })
  clear.push(loopback.close)
  return { url: loopback.url, seen }
}

const reply = {
  model_name: 'm',
  model_version: '3',
  outputs: [{ name: 'y', datatype: 'INT64', shape: [1], data: [7] }],
}
const answerJson =
  (body: unknown, status = 200, headers: Record<string, string> = {}) =>
  (response: ServerResponse): void => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
  }
const context = { requestId: 'r1', abortSignal: new AbortController().signal }
const tensors = {
  model: 'a/b c',
  kind: 'tensors',
  inputs: [{ name: 'x', datatype: 'FP32', shape: [1], data: [0.5] }],
  outputs: ['y'],
} as const

describe('openInferenceProvider', () => {
  const truth = openTruth('open-inference-rest.yaml')

  it.skipIf(truth.missing !== undefined)(
    'sends requests and reads replies that fit the description of the protocol',
    async () => {
      const { url, seen } = await serve(answerJson(reply))
      expect(truth.problems('inference_response', reply, true)).toEqual([])
      expect(await openInferenceProvider({ baseUrl: url }).infer(tensors, context)).toMatchObject({
        kind: 'tensors',
        model: 'm',
        version: '3',
        outputs: reply.outputs,
      })
      expect(truth.problems('inference_request', JSON.parse(String(seen[0]?.body)), true)).toEqual([])
    },
  )

  it('asks at the path of the model, or of its version when the request names one', async () => {
    const { url, seen } = await serve(answerJson(reply))
    const provider = openInference({ protocol: 'open-inference', address: `${url}/behind/` })
    await provider.infer(tensors, context)
    await provider.infer({ ...tensors, version: '3' }, context)
    expect(seen.map(({ path }) => path)).toEqual([
      '/behind/v2/models/a%2Fb%20c/infer',
      '/behind/v2/models/a%2Fb%20c/versions/3/infer',
    ])
  })

  it('passes a body of the binary data extension on unchanged', async () => {
    const bytes = Buffer.concat([Buffer.from('{"inputs":[]}'), Buffer.from([0, 255, 128, 7])])
    const { url, seen } = await serve((response, request, body) => {
      const split = String(request.headers['inference-header-content-length'])
      response.writeHead(200, {
        'content-type': 'application/octet-stream',
        'inference-header-content-length': split,
      })
      response.end(body)
    })
    const headers = { 'inference-header-content-length': '13' }
    const call = {
      model: 'm',
      kind: 'bytes',
      contentType: 'application/octet-stream',
      bytes,
      headers,
    } as const
    const traced = { ...context, headers: { traceparent: '00-1-2-01' } }
    expect(await openInferenceProvider({ baseUrl: url }).infer(call, traced)).toEqual({
      kind: 'bytes',
      contentType: 'application/octet-stream',
      bytes,
      headers,
    })
    expect(seen[0]?.headers).toMatchObject({ ...headers, traceparent: '00-1-2-01', 'content-length': '17' })
  })

  it.each([
    ['a web page', 'text/html', '<!doctype html><title>Log in</title>', {}],
    ['a text', 'text/plain; charset=utf-8', 'ok', {}],
    ['an object that is cut', 'application/json', '{"outputs":[{"name":"y"', {}],
    ['an error', 'application/json', ' {\n"error": "out of memory"}', {}],
    ['tensors that are cut', 'application/octet-stream', '{}', { 'inference-header-content-length': '9' }],
    [
      'tensors with an odd length',
      'application/octet-stream',
      '{}',
      { 'inference-header-content-length': 'x' },
    ],
  ])('passes nothing on that is no prediction: %s', async (_what, contentType, body, headers) => {
    const { url } = await serve((response) =>
      response.writeHead(200, { 'content-type': contentType, ...headers }).end(body),
    )
    const bytes = Buffer.from('{"inputs":[]}')
    const call = { model: 'm', kind: 'bytes', contentType: 'application/json', bytes } as const
    await expect(openInferenceProvider({ baseUrl: url }).infer(call, context)).rejects.toMatchObject({
      code: 'malformed-reply',
      retryable: true,
    })
  })

  it.each([
    [400, { error: 'unexpected shape' }, 'bad-request'],
    [400, { error: "Request for unknown model: 'm' is not found" }, 'not-found'],
    [
      400,
      { error: "Request for unknown model: 'm' version 3 is not at ready state, model not ready" },
      'not-ready',
    ],
    [404, { error: 'Model with name m does not exist.' }, 'not-found'],
    [503, { error: 'Model m is not ready yet' }, 'not-ready'],
    [503, '', 'overloaded'],
    [500, { error: 'oops' }, 'unavailable'],
    [422, { detail: 'invalid' }, 'bad-request'],
    [403, { error: 'not ready to let you in' }, 'auth'],
    [302, '', 'malformed-reply'],
    [202, {}, 'malformed-reply'],
    [405, '', 'unsupported'],
  ])('reads status %i with the body %j as %s', async (status, body, code) => {
    const { url } = await serve(answerJson(body, status))
    await expect(openInferenceProvider({ baseUrl: url }).infer(tensors, context)).rejects.toMatchObject({
      code,
    })
  })

  it('passes no answer on that may have been cut off', async () => {
    const bytes = {
      kind: 'bytes',
      model: 'm',
      contentType: 'application/json',
      bytes: Buffer.from('{}'),
    } as const
    const all = JSON.stringify(reply)
    for (const [sent, type, code] of [
      [all, 'application/json', 'whole'],
      [all.slice(0, -9), 'application/json', 'interrupted'],
      [all, 'application/octet-stream', 'whole'],
      ['\x00\x01', 'application/octet-stream', 'interrupted'],
    ] as const) {
      const { url } = await serve(({ socket }) =>
        socket?.end(`HTTP/1.0 200 OK\r\ncontent-type: ${type}\r\n\r\n${sent}`),
      )
      const outcomes = [bytes, tensors].map((request) =>
        openInferenceProvider({ baseUrl: url })
          .infer(request, context)
          .then(
            () => 'whole',
            (error) => error.code,
          ),
      )
      expect(await Promise.all(outcomes)).toEqual([code, code])
    }
  })

  it.each([
    [true, ['answered', 'answered']],
    [false, ['answered', 'unavailable']],
  ])('sends again what a closed connection lost, unless told not to: resend %s', async (resend, outcomes) => {
    const used = new WeakSet<object>()
    const { url } = await serve((response, { socket }) => {
      if (used.has(socket)) socket.destroy()
      else answerJson(reply)(response)
      used.add(socket)
    })
    const provider = openInferenceProvider({ baseUrl: url, connections: 1, resend })
    const ask = (): Promise<string> =>
      provider.infer(tensors, context).then(
        () => 'answered',
        (error) => error.code,
      )
    expect([await ask(), await ask()]).toEqual(outcomes)
  })

  it('hides a credential that the server repeats in its error', async () => {
    const secret = 'sesame-0123456789'
    const { url } = await serve(answerJson({ error: `tenant ${secret} and key ${secret} are unknown` }, 401))
    for (const where of ['provider', 'call']) {
      const headers = { 'x-api-key': secret }
      const provider = openInferenceProvider({ baseUrl: url, ...(where === 'provider' && { headers }) })
      const call = provider.infer(tensors, { ...context, ...(where === 'call' && { headers }) })
      await expect(call).rejects.toThrow(
        'the server answered 401: tenant [secret] and key [secret] are unknown',
      )
    }
  })

  it('reports only the beginning of a long error', async () => {
    const { url } = await serve((response) => void response.writeHead(500).end('a'.repeat(3_000_000)))
    const error: unknown = await openInferenceProvider({ baseUrl: url })
      .infer(tensors, context)
      .catch((thrown: unknown) => thrown)
    expect((error as Error).message.length).toBeLessThan(1100)
  })

  it('throws bad-request for tensors that cannot be written as JSON', async () => {
    const { url, seen } = await serve(answerJson(reply))
    const inputs = [{ name: 'x', datatype: 'INT64', shape: [1], data: [1n] }]
    const call = openInferenceProvider({ baseUrl: url }).infer(
      { model: 'm', kind: 'tensors', inputs },
      context,
    )
    await expect(call).rejects.toMatchObject({ code: 'bad-request' })
    expect(seen).toEqual([])
  })

  it('reads a date in Retry-After by its own clock', async () => {
    const clock = createFakeClock({ startMs: Date.UTC(2026, 0, 1) })
    const { url } = await serve(answerJson({}, 429, { 'retry-after': 'Thu, 01 Jan 2026 00:01:00 GMT' }))
    const call = openInferenceProvider({ baseUrl: url, clock }).infer(tensors, context)
    await expect(call).rejects.toMatchObject({ code: 'rate-limited', retryAfterMs: 60_000 })
  })

  it.each([
    ['200', undefined, 200, true],
    ['200 with ready: true', { name: 'm', ready: true }, 200, true],
    ['200 with ready: false', { name: 'm', ready: false }, 200, false],
    ['503', { error: 'not ready' }, 503, false],
    ['404', {}, 404, false],
  ])('tells from the answer whether a model is ready: %s', async (_what, body, status, ready) => {
    const { url, seen } = await serve(answerJson(body, status))
    const provider = openInferenceProvider({ baseUrl: url })
    expect(await provider.ready({ name: 'm', version: '1' })).toBe(ready)
    expect(await provider.ready()).toBe(ready)
    expect(seen.map(({ path }) => path)).toEqual(['/v2/models/m/versions/1/ready', '/v2/health/ready'])
  })

  it('throws unavailable when the server is gone and cannot say whether it is ready', async () => {
    const gone = await serveLoopback(() => {})
    await gone.close()
    await expect(openInferenceProvider({ baseUrl: gone.url }).ready()).rejects.toMatchObject({
      code: 'unavailable',
    })
  })

  it('gives the metadata of a model that the server knows', async () => {
    const metadata = {
      name: 'm',
      versions: ['1', '2'],
      platform: 'onnx',
      inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 4] }],
      outputs: [],
    }
    const { url } = await serve(answerJson({ ...metadata, extra: 1 }))
    const provider = openInferenceProvider({ baseUrl: url })
    expect(await provider.metadata({ name: 'm' })).toEqual(metadata)
    const odd = await serve(answerJson({ versions: 1 }))
    const other = openInferenceProvider({ baseUrl: odd.url })
    await expect(other.metadata({ name: 'm' })).rejects.toMatchObject({ code: 'malformed-reply' })
  })
})
