import { existsSync, readFileSync } from 'node:fs'
import { ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime'
import fc from 'fast-check'
import { bedrockConverse, isModelspineError, ModelspineError, nativeBody } from 'modelspine/adapter'
import { describe, expect, it } from 'vitest'
import { ConverseFraming } from '../../../adapters/bedrock/converse-framing.ts'
import { draws } from '../../draws.ts'
import { officialClient } from '../../unit/dialects/bedrock/official-client.ts'
import { errorEvent, eventBytes, exceptionEvent, jsonEvent } from '../shared/aws/event-stream-bytes.ts'
import { context, cutReply, jsonReply, openScene, readChat, request, streamReply } from './scene.ts'
import { converseReply, eventStream, metadataEvent, stopEvents, textEvent } from './scripted-bedrock.ts'

const start = jsonEvent('messageStart', { role: 'assistant' })
const whole = Buffer.concat([
  start,
  jsonEvent('contentBlockDelta', {
    contentBlockIndex: 0,
    delta: { reasoningContent: { redactedContent: 'AAEC' } },
  }),
  textEvent('Grüße '),
  textEvent('🌍'),
  stopEvents,
  metadataEvent,
])
const path = new URL('../../../../shared/samples/ministack/converse-stream.bin', import.meta.url)
const sample = existsSync(path) ? readFileSync(path) : undefined
if (sample === undefined) console.log(`skipped a stream of ministack: ${path.pathname} is not there`)

async function officially(bytes: Uint8Array): Promise<unknown[]> {
  const client = officialClient(() => ({ contentType: eventStream, body: bytes }))
  const { stream } = await client.send(new ConverseStreamCommand({ modelId: 'm' }))
  const events: unknown[] = []
  for await (const event of stream ?? []) events.push(plain(event))
  return events
}

/** The client gives bytes where JSON has base64. */
function plain(event: unknown): unknown {
  const text = JSON.stringify(event, (_name, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value,
  )
  return JSON.parse(text)
}

const streams = [
  ['of ours', whole] as const,
  ...(sample === undefined ? [] : [['of ministack', sample] as const]),
]

describe.each(streams)('a stream of Bedrock %s', (_whose, bytes) => {
  it('is the same events as AWS’s own client reads of the same bytes', async () => {
    const { provider } = await openScene(() => streamReply(bytes))
    const { events, error } = await readChat(provider.chatStream(request, context))
    expect(error).toBeUndefined()
    const official = await officially(bytes)
    expect(events.map((event) => nativeBody(event, 'bedrock-converse'))).toEqual(official)
    expect(official.length).toBeGreaterThan(5)
  })

  it('is never whole where the connection broke, and has no event that did not come', async () => {
    let cut = 0
    const { provider } = await openScene(() => cutReply(bytes.subarray(0, cut)))
    const official = await officially(bytes)
    const read = async (place: number): Promise<void> => {
      cut = place
      const { events, error } = await readChat(provider.chatStream(request, context))
      expect([place, error?.code]).toEqual([place, expect.stringMatching(/^(interrupted|unavailable)$/)])
      const natives = events.map((event) => nativeBody(event, 'bedrock-converse'))
      expect(natives).toEqual(official.slice(0, natives.length))
    }
    const places = fc.integer({ min: 0, max: bytes.length })
    await fc.assert(fc.asyncProperty(places, read), {
      numRuns: draws(15, 150),
      examples: [[0], [bytes.length]],
    })
  })

  it('is never whole where it was cut, although the transport says that it is whole', async () => {
    let cut = 0
    const { provider } = await openScene(() => streamReply(bytes.subarray(0, cut)))
    const ends = eventEnds(bytes)
    // Only the usage comes after the event that says why the answer is finished.
    const [whole] = ends.slice(-2)
    const read = async (place: number): Promise<void> => {
      cut = place
      const { error } = await readChat(provider.chatStream(request, context))
      const code = place === 0 ? 'malformed-reply' : 'interrupted'
      expect([place, error?.code]).toEqual([place, place === whole ? undefined : code])
    }
    const places = fc.integer({ min: 0, max: bytes.length - 1 })
    await fc.assert(fc.asyncProperty(places, read), {
      numRuns: draws(15, 150),
      examples: [0, bytes.length - 1, ...ends.slice(0, -1)].map((place) => [place]),
    })
  })

  it('refuses a flipped bit', async () => {
    let sent = bytes
    const { provider } = await openScene(() => streamReply(sent))
    const flip = async (place: number, bit: number): Promise<void> => {
      sent = Buffer.from(bytes)
      sent[place] = (sent[place] ?? 0) ^ (1 << bit)
      const { error } = await readChat(provider.chatStream(request, context))
      expect([place, bit, error?.code]).toEqual([place, bit, 'malformed-reply'])
    }
    await fc.assert(fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(7), flip), { numRuns: draws(20, 200) })
  })
})

/** What the provider reads of bytes that ended well, without the network in between. */
function outcomeOf(sent: Uint8Array): string {
  const framing = new ConverseFraming()
  const reader = bedrockConverse.reader(request, () => new ModelspineError('unavailable', 'no'))
  try {
    for (const { event, data } of framing.push(sent)) reader.read(event, data)
    framing.unfinished()
    reader.end('whole')
    return 'whole'
  } catch (error) {
    return isModelspineError(error) ? error.code : String(error)
  }
}

describe('each byte of a stream of Bedrock', () => {
  it('is missed where the stream is cut before it', () => {
    const [finished] = eventEnds(whole).slice(-2)
    const taken = Array.from(whole.keys()).filter((place) => outcomeOf(whole.subarray(0, place)) === 'whole')
    expect(taken).toEqual([finished])
    expect(outcomeOf(whole)).toBe('whole')
  })

  it('is refused when one of its bits is flipped', () => {
    const outcomes = new Set<string>()
    for (let bit = 0; bit < whole.length * 8; bit += 1) {
      const sent = Buffer.from(whole)
      sent[bit >> 3] = (sent[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      outcomes.add(outcomeOf(sent))
    }
    expect([...outcomes]).toEqual(['malformed-reply'])
  })
})

/** Where one event ends and the next one begins. */
function eventEnds(bytes: Buffer): readonly number[] {
  const ends: number[] = []
  for (let at = 0; at < bytes.length; ) {
    at += bytes.readUInt32BE(at)
    ends.push(at)
  }
  return ends
}

describe('an exception in a stream of Bedrock', () => {
  it.each([
    ['throttlingException', 'rate-limited'],
    ['validationException', 'bad-request'],
    ['internalServerException', 'unavailable'],
    ['serviceUnavailableException', 'overloaded'],
    ['modelStreamErrorException', 'interrupted'],
    ['somethingNew', 'unavailable'],
  ])('%s is %s, after what came before', async (name, code) => {
    const { provider } = await openScene(() =>
      streamReply(Buffer.concat([start, textEvent('a'), exceptionEvent(name, 'no')])),
    )
    const { text, error } = await readChat(provider.chatStream(request, context))
    expect([text, error?.code]).toEqual(['a', code])
    expect(error?.message).toMatch(/^Bedrock: \w+: no$/)
  })

  it('tells what the model’s own server answered, and is itself when it is no JSON', async () => {
    const type = [':exception-type', { type: 'string', value: 'modelStreamErrorException' }] as const
    const headers = [type, [':message-type', { type: 'string', value: 'exception' }]] as const
    let payload = JSON.stringify({ message: 'broke', originalStatusCode: 500 })
    const { provider } = await openScene(() => streamReply(eventBytes(headers, payload)))
    const failure = async () => (await readChat(provider.chatStream(request, context))).error
    expect(await failure()).toMatchObject({ code: 'interrupted', details: { modelStatus: 500 } })
    for (payload of ['no JSON', '[]', '']) {
      expect(await failure()).toMatchObject({
        code: 'interrupted',
        message: expect.stringMatching(/^Bedrock: modelStreamErrorException(: .+)?$/),
      })
    }
  })

  it('that is none of Bedrock’s own is an error too, and shows no secret', async () => {
    const { provider } = await openScene(() =>
      streamReply(errorEvent('InternalFailure', 'key the+secret/of=bedrock')),
    )
    const { error } = await readChat(provider.chatStream(request, context))
    expect(error).toMatchObject({ code: 'unavailable', message: 'Bedrock: InternalFailure: key [secret]' })
  })

  it.each([
    ['one document', jsonReply(converseReply()), 'malformed-reply'],
    ['an error', jsonReply({ __type: 'ThrottlingException', message: 'slowly' }), 'rate-limited'],
    ['a web page', { headers: { 'content-type': 'text/html' }, body: '<html>' }, 'malformed-reply'],
  ])('fails for %s in place of a stream', async (_what, reply, code) => {
    const { provider } = await openScene(() => reply)
    expect((await readChat(provider.chatStream(request, context))).error?.code).toBe(code)
  })
})
