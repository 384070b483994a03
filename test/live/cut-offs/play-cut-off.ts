import { setTimeout as pause } from 'node:timers/promises'
import type { Deployment } from 'modelspine'
import { freeName, type Scene, type VendorPart } from './scene.ts'

/** Connections are reset and refused; or accepted, and nothing is ever answered. */
export const cuts = ['dropped', 'black-holed'] as const
export type Cut = (typeof cuts)[number]

export interface CutOff {
  /** How many requests were sent to the vendor while it was away, for each deployment that needs it. */
  readonly callsEach: number
  /** What the conditions of a deployment said while the vendor was away, each text once. */
  readonly said: readonly string[]
  /** How long the rollout took of the deployment that does not need the vendor. */
  readonly freeTookMs: number
  /** How long after the vendor's return the last rollout ended. */
  readonly endedAfterMs: number
  readonly ends: readonly Ended[]
}

export interface Ended {
  readonly name: string
  readonly phase: string | undefined
  /** What the plane meant to serve is what serves. */
  readonly promoted: boolean
}

const awayMs = 60_000

/** Takes the vendor away in the middle of rollouts, and looks on until they have ended. */
export async function playCutOff(scene: Scene, cut: Cut, cutIn: VendorPart['cutIn']): Promise<CutOff> {
  const { plane, proxy, counted, needs } = scene
  const all = [...needs, freeName]
  for (const name of all) await scene.declare(name, '1')
  for (const name of all) await rolledOut(name)
  for (const name of needs) await scene.declare(name, '2')
  for (const name of needs) await until(name, (found) => found?.status?.rollout.phase === cutIn)

  if (cut === 'dropped') await proxy.cut()
  else proxy.silence()
  const [sentBefore, cutMs] = [counted.sent, performance.now()]
  await scene.declare(freeName, '2')
  const free = rolledOut(freeName).then(() => performance.now() - cutMs)
  const said = new Set<string>()
  while (performance.now() < cutMs + awayMs) {
    const found = await plane.get(needs[0] ?? '')
    for (const { type, status, reason, message } of found?.status?.conditions ?? [])
      said.add(`${type} ${status} ${reason}: ${message}`)
    await pause(200)
  }
  const sent = counted.sent - sentBefore
  await proxy.restore()

  const backMs = performance.now()
  for (const name of needs) await rolledOut(name)
  const endedAfterMs = performance.now() - backMs
  const ends = await Promise.all(
    all.map(async (name): Promise<Ended> => {
      const { status } = (await plane.get(name)) ?? {}
      const promoted = status?.stable !== undefined && status.stable === status.desired
      return { name, phase: status?.rollout.phase, promoted }
    }),
  )
  return {
    callsEach: sent / needs.length,
    said: [...said],
    freeTookMs: await free,
    endedAfterMs,
    ends,
  }

  async function rolledOut(name: string): Promise<void> {
    await until(
      name,
      (found) =>
        found?.status?.observedGeneration === found?.generation &&
        ['converged', 'failed', 'holding', 'stopped'].includes(found?.status?.rollout.phase ?? ''),
    )
  }

  async function until(name: string, done: (found: Deployment | null) => boolean): Promise<void> {
    const endMs = performance.now() + 150_000
    for (;;) {
      const found = await plane.get(name)
      if (done(found)) return
      if (performance.now() > endMs)
        throw new Error(`${name} stays ${JSON.stringify(found?.status?.rollout)}`)
      await pause(50)
    }
  }
}
