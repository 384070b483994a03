import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type SseEvent, SseParser } from '../../../src/http/sse.ts'

const encoder = new TextEncoder()

function parse(text: string): SseEvent[] {
  return new SseParser().push(encoder.encode(text))
}

const message = (data: string, id = '', event = 'message'): SseEvent => ({ event, data, id })

describe('SseParser', () => {
  it.each([
    ['data: a\n\n', [message('a')]],
    ['data:a\n\n', [message('a')]],
    ['data:  a\n\n', [message(' a')]],
    ['data: a\r\ndata: b\r\rdata: c\n\n', [message('a\nb'), message('c')]],
    ['data\n\n', [message('')]],
    ['data: \n\n', [message('')]],
    ['\n\n\n', []],
    [': a comment\n\n', []],
    ['event: error\ndata: a\n\ndata: b\n\n', [message('a', '', 'error'), message('b')]],
    ['event: lonely\n\ndata: b\n\n', [message('b')]],
    ['id: 7\ndata: a\n\ndata: b\n\n', [message('a', '7'), message('b', '7')]],
    ['id: 7\0\ndata: a\n\n', [message('a')]],
    ['retry: 10\nother: x\nDATA: no\ndata: a\n\n', [message('a')]],
    ['\uFEFFdata: a\n\n', [message('a')]],
    ['data: a\n', []],
  ])('reads %j as the standard requires', (text, events) => {
    expect(parse(text)).toEqual(events)
  })

  it('gives an event as soon as its last line ends, even with a carriage return', () => {
    const parser = new SseParser()
    expect(parser.push(encoder.encode('data: a\r\n\r'))).toEqual([message('a')])
    expect(parser.push(encoder.encode('\ndata: b\n\n'))).toEqual([message('b')])
  })

  it('gives the unfinished event at the end of its stream', () => {
    const parser = new SseParser()
    parser.push(encoder.encode('data: a\n\ndata: [DO'))
    parser.push(encoder.encode('NE]'))
    expect(parser.unfinished()).toEqual(message('[DONE]'))
    expect(new SseParser().unfinished()).toBeUndefined()
  })

  it.each([
    ['in one line', [`data: ${'x'.repeat(200)}`]],
    ['in many lines', Array.from({ length: 30 }, () => 'data: 0123456789\n')],
    ['in a comment without end', [`:${'x'.repeat(200)}`]],
  ])('refuses an event that is too large %s', (_how, chunks) => {
    const parser = new SseParser({ maxEventLength: 100 })
    expect(() => {
      for (const chunk of chunks) parser.push(encoder.encode(chunk))
    }).toThrow(expect.objectContaining({ code: 'malformed-reply' }))
  })

  it('limits the size of each event, not of the stream', () => {
    const parser = new SseParser({ maxEventLength: 100 })
    let events = 0
    for (let round = 0; round < 100; round += 1)
      events += parser.push(encoder.encode('data: 0123456789\n\n')).length
    expect(events).toBe(100)
  })

  it('gives the same events for every way to cut the chunks', () => {
    const line = fc.oneof(
      fc.constantFrom(
        'data: a',
        'data',
        'data: ü€😀',
        'event: tick',
        'id: 3',
        ': note',
        'retry: 1',
        '',
        '',
        '\uFEFFdata: b',
      ),
      fc.string({ unit: 'grapheme', maxLength: 8 }),
    )
    const end = fc.constantFrom('\n', '\r', '\r\n')
    const text = fc
      .array(fc.tuple(line, end))
      .map((lines) => lines.map(([each, mark]) => each + mark).join(''))
    fc.assert(
      fc.property(text, fc.array(fc.nat({ max: 12 })), (whole, sizes) => {
        const bytes = encoder.encode(whole)
        const parser = new SseParser()
        const events: SseEvent[] = []
        let start = 0
        for (const size of sizes) {
          events.push(...parser.push(bytes.subarray(start, start + size)))
          start += size
        }
        events.push(...parser.push(bytes.subarray(start)))
        expect(events).toEqual(new SseParser().push(bytes))
      }),
      { numRuns: 500 },
    )
  })
})
