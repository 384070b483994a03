import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as wait } from 'node:timers/promises'
import { serve } from '../child.ts'
import { pieces } from './answer.ts'
import type { Upstream } from './scenarios.ts'

/**
 * A model server in OpenAI's format. The model's name says how it behaves. For `calls` it tells how many calls came since
 * it was last asked. For `die` it breaks every connection, and each one that comes from then on, until it is asked for
 * its calls.
 */
const pieceGapMs = 2
const shownOfBroken = 5

let calls = 0
let isDead = false
const sockets = new Set<Socket>()

const server = createServer(async (request, response) => {
  calls += 1
  // A caller that leaves is no failure of this server.
  response.on('error', () => {})
  await answer(request, response).catch(() => response.destroy())
})
server.on('connection', (socket) => {
  if (isDead) {
    calls += 1
    socket.resetAndDestroy()
    return
  }
  sockets.add(socket)
  socket.once('close', () => sockets.delete(socket))
})
server.listen(0, '127.0.0.1', () => {
  serve(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, (message) => {
    const counted = calls
    calls = 0
    isDead = message === 'die'
    if (isDead) for (const socket of sockets) socket.resetAndDestroy()
    return counted
  })
})

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { model } = JSON.parse(await text(request)) as { readonly model: Upstream }
  if (model === 'dead' || model === 'also dead') {
    response.writeHead(503, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ error: { message: 'The engine is overloaded', type: 'server_error' } }))
    return
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const beginning = event({ role: 'assistant', content: '' })
  const finish = `${event({}, 'stop')}data: [DONE]\n\n`
  if (model === 'brisk') {
    response.end(beginning + pieces.map((content) => event({ content })).join('') + finish)
    return
  }
  if (model === 'error') {
    response.end(
      `data: ${JSON.stringify({ error: { message: 'The server had an error', type: 'server_error' } })}\n\n`,
    )
    return
  }
  response.write(beginning)
  if (model === 'silent') return
  for (const [place, content] of pieces.entries()) {
    if (place === shownOfBroken && model === 'stalls') return
    if (place === shownOfBroken && model === 'cut') return void response.socket?.resetAndDestroy()
    response.write(event({ content }))
    await wait(pieceGapMs)
  }
  response.end(finish)
}

function event(delta: object, finish: string | null = null): string {
  const choices = [{ index: 0, delta, finish_reason: finish }]
  return `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices })}\n\n`
}
