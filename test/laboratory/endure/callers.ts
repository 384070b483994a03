import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { seededRandom } from '../../../src/clock.ts'
import { type Form, inWords, requestOf } from '../asking.ts'
import { expectedRows, faultsOf } from '../fault-rows.ts'
import type { FaultName } from '../faults.ts'

/** What became of a caller's request, as far as the caller knows. */
export type CallerEnd = 'as expected' | 'left' | 'late' | 'unexpected'

export interface Callers {
  readonly ends: Readonly<Record<CallerEnd, number>>
  /** The first unexpected answers. */
  readonly unexpected: readonly string[]
  readonly longestMs: number
  /** Lets each caller end its request. */
  stop(): Promise<void>
}

/** The most time between two requests of a caller, in milliseconds. */
const thinkMs = 150
/** How long a caller that stalls reads nothing, in milliseconds. */
const stallMs = 1500
/** After how long an impatient caller leaves, in milliseconds. */
const leaveMs = 5

type Manner = 'reads' | 'leaves early' | 'leaves late' | 'stalls'

export interface CallersOptions {
  readonly url: string
  readonly form: Form
  readonly count: number
  readonly seed: number
}

/** Begins callers that each ask again and again, with a fault and in a manner that are drawn. */
export function beginCallers({ url, form, count, seed }: CallersOptions): Callers {
  const random = seededRandom(seed)
  const agent = new Agent({ keepAlive: true })
  const ends = { 'as expected': 0, left: 0, late: 0, unexpected: 0 }
  const unexpected: string[] = []
  let longestMs = 0
  let isOver = false
  const once = async (): Promise<void> => {
    const faults = faultsOf(form)
    const fault = faults[Math.floor(random() * faults.length)] ?? 'none'
    const begunAt = performance.now()
    const got = await askInManner(url, agent, form, fault, mannerOf(random()))
    longestMs = Math.max(longestMs, performance.now() - begunAt)
    const end = endOf(form, fault, got)
    ends[end] += 1
    if (end === 'unexpected' && unexpected.length < 20) unexpected.push(`${form}, ${fault}: ${got}`)
  }
  const caller = async (): Promise<void> => {
    while (!isOver) {
      await once()
      await wait(random() * thinkMs)
    }
  }
  const callers = Array.from({ length: count }, caller)
  return {
    ends,
    unexpected,
    get longestMs() {
      return longestMs
    },
    async stop() {
      isOver = true
      await Promise.all(callers)
      agent.destroy()
    },
  }
}

function mannerOf(drawn: number): Manner {
  if (drawn < 0.1) return 'leaves early'
  if (drawn < 0.2) return 'leaves late'
  return drawn < 0.3 ? 'stalls' : 'reads'
}

/** Every fault may also end well, because its route has a fallback. */
function endOf(form: Form, fault: FaultName, got: string | undefined): CallerEnd {
  if (got === undefined) return 'left'
  const expected = expectedRows(form).find((row) => row.fault === fault)?.withFallback
  if (got.startsWith('200, whole') || got === expected) return 'as expected'
  // A machine with too much to do keeps no limits.
  return /timeout|^504/.test(got) ? 'late' : 'unexpected'
}

/** Undefined when the caller has left. */
function askInManner(
  url: string,
  agent: Agent,
  form: Form,
  fault: FaultName,
  manner: Manner,
): Promise<string | undefined> {
  const { path, body } = requestOf(form, fault)
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  return new Promise((resolve) => {
    const sent: ClientRequest = request(url + path, { method: 'POST', agent, headers }, (response) => {
      if (manner === 'leaves late') response.once('data', leave)
      if (manner === 'stalls') stall(response)
      read(form, response, resolve)
    })
    const leave = (): void => {
      resolve(undefined)
      sent.destroy()
    }
    sent.on('error', (error) => resolve(error.message))
    sent.end(body)
    if (manner === 'leaves early') setTimeout(leave, leaveMs)
  })
}

function stall(response: IncomingMessage): void {
  response.once('data', () => {
    response.pause()
    setTimeout(() => response.resume(), stallMs)
  })
}

function read(form: Form, response: IncomingMessage, resolve: (got: string) => void): void {
  const pieces: Buffer[] = []
  response.on('data', (piece: Buffer) => pieces.push(piece))
  response.on('error', () => {})
  response.on('close', () => {
    const { statusCode: status = 0, headers, complete: ended } = response
    resolve(inWords(form, { status, headers, body: Buffer.concat(pieces).toString(), ended }))
  })
}
