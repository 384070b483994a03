import type { Clock, HttpDispatcher, OptionKinds } from 'modelspine/adapter'
import { httpKinds } from '../options/connection-kinds.ts'

/** How a server of OpenAI's formats is reached. Options of every adapter that calls one. */
export interface OpenaiConnection {
  /** Sent with every request. Names are in lower case. */
  readonly headers?: Readonly<Record<string, string>>
  /** An undici dispatcher to use instead of the provider's own pool. */
  readonly dispatcher?: HttpDispatcher
  /** The most connections at the same time. Default 256. */
  readonly connections?: number
  /** The most requests that wait while all connections are busy. Default 1,024. */
  readonly maxWaiting?: number
  /** How long a request may wait for a connection, in milliseconds. Default 10,000. */
  readonly waitTimeoutMs?: number
  /** How long the provider waits until an answer begins, in milliseconds. Default 300,000. */
  readonly headersTimeoutMs?: number
  /** The longest time between two pieces of an answer, in milliseconds. Default 300,000. */
  readonly bodyTimeoutMs?: number
  /** The largest body of a whole answer, in bytes. Default 64 MiB. */
  readonly maxBodyBytes?: number
  readonly clock?: Clock
}

/** How these options are checked. The HTTP client checks the numbers. */
export const openaiConnectionKinds: OptionKinds<OpenaiConnection> = {
  ...httpKinds,
  bodyTimeoutMs: 'any',
  clock: 'now()',
}
