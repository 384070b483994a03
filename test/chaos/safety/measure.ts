import { here } from '../../status.ts'
import type { Disturbance } from '../disturb.ts'
import { actor, type Cell, createScene, deadlineMs, deployment, name, type Scene } from './scene.ts'

export interface Measured extends Cell {
  /**
   * From the trigger until the bad revision had no weight and got no request any more, in milliseconds.
   * Infinite when that did not end.
   */
  readonly safeAfterMs: number
  /** From the trigger until the rollout was turned back for good. */
  readonly endedAfterMs: number
}

/** The API is away from this long before the trigger on. */
export const awayBeforeMs = 10_000

/** A request is sent once in this time, so no time is known better. */
export const tickMs = 50
/** How long it may take to end the rollout when the API is back. */
const longestMs = 120_000

const modes: Readonly<Record<Cell['api'], Disturbance['mode']>> = {
  up: undefined,
  down: 'fails',
  hangs: 'hangs',
}

/**
 * Plays a rollout to a place where the candidate has traffic, pulls the trigger and watches the requests.
 * The API is back `awayAfterMs` after the trigger.
 */
export async function measure(cell: Cell, awayAfterMs: number): Promise<Measured> {
  const scene = await createScene(cell)
  const { plane, clock, api } = scene
  const bad = await underWay(scene, cell)
  if (cell.trigger === 'the deadline') {
    scene.crash(bad)
    await until(scene, async () => (await unready(scene, bad)) === true)
    await clock.advance(deadlineMs - awayBeforeMs - (await sinceUnreadyMs(scene, bad)))
  }
  // No request is sent to a revision that is not ready, whatever its weight is.
  const serves = cell.trigger !== 'the deadline'
  const isBad = async (): Promise<boolean> =>
    (await scene.reaches(bad)) || (!serves && (await scene.weighs(bad)))
  if (!(await isBad())) throw new Error(`${bad} has no weight before the trigger`)
  const mode = modes[cell.api]
  if (mode !== undefined) api.begin(mode)
  await clock.advance(awayBeforeMs)
  const triggeredMs = clock.now()
  if (cell.trigger === 'a failing gate') scene.failGate()
  if (cell.trigger === 'an abort') void plane.abort(name, { actor }).catch(() => {})
  let lastMs = -tickMs
  let endedAfterMs = Number.POSITIVE_INFINITY
  for (let passedMs = 0; passedMs <= awayAfterMs + longestMs; passedMs += tickMs) {
    if (passedMs === awayAfterMs) api.end()
    if (await isBad()) lastMs = passedMs
    await clock.advance(tickMs)
    if (passedMs >= awayAfterMs && (await phaseOf(scene)) === 'failed') {
      endedAfterMs = clock.now() - triggeredMs
      break
    }
  }
  void plane.stop({ drainMs: 1000 }).catch(() => {})
  const ended = Number.isFinite(endedAfterMs)
  const safe = ended || lastMs < awayAfterMs + longestMs - awayBeforeMs
  return { ...cell, safeAfterMs: safe ? lastMs + tickMs : Number.POSITIVE_INFINITY, endedAfterMs }
}

/** The name of the candidate, once it has traffic and the rollout stands. */
async function underWay(scene: Scene, { strategy }: Cell): Promise<string> {
  const { plane } = scene
  await plane.start()
  await plane.apply(
    {
      kind: 'ModelRoute',
      metadata: { name },
      spec: { operations: ['infer'], backends: [{ deployment: name }] },
    },
    { actor },
  )
  await plane.apply(deployment('1', strategy), { actor })
  await until(scene, async () => (await phaseOf(scene)) === 'converged')
  await plane.apply(deployment('2', strategy), { actor })
  const standing = strategy === 'rolling' ? 'pausing' : 'analyzing'
  await until(scene, async () => (await phaseOf(scene)) === standing)
  const { rollout } = (await plane.get(name))?.status ?? {}
  if (rollout === undefined || !('revision' in rollout)) throw new Error('there is no candidate')
  return rollout.revision
}

async function until({ clock }: Scene, come: () => Promise<boolean>): Promise<void> {
  for (let passedMs = 0; passedMs < 60_000; passedMs += tickMs) {
    if (await come()) return
    await clock.advance(tickMs)
  }
  throw new Error('did not come true within a minute')
}

async function phaseOf({ plane }: Scene): Promise<string | undefined> {
  return (await plane.get(name))?.status?.rollout.phase
}

async function unready({ plane }: Scene, revision: string): Promise<boolean> {
  const { revisions } = here((await plane.get(name))?.status)
  return revisions.some((each) => each.revision === revision && each.state === 'unready')
}

async function sinceUnreadyMs({ plane, clock }: Scene, revision: string): Promise<number> {
  const { revisions } = here((await plane.get(name))?.status)
  const { sinceMs } = revisions.find((each) => each.revision === revision) ?? {}
  return clock.now() - (sinceMs ?? clock.now())
}
