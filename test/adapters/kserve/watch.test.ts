import type { Clock, Key, ModelspineError } from 'modelspine/adapter'
import { type KserveTarget, kserveTarget } from 'modelspine/adapters/kserve'
import { createFakeClock, type FakeClock } from 'modelspine/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { converge, key, wantOf } from './converge.ts'
import { revision } from './revision.ts'
import { kserveScene, type Scene } from './scene.ts'
import { status } from './scripted-kubernetes.ts'

interface Watching extends Scene {
  readonly clock: FakeClock
  /** The waits between two tries so far, in milliseconds. Without the random part. */
  readonly waits: readonly number[]
  /** Keys in the order in which they came. */
  readonly seen: Key[]
  /** Resolves when the changes have ended. Rejects with what they threw. */
  readonly ended: Promise<void>
  /** Waits until something holds, and lets the waits between two tries pass meanwhile. */
  until(holds: () => boolean): Promise<void>
  stop(): Promise<void>
}

let ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.reverse()) await end()
  ends = []
})

async function watching(more: Parameters<typeof kserveScene>[1] = {}): Promise<Watching> {
  const clock = createFakeClock()
  const waits: number[] = []
  const watched: Clock = {
    ...clock,
    random: () => 1,
    schedule(delayMs, run) {
      waits.push(delayMs)
      return clock.schedule(delayMs, run)
    },
  }
  const scene = await kserveScene('knative', { clock: watched, ...more })
  await converge(scene, wantOf([revision(1)]))
  const stopped = new AbortController()
  const seen: Key[] = []
  const ended = (async () => {
    for await (const each of scene.target.changes(stopped.signal)) seen.push(each)
  })()
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) {
      await new Promise((resolve) => setTimeout(resolve, 1))
      if (clock.pendingTimers > 0) await clock.advance(waits.at(-1) ?? 0)
    }
  }
  const stop = async (): Promise<void> => {
    stopped.abort()
    await ended.catch(() => {})
  }
  ends.push(scene.close, stop)
  await until(() => scene.api.watching === 1)
  return { ...scene, clock, waits, seen, ended, until, stop }
}

function touch({ api }: Scene, text: string): void {
  const there = api.world.find('inferenceservices', 'churn')
  api.world.writeStatus('churn', { ...there.status, touched: text })
}

/** Makes the scripted API pass on what its world has done. */
async function nudge({ target }: Scene): Promise<void> {
  await target.observe(key)
}

/** What another reader of the changes gets thrown at once. */
async function failureOf({ changes }: KserveTarget): Promise<ModelspineError> {
  try {
    for await (const each of changes(AbortSignal.timeout(2000))) expect.unreachable(each)
  } catch (error) {
    return error as ModelspineError
  }
  return expect.unreachable('the changes ended')
}

const watches = ({ api }: Scene): readonly string[] => api.calls.filter((call) => call.includes('watch=true'))
const lists = ({ api }: Scene): readonly string[] =>
  api.calls.filter((call) => call.includes('labelSelector') && !call.includes('watch=true'))

describe('changes of a target on KServe', () => {
  it('tell which deployments changed, and nothing of what was there before', async () => {
    const scene = await watching()
    expect(scene.seen).toEqual([])
    touch(scene, 'one')
    await nudge(scene)
    await scene.until(() => scene.seen.length === 1)
    expect(scene.seen).toEqual([key])
    scene.api.world.delete('inferenceservices', 'churn', {})
    await nudge(scene)
    await scene.until(() => scene.seen.length === 2)
    expect(lists(scene)).toHaveLength(1)
  })

  it('leave out objects that are not ours, and lines that only say how far the watch is', async () => {
    const scene = await watching()
    scene.api.tell({ type: 'BOOKMARK', object: { metadata: { resourceVersion: '900' } } })
    scene.api.tell({
      type: 'MODIFIED',
      object: {
        metadata: { name: 'other', resourceVersion: '901', annotations: { 'modelspine.dev/key': 'a/b' } },
      },
    })
    scene.api.endWatches()
    await scene.until(() => watches(scene).length === 2)
    expect(scene.seen).toEqual([])
    expect(watches(scene)[1]).toContain('resourceVersion=901')
  })

  it('go on where a broken watch ended, without another list', async () => {
    const scene = await watching()
    touch(scene, 'one')
    await nudge(scene)
    await scene.until(() => scene.seen.length === 1)
    const { version } = scene.api.world
    scene.api.endWatches()
    touch(scene, 'two')
    await scene.until(() => scene.seen.length === 2)
    expect(watches(scene)[1]).toContain(`resourceVersion=${version}`)
    expect(lists(scene)).toHaveLength(1)
  })

  it.each(['by an event', 'by a status'] as const)(
    'list again where the place is too old, told %s, and tell what differs',
    async (way) => {
      const scene = await watching()
      touch(scene, 'unseen')
      if (way === 'by a status') {
        const before = scene.api.intercept
        scene.api.intercept = (call) => {
          if (!call.includes('watch=true')) return undefined
          scene.api.intercept = before
          return { status: 410, body: JSON.stringify(status(410, 'Expired', 'too old resource version')) }
        }
      } else {
        scene.api.world.forgotten = scene.api.world.version + 1
      }
      scene.api.endWatches()
      await scene.until(() => lists(scene).length === 2)
      scene.api.world.forgotten = 0
      await scene.until(() => scene.seen.length === 1)
      expect(scene.seen).toEqual([key])
    },
  )

  it('go on after faults, each time after a longer wait up to a minute, and end when aborted', async () => {
    const scene = await watching()
    let faults = 0
    scene.api.intercept = (call) => {
      if (!call.includes('watch=true') || faults >= 8) return undefined
      faults += 1
      return { status: 500, body: 'etcd is away' }
    }
    scene.api.endWatches()
    await scene.until(() => faults === 8 && scene.api.watching === 1)
    // The first watch has just ended, and did not fail.
    expect(scene.waits).toEqual([1, 1, 2, 4, 8, 16, 32, 60, 60].map((seconds) => seconds * 1000))
    touch(scene, 'later')
    await nudge(scene)
    await scene.until(() => scene.seen.length === 1)
    await scene.stop()
    await scene.until(() => scene.api.watching === 0)
  })

  it('go on after an answer that is no JSON', async () => {
    const scene = await watching()
    let isBad = true
    scene.api.intercept = (call) => {
      if (!call.includes('watch=true') || !isBad) return undefined
      isBad = false
      return { status: 200, body: 'no json\n' }
    }
    scene.api.endWatches()
    await scene.until(() => !isBad && scene.api.watching === 1)
    touch(scene, 'later')
    await nudge(scene)
    await scene.until(() => scene.seen.length === 1)
  })

  it.each([
    ['go on with the longer waits', 'at once', 0, 8000],
    ['go on with the longer waits', 'soon', 20_000, 8000],
    ['begin with the shortest wait', 'after it held for a while', 31_000, 1000],
  ])('%s when the next watch breaks %s', async (_, __, heldMs, waitMs) => {
    const scene = await watching()
    let faults = 0
    scene.api.intercept = (call) => {
      if (!call.includes('watch=true') || faults >= 3) return undefined
      faults += 1
      return { status: 500, body: 'etcd is away' }
    }
    scene.api.endWatches()
    await scene.until(() => faults === 3 && scene.api.watching === 1)
    const waited = scene.waits.length
    await scene.clock.advance(heldMs)
    scene.api.breakWatches()
    await scene.until(() => scene.waits.length > waited)
    expect(scene.waits.at(waited)).toBe(waitMs)
  })

  it('end when the target is closed, which does not wait for the end of the watch', async () => {
    const scene = await watching()
    await scene.target.close()
    await scene.ended
    expect(await failureOf(scene.target)).toMatchObject({ code: 'stopped' })
  })

  it.each([
    ['that credentials are refused', status(401, 'Unauthorized', 'the token has expired'), 'auth'],
    ['that a permission is missing', status(403, 'Forbidden', 'User "spine" cannot watch'), 'auth'],
    ['that KServe is not installed', status(404, 'NotFound', 'no such resource'), 'target-refused'],
  ])('say %s instead of trying for ever', async (_, body, code) => {
    const scene = await watching()
    scene.api.intercept = (call) =>
      call.includes('watch=true') ? { status: Number(body.code), body: JSON.stringify(body) } : undefined
    let error: unknown
    scene.ended.catch((thrown) => {
      error = thrown
    })
    scene.api.endWatches()
    await scene.until(() => error !== undefined)
    expect(error).toMatchObject({ code })
  })

  it('say that the kubeconfig is wrong', async () => {
    const target = kserveTarget({ kubeconfig: { file: '/nowhere/kubeconfig' }, mode: 'knative' })
    ends.push(target.close)
    expect(await failureOf(target)).toMatchObject({ code: 'invalid-options' })
  })

  it('begin anew after a silence', async () => {
    const scene = await watching({ watchIdleMs: 50 })
    await scene.until(() => watches(scene).length >= 2 && scene.api.watching === 1)
    expect(scene.seen).toEqual([])
  })

  it('do not keep a line that has no end', async () => {
    const scene = await watching({ maxReplyBytes: 100_000 })
    scene.api.write('x'.repeat(99_000))
    await nudge(scene)
    expect(scene.api.watching).toBe(1)
    scene.api.write('x'.repeat(101_000))
    await scene.until(() => watches(scene).length === 2)
    expect(scene.seen).toEqual([])
  })
})

describe('looks of several deployments', () => {
  const named = (name: string): Key => `default/${name}`
  const names = ['a', 'b', 'c', 'd', 'e']

  async function fleet(pageSize: number): Promise<Scene> {
    const scene = await kserveScene('knative')
    ends.push(scene.close)
    scene.api.pageSize = pageSize
    const plain = { ...revision(1), runtime: { env: {}, secrets: {}, resources: {} } }
    const call = { operationId: '1', fence: 1, secret: async () => ({ reveal: () => '' }) }
    for (const name of names) await scene.target.apply(named(name), wantOf([plain]), call)
    scene.api.kserve.reconcile(true)
    scene.api.calls.length = 0
    return scene
  }

  it('take one call for all of them', async () => {
    const { api, target } = await fleet(200)
    const seen = await target.observeMany(names.map((name) => ({ key: named(name) })))
    expect([...seen.keys()]).toEqual(names.map(named))
    expect([...seen.values()].flatMap(({ revisions }) => revisions.map(({ state }) => state))).toEqual(
      names.map(() => 'ready'),
    )
    expect(api.calls).toHaveLength(1)
  })

  it('take no more calls than there are deployments to look at: the others are looked at alone', async () => {
    const { api, target } = await fleet(1)
    const seen = await target.observeMany([{ key: named('a') }, { key: named('e') }])
    expect([...seen.keys()]).toEqual([named('a')])
    expect(api.calls).toHaveLength(2)
  })

  it('and the list read all pages, and find what has only a record left', async () => {
    const { api, target } = await fleet(2)
    api.world.forget('inferenceservices', 'c', true)
    expect(await target.list()).toEqual(names.map(named))
  })
})
