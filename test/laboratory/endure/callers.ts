import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http'
import { seededRandom } from '../../../src/clock.ts'
import { type Form, inWords, requestOf } from '../asking.ts'
import { expectedRows, faultsOf } from '../fault-rows.ts'
import type { FaultName } from '../faults.ts'
import { type CallerEnd, type Callers, keepAsking } from './keep-asking.ts'
import { leaveMs, type Manner, mannerOf, stallMs } from './manner.ts'

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
  const faults = faultsOf(form)
  const callers = keepAsking(count, random, async () => {
    const fault = faults[Math.floor(random() * faults.length)] ?? 'none'
    const got = await askInManner(url, agent, form, fault, mannerOf(random()))
    return { end: endOf(form, fault, got), got: `${form}, ${fault}: ${got}` }
  })
  const { stop } = callers
  return Object.assign(callers, {
    async stop() {
      await stop()
      agent.destroy()
    },
  })
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
