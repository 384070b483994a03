import { spawn } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { expect, it } from 'vitest'
import { playChaptersOf } from './fault-chapter.ts'
import { faultPage, faultPagePath } from './fault-page.ts'
import { openFaultWorld } from './fault-world.ts'
import { playFault } from './play-fault.ts'
import { openInferenceVendor } from './vendors.ts'

playChaptersOf('openai-compatible', 'bedrock', 'open-inference')

it('the page of faults is what `npm run faults` writes', () => {
  expect(readFileSync(faultPagePath, 'utf8')).toBe(faultPage())
})

it('waits for the end of a call whose connection another process still holds', async () => {
  const world = await openFaultWorld(openInferenceVendor)
  const holders: Promise<unknown>[] = []
  const created = 'net.client.socket'
  const hold = (message: unknown): void => {
    const { socket } = message as { readonly socket: Socket }
    socket.once('connect', () => {
      if (String(socket.remotePort) !== new URL(world.sick.url).port) return
      const holder = spawn('sleep', ['0.2'], { stdio: [socket, 'ignore', 'ignore'] })
      holders.push(new Promise((resolve) => holder.once('exit', resolve)))
    })
  }
  subscribe(created, hold)
  try {
    const { upstream } = await playFault(world, 'infer', 'stall', false)
    expect([upstream, holders.length]).toEqual(['1 call, closed by the gateway', 1])
  } finally {
    unsubscribe(created, hold)
    await Promise.all(holders)
    await world.close()
  }
})
