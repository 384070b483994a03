import { InvokeModelWithResponseStreamCommand } from '@aws-sdk/client-bedrock-runtime'
import { isModelspineError } from 'modelspine/adapter'
import type { BedrockProvider } from 'modelspine/adapters/bedrock'
import { describe, expect, it } from 'vitest'
import { officialClient } from '../../unit/dialects/bedrock/official-client.ts'
import { errorEvent, exceptionEvent, jsonEvent } from '../shared/aws/event-stream-bytes.ts'
import { context, cutReply, openScene, streamReply } from './scene.ts'
import { eventStream } from './scripted-bedrock.ts'

const infer = {
  model: 'meta.llama3-8b-instruct-v1:0',
  kind: 'bytes',
  contentType: 'application/json',
  bytes: Buffer.from('{"prompt":"Hi"}'),
} as const
const piece = (text: string): Buffer => jsonEvent('chunk', { bytes: Buffer.from(text).toString('base64') })
const bytes = Buffer.concat([
  piece('{"generation":"Grüße "}'),
  jsonEvent('somethingNew', { a: 1 }),
  piece('{"generation":"🌍"}'),
])

interface ReadPieces {
  readonly pieces: readonly string[]
  readonly code: string | undefined
}

async function readAll(chunks: AsyncIterable<Uint8Array>): Promise<ReadPieces> {
  const pieces: string[] = []
  try {
    for await (const chunk of chunks) pieces.push(Buffer.from(chunk).toString())
    return { pieces, code: undefined }
  } catch (error) {
    return { pieces, code: isModelspineError(error) ? error.code : String((error as Error).name) }
  }
}

async function ours(provider: BedrockProvider): Promise<ReadPieces> {
  return readAll((await provider.inferStream(infer, context)).chunks)
}

/** What AWS's own client gives of the same bytes. */
async function officially(sent: Uint8Array): Promise<ReadPieces> {
  const client = officialClient(() => ({ contentType: eventStream, body: sent }))
  const { body } = await client.send(new InvokeModelWithResponseStreamCommand({ modelId: 'm', body: '{}' }))
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for await (const { chunk } of body ?? []) if (chunk?.bytes !== undefined) yield chunk.bytes
  }
  return readAll(chunks())
}

describe('a stream of InvokeModel', () => {
  it('has the pieces that AWS’s own client gives', async () => {
    const { provider } = await openScene(() => streamReply(bytes))
    const { pieces, code } = await ours(provider)
    expect([pieces, code]).toEqual([['{"generation":"Grüße "}', '{"generation":"🌍"}'], undefined])
    expect(await officially(bytes)).toEqual({ pieces, code })
  })

  it('is never whole where its connection broke, or within an event, and is malformed when it is empty', async () => {
    let reply = cutReply(bytes)
    const { provider } = await openScene(() => reply)
    expect(await ours(provider)).toMatchObject({ code: 'interrupted' })
    const first = bytes.readUInt32BE(0)
    for (const place of [1, first - 1, first + 1, bytes.length - 1]) {
      reply = streamReply(bytes.subarray(0, place))
      expect([place, await ours(provider)]).toMatchObject([place, { code: 'interrupted' }])
    }
    for (const empty of [bytes.subarray(0, 0), jsonEvent('somethingNew', {})]) {
      reply = streamReply(empty)
      expect(await ours(provider)).toEqual({ pieces: [], code: 'malformed-reply' })
    }
  })

  it('refuses a flipped bit in each of its parts, after the pieces before it', async () => {
    let sent = bytes
    const { provider } = await openScene(() => streamReply(sent))
    const second = bytes.readUInt32BE(0) + bytes.readUInt32BE(bytes.readUInt32BE(0))
    for (const place of [0, 5, 9, 14, 60, 120].map((within) => second + within)) {
      sent = Buffer.from(bytes)
      sent[place] = (sent[place] ?? 0) ^ 4
      expect([place, await ours(provider)]).toMatchObject([place, { code: 'malformed-reply' }])
      expect((await ours(provider)).pieces).toEqual(['{"generation":"Grüße "}'])
    }
  })

  it.each([
    ['internalServerException', 'unavailable'],
    ['modelStreamErrorException', 'interrupted'],
    ['validationException', 'bad-request'],
    ['throttlingException', 'rate-limited'],
    ['modelTimeoutException', 'timeout'],
    ['serviceUnavailableException', 'overloaded'],
  ])('ends with %s where AWS’s own client does, as %s', async (name, code) => {
    const sent = Buffer.concat([piece('a'), exceptionEvent(name, 'no')])
    const { provider } = await openScene(() => streamReply(sent))
    expect(await ours(provider)).toEqual({ pieces: ['a'], code })
    const official = name.charAt(0).toUpperCase() + name.slice(1)
    expect(await officially(sent)).toEqual({ pieces: ['a'], code: official })
  })

  it('ends with an error that is none of Bedrock’s own', async () => {
    const { provider } = await openScene(() => streamReply(errorEvent('InternalFailure', 'no')))
    expect(await ours(provider)).toEqual({ pieces: [], code: 'unavailable' })
  })
})
