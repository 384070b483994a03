import { crc32 } from 'node:zlib'
import { EventStreamCodec, Int64, type Message } from '@smithy/eventstream-codec'
import fc from 'fast-check'
import { isModelspineError } from 'modelspine/adapter'
import { describe, expect, it } from 'vitest'
import {
  type EventMessage,
  EventStreamDecoder,
} from '../../../../adapters/shared/aws/event-stream-decoder.ts'
import type { EventHeader } from '../../../../adapters/shared/aws/event-stream-headers.ts'
import { eventBytes, framed, type HeaderList } from './event-stream-bytes.ts'

const sdk = new EventStreamCodec(
  (bytes) => (typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('utf8')),
  (text) => Buffer.from(text, 'utf8'),
)

const text = fc.string({ unit: 'grapheme', maxLength: 20 })
const header: fc.Arbitrary<EventHeader> = fc.oneof(
  fc.boolean().map((value) => ({ type: 'boolean', value }) as const),
  fc.integer({ min: -128, max: 127 }).map((value) => ({ type: 'byte', value }) as const),
  fc.integer({ min: -32768, max: 32767 }).map((value) => ({ type: 'short', value }) as const),
  fc.integer().map((value) => ({ type: 'integer', value }) as const),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value) => ({ type: 'long', value }) as const),
  fc.uint8Array({ maxLength: 30 }).map((value) => ({ type: 'binary', value }) as const),
  text.map((value) => ({ type: 'string', value }) as const),
  fc
    .date({ noInvalidDate: true, min: new Date('1900-01-01'), max: new Date('2200-01-01') })
    .map((value) => ({ type: 'timestamp', value }) as const),
  fc.uuid().map((value) => ({ type: 'uuid', value }) as const),
)
/** No name twice, and none that an object of JavaScript has a meaning for: the SDK keeps headers in one. */
const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 10 }).map((end) => `:${end}`)
const headers: fc.Arbitrary<HeaderList> = fc.uniqueArray(fc.tuple(name, header), {
  selector: ([each]) => each,
  maxLength: 8,
})
const message = fc.record({ headers, payload: fc.uint8Array({ maxLength: 60 }) })
const messages = fc.array(message, { minLength: 1, maxLength: 5 })

function bytesOf(list: readonly { headers: HeaderList; payload: Uint8Array }[]): Buffer {
  return Buffer.concat(list.map((each) => eventBytes(each.headers, each.payload)))
}

/** The same value in the form that the SDK has for it. */
function forSdk({ type, value }: EventHeader): Message['headers'][string] {
  if (type !== 'long') return { type, value } as Message['headers'][string]
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(value)
  return { type, value: new Int64(bytes) }
}

function fromSdk(given: Message['headers'][string]): EventHeader {
  if (given.type !== 'long') return given as EventHeader
  return { type: 'long', value: Buffer.from(given.value.bytes).readBigInt64BE() }
}

function comparable(header: EventHeader): unknown {
  return header.type === 'binary'
    ? { type: 'binary', value: Buffer.from(header.value).toString('hex') }
    : header
}

function plain({ headers: read, payload }: EventMessage): unknown {
  return {
    headers: [...read].map(([key, value]) => [key, comparable(value)]),
    payload: Buffer.from(payload).toString('hex'),
  }
}

function expected(list: readonly { headers: HeaderList; payload: Uint8Array }[]): readonly unknown[] {
  return list.map((each) => plain({ headers: new Map(each.headers), payload: each.payload }))
}

/** What a reader of the whole stream gets, and the code of the error that it ended with. */
function readAll(
  bytes: Uint8Array,
  cuts: readonly number[] = [],
): { got: unknown[]; code: string | undefined } {
  const decoder = new EventStreamDecoder()
  const got: unknown[] = []
  try {
    const places = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort(
      (one, other) => one - other,
    )
    for (const [index, place] of places.entries()) {
      for (const each of decoder.push(bytes.subarray(places[index - 1] ?? 0, place))) got.push(plain(each))
    }
    decoder.end()
    return { got, code: undefined }
  } catch (error) {
    if (!isModelspineError(error)) throw error
    return { got, code: error.code }
  }
}

describe('the decoder of event streams', () => {
  it('reads what the AWS SDK writes, however it is split', () => {
    fc.assert(
      fc.property(messages, fc.array(fc.nat(), { maxLength: 8 }), (list, cuts) => {
        const written = Buffer.concat(
          list.map((each) =>
            sdk.encode({
              headers: Object.fromEntries(each.headers.map(([key, value]) => [key, forSdk(value)])),
              body: each.payload,
            }),
          ),
        )
        expect(readAll(written, cuts)).toEqual({ got: expected(list), code: undefined })
      }),
    )
  })

  it('reads what the AWS SDK reads, from a writer of its own', () => {
    fc.assert(
      fc.property(message, (one) => {
        const bytes = bytesOf([one])
        const theirs = sdk.decode(bytes)
        const read = new Map(Object.entries(theirs.headers).map(([key, value]) => [key, fromSdk(value)]))
        expect([plain({ headers: read, payload: theirs.body })]).toEqual(expected([one]))
        expect(readAll(bytes)).toEqual({ got: expected([one]), code: undefined })
      }),
    )
  })

  it('reads the same byte by byte', () => {
    fc.assert(
      fc.property(messages, (list) => {
        const bytes = bytesOf(list)
        const everywhere = Array.from(bytes, (_, place) => place)
        expect(readAll(bytes, everywhere)).toEqual({ got: expected(list), code: undefined })
      }),
      { numRuns: 30 },
    )
  })

  it('never passes a stream in which one bit is changed: whole messages before it, then an error', () => {
    fc.assert(
      fc.property(messages, fc.nat(), fc.array(fc.nat(), { maxLength: 4 }), (list, place, cuts) => {
        const bytes = bytesOf(list)
        const bit = place % (bytes.length * 8)
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        const { got, code } = readAll(bytes, cuts)
        const sent = expected(list)
        expect(code).toBe('malformed-reply')
        expect(got.length).toBeLessThan(list.length)
        expect(got).toEqual(sent.slice(0, got.length))
      }),
      { numRuns: 500 },
    )
  })

  it('finds each single bit of a message', () => {
    const bytes = eventBytes([['a', { type: 'string', value: 'b' }]], 'payload')
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const flipped = Buffer.from(bytes)
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(readAll(flipped)).toEqual({ got: [], code: 'malformed-reply' })
    }
  })

  it('never passes a message that was cut: whole messages before it, then an error at the end', () => {
    fc.assert(
      fc.property(messages, fc.nat(), fc.array(fc.nat(), { maxLength: 4 }), (list, place, cuts) => {
        const bytes = bytesOf(list)
        const cut = place % bytes.length
        const { got, code } = readAll(bytes.subarray(0, cut), cuts)
        const ends = list.map((_, index) => bytesOf(list.slice(0, index)).length)
        expect(got).toEqual(expected(list).slice(0, got.length))
        expect(got.length).toBeLessThan(list.length)
        // A cut between two messages shows in the transport alone: `awsEvents` asks it.
        expect(code).toBe(ends.includes(cut) ? undefined : 'interrupted')
      }),
      { numRuns: 500 },
    )
  })

  it('passes nothing more after an error, whatever comes', () => {
    const good = eventBytes([], 'good')
    const bad = Buffer.from(good)
    bad[13] = 0
    const decoder = new EventStreamDecoder()
    expect(() => [...decoder.push(bad)]).toThrow('not as it was sent')
    expect(() => [...decoder.push(good)]).toThrow('not as it was sent')
    expect(() => decoder.end()).toThrow('not as it was sent')
  })

  it('refuses a message that is too large before it has come', () => {
    const decoder = new EventStreamDecoder({ maxMessageBytes: 100 })
    const prelude = eventBytes([], 'x'.repeat(85)).subarray(0, 12)
    expect(() => [...decoder.push(prelude)]).toThrow('more than the 100 bytes')
    expect([...new EventStreamDecoder({ maxMessageBytes: 101 }).push(prelude)]).toEqual([])
  })

  it.each([
    ['an unknown type', Buffer.from([1, 97, 10])],
    ['a name that is longer than the headers', Buffer.from([9, 97])],
    ['no type', Buffer.from([1, 97])],
    ['a text that is longer than the headers', Buffer.from([1, 97, 7, 0, 9, 97])],
    ['half a number', Buffer.from([1, 97, 4, 0, 0])],
  ])('refuses headers with %s', (_, bytes) => {
    expect(readAll(framed(bytes, Buffer.from('payload')))).toEqual({ got: [], code: 'malformed-reply' })
  })

  it.each([
    [16, 5],
    [15, 0],
    [0, 0],
  ])('refuses a message of %d bytes with headers of %d', (length, headersLength) => {
    const bytes = framed(Buffer.alloc(0), Buffer.alloc(0))
    bytes.writeUInt32BE(length, 0)
    bytes.writeUInt32BE(headersLength, 4)
    bytes.writeUInt32BE(crc32(bytes.subarray(0, 8)), 8)
    bytes.writeUInt32BE(crc32(bytes.subarray(0, 12)), 12)
    expect(readAll(bytes)).toEqual({ got: [], code: 'malformed-reply' })
  })
})
