import type { Readable } from 'node:stream'

/** A longer interim answer is left to the parser. */
const longest = 16 * 1024

/** `HTTP/1.1 100` and the like. 101 is no interim answer: it would end HTTP on this connection. */
const interim = /^HTTP\/1\.[01] 1(?!01)\d\d$/
const lengthOfStatus = 'HTTP/1.1 100'.length

export interface AnswerStart {
  /** Call this when a request is about to be written: what is read next begins an answer. */
  awaited(): void
}

/**
 * Takes interim answers (1xx) out of what is read from a socket. A client must skip `100 Continue` also when it did not
 * ask for it (RFC 9110, 15.2), but undici gives up the connection. `begun` is called at the first bytes of each answer.
 */
export function skipInterim(socket: Readable, begun: () => void): AnswerStart {
  const read = socket.read.bind(socket) as (size?: number) => Buffer | null
  let isStart = true
  let held: Buffer | undefined
  const readOn = (size?: number): Buffer | null => {
    for (;;) {
      const chunk = read(size)
      if (!isStart || chunk === null) return chunk
      if (held === undefined) begun()
      const bytes = held === undefined ? chunk : Buffer.concat([held, chunk])
      const rest = afterInterim(bytes)
      held = rest === undefined ? bytes : undefined
      isStart = rest === undefined
      if (rest !== undefined) return rest
    }
  }
  socket.read = readOn
  return {
    awaited() {
      isStart = true
    },
  }
}

/** What follows the interim answers. Undefined while more bytes are needed to tell. */
function afterInterim(bytes: Buffer): Buffer | undefined {
  for (let at = 0; ; ) {
    const status = bytes.toString('latin1', at, at + lengthOfStatus)
    const isShort = status.length < lengthOfStatus && 'HTTP/1.'.startsWith(status.slice(0, 7))
    if (!isShort && !interim.test(status)) return at === 0 ? bytes : bytes.subarray(at)
    const end = isShort ? -1 : bytes.indexOf('\r\n\r\n', at)
    if (end < 0) return bytes.length - at < longest ? undefined : bytes.subarray(at)
    at = end + 4
  }
}
