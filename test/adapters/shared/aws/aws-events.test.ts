import fc from 'fast-check'
import { type ModelspineError, secretOf } from 'modelspine/adapter'
import { afterEach, describe, expect, it } from 'vitest'
import { createAwsClient } from '../../../../adapters/shared/aws/aws-client.ts'
import { type AwsEvent, type AwsEventOptions, awsEvents } from '../../../../adapters/shared/aws/aws-events.ts'
import type { AwsWords } from '../../../../adapters/shared/aws/aws-words.ts'
import { type Loopback, serveLoopback } from '../../../loopback.ts'
import { errorEvent, eventBytes, exceptionEvent, jsonEvent } from './event-stream-bytes.ts'

const words: AwsWords = {
  vendor: 'Bedrock',
  owner: 'bedrockProvider',
  unavailable: 'unavailable',
  throttled: 'rate-limited',
  refused: 'bad-request',
  oneAttempt: true,
  meaning: ({ code }, message) =>
    code === 'modelStreamErrorException' ? { code: 'interrupted', message } : undefined,
}
const isLast = ({ type }: AwsEvent): boolean => type === 'messageStop'

let ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.reverse()) await end()
  ends = []
})

/** How a server sends the bytes, and how their end shows. */
type Way = 'chunked' | 'until-closed' | 'broken'

async function read(
  bytes: Buffer,
  way: Way = 'chunked',
  options: AwsEventOptions = {},
): Promise<{ got: string[]; error: ModelspineError | undefined }> {
  const server: Loopback = await serveLoopback((_request, _body, response) => {
    const { socket } = response
    if (way === 'chunked') return void response.writeHead(200).end(bytes)
    if (way === 'until-closed') {
      socket?.end(Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n'), bytes]))
      return
    }
    response.writeHead(200, { 'transfer-encoding': 'chunked' })
    response.write(bytes, () => socket?.destroy())
  })
  const client = createAwsClient(
    {
      region: 'eu-west-1',
      endpoint: server.url,
      credentials: { accessKeyId: 'AKIATHIS', secretAccessKey: secretOf('the-secret') },
    },
    { endpointPrefix: 'bedrock-runtime', signingName: 'bedrock' },
    words,
  )
  ends.push(server.close, client.close)
  const got: string[] = []
  try {
    const stream = await client.stream({ method: 'POST', path: '/model/m/converse-stream', body: {} })
    for await (const { type, payload } of awsEvents(stream, words, options)) {
      got.push(`${type} ${Buffer.from(payload).toString()}`)
    }
    return { got, error: undefined }
  } catch (error) {
    return { got, error: error as ModelspineError }
  }
}

const delta = jsonEvent('contentBlockDelta', { text: 'Hi' })
const stop = jsonEvent('messageStop', {})
const told = ['contentBlockDelta {"text":"Hi"}', 'messageStop {}']

describe('events of a stream of AWS', () => {
  it('come with their types and payloads', async () => {
    expect(await read(Buffer.concat([delta, stop]))).toEqual({ got: told, error: undefined })
  })

  it('end whole without their last event when the transport ended whole, as the contract of providers says', async () => {
    expect(await read(delta, 'chunked', { isLast })).toEqual({ got: told.slice(0, 1), error: undefined })
  })

  it('are whole up to a closed connection only when the last event came', async () => {
    expect((await read(Buffer.concat([delta, stop]), 'until-closed', { isLast })).error).toBeUndefined()
    const cut = await read(delta, 'until-closed', { isLast })
    expect(cut).toMatchObject({ got: told.slice(0, 1), error: { code: 'interrupted' } })
    const unknown = await read(Buffer.concat([delta, stop]), 'until-closed')
    expect(unknown).toMatchObject({ got: told, error: { code: 'interrupted' } })
  })

  it('never end whole where the connection broke, wherever that was', async () => {
    const bytes = Buffer.concat([delta, stop])
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length), async (cut) => {
        const { got, error } = await read(bytes.subarray(0, cut), 'broken', { isLast })
        expect(error?.code).toBe('interrupted')
        expect(got).toEqual(told.slice(0, got.length))
      }),
      { numRuns: 20, examples: [[delta.length], [bytes.length]] },
    )
  })

  it.each([
    ['throttlingException', exceptionEvent('throttlingException', 'slowly'), 'rate-limited', true],
    ['validationException', exceptionEvent('validationException', 'no'), 'bad-request', false],
    ['internalServerException', exceptionEvent('internalServerException', 'oh'), 'unavailable', true],
    [
      'serviceUnavailableException',
      exceptionEvent('serviceUnavailableException', 'later'),
      'unavailable',
      true,
    ],
    ['accessDeniedException', exceptionEvent('accessDeniedException', 'not you'), 'auth', false],
    ['modelStreamErrorException', exceptionEvent('modelStreamErrorException', 'broke'), 'interrupted', true],
    ['InternalFailure', errorEvent('InternalFailure', 'oh'), 'unavailable', true],
    ['ThrottlingException', errorEvent('ThrottlingException', 'slowly'), 'rate-limited', true],
  ])('end with the error that AWS sends: %s', async (_, bytes, code, retryable) => {
    const { got, error } = await read(Buffer.concat([delta, bytes, stop]))
    expect(got).toEqual(told.slice(0, 1))
    expect(error).toMatchObject({ code, retryable, message: expect.stringMatching(/^Bedrock: \w+: \w/) })
  })

  it('end with an error for a message of no known type', async () => {
    const odd = eventBytes([[':message-type', { type: 'string', value: 'odd' }]], '')
    for (const bytes of [odd, eventBytes([], '{}')]) {
      expect(await read(Buffer.concat([delta, bytes]))).toMatchObject({
        got: told.slice(0, 1),
        error: { code: 'malformed-reply' },
      })
    }
  })

  it('tell no secret that an exception quotes', async () => {
    const { error } = await read(exceptionEvent('validationException', 'AKIATHIS has the-secret'))
    expect(error?.message).toBe('Bedrock: validationException: [secret] has [secret]')
  })
})
