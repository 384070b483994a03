import type { IncomingMessage, ServerResponse } from 'node:http'
import type { InferReply, InferRequest } from 'modelspine/adapter'
import { bytesReplyOf, tensorPayloadOf } from 'modelspine/adapter'
import { openInference, openInferenceProvider } from 'modelspine/adapters/open-inference'
import { createFakeClock } from 'modelspine/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { serveLoopback } from '../../loopback.ts'

let clear: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of clear) await end()
  clear = []
})

const header = 'inference-header-content-length'
const context = { requestId: 'r1', abortSignal: new AbortController().signal }
const answer: Extract<InferReply, { kind: 'tensors' }> = {
  kind: 'tensors',
  model: 'm',
  outputs: [
    { name: 'half', datatype: 'FP16', shape: [2], data: [0.5, -2] },
    { name: 'id', datatype: 'INT64', shape: [1], data: [2n ** 60n] },
    { name: 'plain', datatype: 'FP32', shape: [1], data: [0.25] },
  ],
}
const request: InferRequest = {
  kind: 'tensors',
  model: 'm',
  inputs: [{ name: 'x', datatype: 'BYTES', shape: [2], data: ['ja', Uint8Array.of(255, 216)] }],
}

interface Server {
  readonly url: string
  readonly seen: {
    readonly path: string
    readonly headers: IncomingMessage['headers']
    readonly body: Buffer
  }[]
}

/** Answers predictions with these bytes, and everything else as `describe` does. */
async function serve(
  bytes: Uint8Array,
  headers: Record<string, string>,
  describe: (response: ServerResponse) => void = (response) => void response.writeHead(404).end(),
): Promise<Server> {
  const seen: Server['seen'] = []
  const loopback = await serveLoopback((asked, body, response) => {
    const path = asked.url ?? ''
    seen.push({ path, headers: asked.headers, body })
    if (path.endsWith('/infer')) response.writeHead(200, headers).end(bytes)
    else describe(response)
  })
  clear.push(loopback.close)
  return { url: loopback.url, seen }
}

function binaryAnswer(isBinary: (name: string) => boolean): [Uint8Array, Record<string, string>] {
  const { bytes, contentType, headers } = bytesReplyOf(answer, 'm', isBinary)
  return [bytes, { 'content-type': contentType, ...headers }]
}

const extensions =
  (...names: string[]) =>
  (response: ServerResponse): void =>
    void response.writeHead(200).end(JSON.stringify({ name: 'triton', version: '2', extensions: names }))

describe('openInferenceProvider with binary: true', () => {
  it('sends tensors as binary data, and reads each output in the form that the server chose', async () => {
    const server = await serve(...binaryAnswer((name) => name !== 'plain'))
    const provider = openInferenceProvider({ baseUrl: server.url, binary: true })
    expect(provider.capabilities.binaryTensors).toBe(true)
    expect(await provider.infer(request, context)).toEqual(answer)
    const [call] = server.seen
    expect(call?.headers['content-type']).toBe('application/octet-stream')
    const split = String(call?.headers[header])
    expect(JSON.parse(String(call?.body.subarray(0, Number(split))))).toEqual({
      parameters: { binary_data_output: true },
      inputs: [{ name: 'x', datatype: 'BYTES', shape: [2], parameters: { binary_data_size: 12 } }],
    })
    const bytes = call?.body ?? new Uint8Array()
    const headers = { [header]: split }
    expect(tensorPayloadOf({ kind: 'bytes', contentType: '', bytes, headers }).inputs).toEqual(request.inputs)
  })

  it('refuses tensors that are wrong by the name of the field, and sends nothing', async () => {
    const server = await serve(...binaryAnswer(() => true))
    const inputs = [{ name: 'x', datatype: 'FP32', shape: [3], data: [1] }]
    const call = openInferenceProvider({ baseUrl: server.url, binary: true }).infer(
      { ...request, inputs },
      context,
    )
    await expect(call).rejects.toMatchObject({ code: 'bad-request', details: { field: 'inputs[0].data' } })
    expect(server.seen).toEqual([])
  })
})

describe('openInferenceProvider without it', () => {
  it('sends JSON, and reads an answer that is binary all the same', async () => {
    const server = await serve(...binaryAnswer(() => true))
    const provider = openInferenceProvider({ baseUrl: server.url })
    expect(provider.capabilities.binaryTensors).toBe(false)
    const inputs = [{ name: 'x', datatype: 'FP32', shape: [1], data: [1] }]
    expect(await provider.infer({ ...request, inputs }, context)).toEqual(answer)
    expect(server.seen[0]?.headers['content-type']).toBe('application/json')
  })

  it('refuses by name what JSON cannot say', async () => {
    const server = await serve(...binaryAnswer(() => true))
    const call = openInferenceProvider({ baseUrl: server.url }).infer(request, context)
    await expect(call).rejects.toMatchObject({ code: 'bad-request', details: { field: 'inputs[0].data[1]' } })
    expect(server.seen).toEqual([])
  })

  it('refuses another word for the option', () => {
    const options = { baseUrl: 'http://127.0.0.1:9', binary: 'yes' as never }
    expect(() => openInferenceProvider(options)).toThrow('binary is "yes"; write true, false or \'auto\'')
  })
})

describe('openInferenceProvider with binary: auto', () => {
  const formOf = ({ headers }: Server['seen'][number]): string => (header in headers ? 'binary' : 'JSON')
  const sayable = { ...request, inputs: [{ name: 'x', datatype: 'FP32', shape: [1], data: [1] }] }

  it.each([
    ['binary', 'a server that names the extension', extensions('statistics', 'binary_tensor_data')],
    ['JSON', 'a server that does not', extensions('model_repository_extension')],
    ['JSON', 'a server that does not describe itself', undefined],
    ['JSON', 'a server whose description is odd', (response: ServerResponse) => void response.end('[]')],
  ])('sends %s to %s', async (form, _server, describe) => {
    const server = await serve(...binaryAnswer(() => true), describe)
    const provider = openInference({ protocol: 'open-inference', address: server.url }, { binary: 'auto' })
    const replies = await Promise.all([provider.infer(sayable, context), provider.infer(sayable, context)])
    expect(replies).toEqual([answer, answer])
    // Both requests waited for the one question.
    expect(server.seen.map(({ path }) => path)).toEqual(['/v2', '/v2/models/m/infer', '/v2/models/m/infer'])
    expect(server.seen.slice(1).map(formOf)).toEqual([form, form])
    expect(provider.capabilities.binaryTensors).toBe(form === 'binary')
  })

  it('asks again after a minute, and after a failure sooner, but not at each request', async () => {
    const clock = createFakeClock()
    let say: (response: ServerResponse) => void = (response) => void response.writeHead(500).end()
    const server = await serve(...binaryAnswer(() => true), (response) => say(response))
    const provider = openInferenceProvider({ baseUrl: server.url, binary: 'auto', clock })
    const ask = async (afterMs: number): Promise<string> => {
      await clock.advance(afterMs)
      const before = server.seen.length
      await provider.infer(sayable, context)
      return server.seen
        .slice(before)
        .map((call) => (call.path === '/v2' ? 'question' : formOf(call)))
        .join(', ')
    }
    expect(await ask(0)).toBe('question, JSON')
    say = extensions('binary_tensor_data')
    expect(await ask(4000)).toBe('JSON')
    expect(await ask(1000)).toBe('question, binary')
    say = extensions()
    expect(await ask(59_000)).toBe('binary')
    expect(await ask(1000)).toBe('question, JSON')
  })

  it('sends JSON when the question takes too long, and lets a caller go who leaves meanwhile', async () => {
    const clock = createFakeClock()
    const server = await serve(...binaryAnswer(() => true), () => {})
    const provider = openInferenceProvider({ baseUrl: server.url, binary: 'auto', clock })
    const leaving = new AbortController()
    const left = provider.infer(sayable, { ...context, abortSignal: leaving.signal })
    const waiting = provider.infer(sayable, context)
    leaving.abort()
    await expect(left).rejects.toMatchObject({ code: 'aborted' })
    await clock.advance(5000)
    expect(await waiting).toEqual(answer)
    expect(server.seen.filter(({ path }) => path !== '/v2').map(formOf)).toEqual(['JSON'])
    await provider.close()
  })
})

describe('a binary answer', () => {
  const [bytes, headers] = binaryAnswer(() => true)
  const split = Number(headers[header])

  it.each<[string, Uint8Array, Record<string, string>]>([
    ['is cut in the middle of its tensors', bytes.subarray(0, -3), headers],
    ['is cut in its JSON', bytes.subarray(0, split - 4), headers],
    ['says another length of its JSON', bytes, { ...headers, [header]: String(split - 1) }],
    ['says a length that is no number', bytes, { ...headers, [header]: `${split}.0` }],
    ['has JSON that is no object', Buffer.from('[]'), { ...headers, [header]: '2' }],
  ])('that %s is malformed, as bytes and as tensors', async (_what, sent, told) => {
    const server = await serve(sent, { ...told, 'content-length': String(sent.length) })
    const provider = openInferenceProvider({ baseUrl: server.url, binary: true })
    const passed = {
      kind: 'bytes',
      model: 'm',
      contentType: 'application/json',
      bytes: Buffer.from('{}'),
    } as const
    for (const each of [request, passed]) {
      await expect(provider.infer(each, context)).rejects.toMatchObject({
        code: 'malformed-reply',
        retryable: true,
      })
    }
  })

  it('is passed on as it is, whatever is in it, when nobody reads it', async () => {
    const odd = Buffer.concat([bytes, Buffer.from('more')])
    const server = await serve(odd, headers)
    const passed = {
      kind: 'bytes',
      model: 'm',
      contentType: 'application/json',
      bytes: Buffer.from('{}'),
    } as const
    const reply = await openInferenceProvider({ baseUrl: server.url }).infer(passed, context)
    expect(reply).toMatchObject({ kind: 'bytes', headers: { [header]: String(split) } })
    expect(Buffer.compare(reply.kind === 'bytes' ? reply.bytes : Buffer.alloc(0), odd)).toBe(0)
    await expect(
      openInferenceProvider({ baseUrl: server.url }).infer({ ...request, inputs: [] }, context),
    ).rejects.toMatchObject({
      code: 'malformed-reply',
    })
  })

  it('that ends only with its connection may have been cut, so it is interrupted', async () => {
    const loopback = await serveLoopback((_request, _body, { socket }) => {
      const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
      socket?.write(`HTTP/1.0 200 OK\r\n${head.join('')}\r\n`)
      socket?.end(bytes)
    })
    clear.push(loopback.close)
    const provider = openInferenceProvider({ baseUrl: loopback.url, binary: true })
    await expect(provider.infer(request, context)).rejects.toMatchObject({ code: 'interrupted' })
  })
})
