import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '../../src/clock.ts'
import { type Loopback, serveLoopback } from '../loopback.ts'
import { type FaultName, faults } from './faults.ts'
import type { Asked, VendorWords } from './words.ts'

/** How the call of an upstream ended: it was answered, the upstream broke it off, or the gateway left. */
export type CallEnd = 'answered' | 'broken' | 'left'

/** A request in the laboratory, for the fault that answers it. */
export interface FaultyCall {
  readonly words: VendorWords
  readonly asked: Asked
  readonly streamed: boolean
  readonly response: ServerResponse
  /** The number of the call among those that met this fault, from 1. */
  readonly number: number
  /** How long ago the first call met this fault, in milliseconds. */
  readonly sinceFirstMs: number
  /** The number of the request on its connection, from 1. */
  readonly onConnection: number
  /** Resolves after that time. Without a time it never resolves. Nor does it when the call has ended before. */
  pause(ms?: number): Promise<void>
  /** Resets the connection. */
  reset(): void
}

export interface Laboratory extends Loopback {
  /** One entry for each call since `forget`. Undefined is a call under way. */
  readonly ends: readonly (CallEnd | undefined)[]
  /** How many calls wait in `pause`. */
  readonly pausing: number
  /** Connections that are open. */
  readonly connections: number
  /** Begins anew, as if no call had come. */
  forget(): void
}

/**
 * An upstream that misbehaves. The name of the model says how, or the header `x-fault`. Every other model is answered well.
 * It says everything in the words of one vendor.
 */
export async function openLaboratory(words: VendorWords, clock: Clock): Promise<Laboratory> {
  let ends: (CallEnd | undefined)[] = []
  const met = new Map<FaultName, { calls: number; readonly firstMs: number }>()
  const requests = new WeakMap<Socket, number>()
  let pausing = 0
  let connections = 0

  const loopback = await serveLoopback((request, body, response) => {
    const { asked, model, streamed } = words.read(request.url ?? '', body.toString())
    const name = faultNamed(request.headers['x-fault'] ?? model)
    const now = clock.monotonic()
    const past = met.get(name) ?? { calls: 0, firstMs: now }
    met.set(name, past)
    past.calls += 1
    const onConnection = (requests.get(request.socket) ?? 0) + 1
    requests.set(request.socket, onConnection)
    const isBroken = watchEnd(ends, response)
    const paused = pauses(clock, response, (by) => {
      pausing += by
    })
    const call: FaultyCall = {
      words,
      asked,
      streamed,
      response,
      number: past.calls,
      sinceFirstMs: now - past.firstMs,
      onConnection,
      pause: paused,
      reset() {
        isBroken()
        request.socket.resetAndDestroy()
      },
    }
    return faults[name].play(call)
  })
  loopback.server.on('connection', (socket: Socket) => {
    connections += 1
    socket.setNoDelay(true)
    socket.once('close', () => {
      connections -= 1
    })
  })

  return {
    ...loopback,
    get ends() {
      return ends
    },
    get pausing() {
      return pausing
    },
    get connections() {
      return connections
    },
    forget() {
      ends = []
      met.clear()
    },
  }
}

function faultNamed(name: string | readonly string[]): FaultName {
  return typeof name === 'string' && Object.hasOwn(faults, name) ? (name as FaultName) : 'none'
}

/** Notes how the call ends. The result is called when the upstream breaks it off. */
function watchEnd(ends: (CallEnd | undefined)[], response: ServerResponse): () => void {
  const place = ends.push(undefined) - 1
  let isBroken = false
  response.once('close', () => {
    ends[place] = isBroken ? 'broken' : response.writableFinished ? 'answered' : 'left'
  })
  return () => {
    isBroken = true
  }
}

function pauses(clock: Clock, response: ServerResponse, count: (by: 1 | -1) => void): FaultyCall['pause'] {
  return (ms) =>
    new Promise((resolve) => {
      if (response.destroyed) return
      count(1)
      const closed = (): void => {
        count(-1)
        timer?.cancel()
      }
      const over = (): void => {
        response.off('close', closed)
        count(-1)
        resolve()
      }
      const timer = ms === undefined ? undefined : clock.schedule(ms, over)
      response.once('close', closed)
    })
}
