import type { ServerResponse } from 'node:http'
import type { Clock, Timer } from '../../clock.ts'
import type { Answer } from '../surface.ts'

/** How long a caller may go without reading, and what happens then. */
export interface Patience {
  readonly clock: Clock
  readonly writeTimeoutMs: number
  /** Called before the connection of a caller who reads nothing is cut. */
  onCut(): void
}

/**
 * A longer body is handed over in pieces of this length. When a piece is gone, the caller has read. It is below the
 * length at which Node waits for every single piece.
 */
const pieceBytes = 63 * 1024

/** Sends a body after its head was written. Nearly always this is done at once. */
export function sendBody(
  body: Answer['body'],
  res: ServerResponse,
  patience: Patience,
): Promise<void> | undefined {
  const isWhole = typeof body === 'string' || body instanceof Uint8Array
  if (!isWhole || body.length > pieceBytes) return sendLater(body, res, patience)
  res.end(body)
  return sent(res, patience)
}

async function sendLater(body: Answer['body'], res: ServerResponse, patience: Patience): Promise<void> {
  const isWhole = typeof body === 'string' || body instanceof Uint8Array
  await (isWhole ? sendLong(body, res, patience) : sendPieces(body, res, patience))
  res.end()
  await sent(res, patience)
}

/** Reads pieces no faster than the caller reads them. Stops reading when the caller has gone away. */
async function sendPieces(
  pieces: AsyncIterable<string | Uint8Array>,
  res: ServerResponse,
  patience: Patience,
): Promise<void> {
  for await (const piece of pieces) {
    if (hasLeft(res)) return
    if (piece.length > pieceBytes) await sendLong(piece, res, patience)
    else if (!res.write(piece)) await read(res, 'drain', patience)
  }
}

async function sendLong(body: string | Uint8Array, res: ServerResponse, patience: Patience): Promise<void> {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  for (let start = 0; start < bytes.byteLength; start += pieceBytes) {
    if (hasLeft(res)) return
    if (!res.write(bytes.subarray(start, start + pieceBytes))) await read(res, 'drain', patience)
  }
}

/** Waits until an answer has left this process, if it has not yet. */
function sent(res: ServerResponse, patience: Patience): Promise<void> | undefined {
  return res.writableLength > 0 && !hasLeft(res) ? read(res, 'finish', patience) : undefined
}

/** An answer that waits for an earlier one on its connection does not hear of the connection's end. */
function hasLeft(res: ServerResponse): boolean {
  return res.destroyed || res.req.socket.destroyed
}

/**
 * Resolves when the caller has read what was sent, or has gone away. Cuts the connection of a caller who reads nothing
 * for too long.
 */
function read(res: ServerResponse, event: 'drain' | 'finish', patience: Patience): Promise<void> {
  const { clock, writeTimeoutMs } = patience
  return new Promise((resolve) => {
    const late = (): void => {
      // The answer waits for an earlier one on its connection, so the caller could not read it yet.
      if (hasLeft(res)) done()
      else if (res.socket === null) timer = clock.schedule(writeTimeoutMs, late)
      else {
        patience.onCut()
        res.destroy()
      }
    }
    let timer: Timer = clock.schedule(writeTimeoutMs, late)
    const done = (): void => {
      timer.cancel()
      res.off(event, done)
      res.off('close', done)
      resolve()
    }
    res.on(event, done)
    res.on('close', done)
  })
}
