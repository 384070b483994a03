import type { ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import type { FaultyCall } from './laboratory.ts'
import type { Answer, AnswerInEvents, RefusalKind } from './words.ts'

export interface Fault {
  /** For the table of faults: what the upstream does. */
  readonly does: string
  /** Whether there is nothing of the kind in a whole answer. */
  readonly onlyInEvents?: boolean
  /** Whether later calls fare otherwise. Then three are made, 30 seconds apart. */
  readonly changes?: boolean
  play(call: FaultyCall): void | Promise<void>
}

/** The upstream's time until it answers, where it is slow. */
const slowMs = 8000
/** The time between two pieces, where they drip. */
const dripMs = 3000

/** The name of a model that misbehaves. */
export type FaultName =
  | 'none'
  | 'rate-limit'
  | 'bare-rate-limit'
  | 'fails-once'
  | 'away-for-a-minute'
  | 'flapping'
  | 'reset'
  | 'reset-when-used'
  | 'silence'
  | 'headers-only'
  | 'slow-start'
  | 'cut'
  | 'stall'
  | 'ends-early'
  | 'no-end-mark'
  | 'malformed'
  | 'error-in-answer'
  | 'error-after-output'
  | 'web-page'
  | 'wrong-type'
  | 'huge-headers'
  | 'context-length'
  | 'content-filter'
  | 'drip'
  | 'gzip'
  | 'odd-borders'

/** All ways in which an upstream of the laboratory misbehaves. */
export const faults: Readonly<Record<FaultName, Fault>> = {
  none: {
    does: 'Answers well.',
    play: (call) => answer(call),
  },
  'rate-limit': {
    does: 'Answers 429 with `retry-after: 7`.',
    play: (call) => refuse(call, 'rate-limited', { 'retry-after': '7' }),
  },
  'bare-rate-limit': {
    does: 'Answers 429 without a `retry-after`.',
    play: (call) => refuse(call, 'rate-limited'),
  },
  'fails-once': {
    does: 'Answers the first call with 500, and the others well.',
    changes: true,
    play: (call) => (call.number === 1 ? refuse(call, 'broken') : answer(call)),
  },
  'away-for-a-minute': {
    does: 'Answers 503 for a minute, and then well.',
    changes: true,
    play: (call) => (call.sinceFirstMs < 60_000 ? refuse(call, 'overloaded') : answer(call)),
  },
  flapping: {
    does: 'Answers every other call with 503.',
    changes: true,
    play: (call) => (call.number % 2 === 1 ? refuse(call, 'overloaded') : answer(call)),
  },
  reset: {
    does: 'Resets the connection before it answers.',
    play: (call) => call.reset(),
  },
  'reset-when-used': {
    does: 'Resets a connection that served before, and answers well on a new one.',
    play: (call) => (call.onConnection > 1 ? call.reset() : answer(call)),
  },
  silence: {
    does: 'Takes the request and says nothing.',
    play: (call) => call.pause(),
  },
  'headers-only': {
    does: 'Sends the head of its answer, and then nothing.',
    play(call) {
      begin(call).flushHeaders()
      return call.pause()
    },
  },
  'slow-start': {
    does: `Takes ${slowMs / 1000} s until it answers.`,
    async play(call) {
      await call.pause(slowMs)
      answer(call)
    },
  },
  cut: {
    does: 'Breaks the connection in the middle of its answer.',
    play: (call) => half(call, () => call.reset()),
  },
  stall: {
    does: 'Stops in the middle of its answer, and keeps the connection.',
    play: (call) => half(call, () => void call.pause()),
  },
  'ends-early': {
    does: 'Ends its answer properly, but in the middle.',
    play: (call) => half(call, () => call.response.end()),
  },
  'no-end-mark': {
    does: 'Leaves out what says that the answer is over: the length of a whole one, the mark behind events.',
    play: unmarked,
  },
  malformed: {
    does: 'Sends something that its format does not know: broken JSON, or such an event behind output.',
    play: (call) => spoil(call, ({ malformed }) => malformed),
  },
  'error-in-answer': {
    does: 'Begins with status 200, and reports an error in the answer.',
    play(call) {
      const events = eventsOf(call)
      begin(call).end(bytesOf(call, events === undefined ? call.words.errorAnswer : events.error))
    },
  },
  'error-after-output': {
    does: 'Reports an error behind output.',
    onlyInEvents: true,
    play: (call) => spoil(call, ({ error }) => error),
  },
  'web-page': {
    does: 'Answers 200 with a web page.',
    play({ response }) {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
      response.end('<!doctype html><html><body>Please log in.</body></html>')
    },
  },
  'wrong-type': {
    does: 'Answers well, but says that it is `text/plain`.',
    play: (call) => answer(call, { 'content-type': 'text/plain' }),
  },
  'huge-headers': {
    does: 'Answers well, with 100 kB of headers.',
    play: (call) => answer(call, { 'x-huge': 'h'.repeat(100_000) }),
  },
  'context-length': {
    does: 'Refuses the input because it is too long.',
    play: (call) => refuse(call, 'context-length'),
  },
  'content-filter': {
    does: 'Refuses the input because its filter does not allow it.',
    play: (call) => refuse(call, 'content-filter'),
  },
  drip: {
    does: `Answers in pieces that are ${dripMs / 1000} s apart.`,
    async play(call) {
      const response = begin(call)
      for (const [place, piece] of dripped(call).entries()) {
        if (place > 0) await call.pause(dripMs)
        response.write(piece)
      }
      response.end()
    },
  },
  gzip: {
    does: 'Compresses its answer, although it was asked not to.',
    play(call) {
      const bytes = gzipSync(bytesOf(call, piecesOf(call).join('')))
      begin(call, { 'content-encoding': 'gzip' }).end(bytes)
    },
  },
  'odd-borders': {
    does: 'Sends each byte alone, so that pieces end inside letters and inside `data:`.',
    async play(call) {
      const response = begin(call)
      for (const byte of bytesOf(call, piecesOf(call).join(''))) {
        response.write(Buffer.of(byte))
        await new Promise((resolve) => setImmediate(resolve))
      }
      response.end()
    },
  },
}

export const faultNames: readonly FaultName[] = Object.keys(faults) as FaultName[]

function refuse({ words, response }: FaultyCall, kind: RefusalKind, headers: Headers = {}): void {
  const { status, text } = words.refusal(kind)
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text)
}

type Headers = Readonly<Record<string, string>>

/** The events to answer with, if events were asked for. */
function eventsOf({ words, streamed }: FaultyCall): AnswerInEvents | undefined {
  return streamed ? words.inEvents : undefined
}

function piecesOf(call: FaultyCall): readonly string[] {
  const events = eventsOf(call)
  return events === undefined ? [call.words.whole(call.asked).text] : [...events.events, events.endMark]
}

/** A text of the answer, as it is sent. */
function bytesOf(call: FaultyCall, text: string): Buffer {
  return Buffer.from(text, eventsOf(call)?.encoding ?? 'utf8')
}

function begin(call: FaultyCall, headers: Headers = {}): ServerResponse {
  const answer: Answer | AnswerInEvents = eventsOf(call) ?? call.words.whole(call.asked)
  const own = 'headers' in answer ? answer.headers : undefined
  return call.response.writeHead(200, { 'content-type': answer.contentType, ...own, ...headers })
}

function answer(call: FaultyCall, headers: Headers = {}): void {
  const body = bytesOf(call, piecesOf(call).join(''))
  begin(call, { 'content-length': String(body.byteLength), ...headers }).end(body)
}

/** Sends the first half of the answer, and goes on with `then` when it is on its way. */
function half(call: FaultyCall, then: () => void): void {
  const [first = ''] = piecesOf(call)
  const isEvent = eventsOf(call) !== undefined
  begin(call).write(bytesOf(call, isEvent ? first : first.slice(0, first.length / 2)), then)
}

/** Sends a whole answer in five pieces, and events one by one. */
function dripped(call: FaultyCall): readonly Buffer[] {
  const pieces = piecesOf(call)
  if (pieces.length > 1) return pieces.map((piece) => bytesOf(call, piece))
  const bytes = bytesOf(call, pieces.join(''))
  const length = Math.ceil(bytes.length / 5)
  return Array.from({ length: 5 }, (_, place) => bytes.subarray(place * length, (place + 1) * length))
}

function unmarked(call: FaultyCall): void {
  const events = eventsOf(call)
  // Without it, only the end of the connection ends the answer.
  if (events === undefined) call.response.removeHeader('transfer-encoding')
  const response = begin(call)
  response.write(bytesOf(call, events === undefined ? piecesOf(call).join('') : events.events.join('')))
  response.end()
}

/** Sends the first output, and then something that is no output. A whole answer is cut short. */
function spoil(call: FaultyCall, piece: (events: AnswerInEvents) => string): void {
  const [first = ''] = piecesOf(call)
  const events = eventsOf(call)
  begin(call).end(bytesOf(call, events === undefined ? `${first.slice(0, -2)},` : first + piece(events)))
}
