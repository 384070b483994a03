import { deploymentTargetConformance } from 'modelspine/testing'
import { describe, it } from 'vitest'
import { createScene, eventually, unclaimedRuns } from './scene.ts'

deploymentTargetConformance({
  describe,
  it,
  name: 'processTarget',
  async create() {
    const scene = await createScene()
    let current = scene.open()
    const settle = (): Promise<boolean> =>
      eventually('nothing is starting or stopping', async () => {
        const keys = await current.list()
        const observed = await Promise.all(keys.map((key) => current.observe(key)))
        const states = observed.flatMap(({ revisions }) => revisions.map(({ state }) => state))
        return states.every((state) => state === 'ready') && (await unclaimedRuns(scene.state)) === 0
      })
    const count = async (...events: readonly string[]): Promise<number> => {
      await settle()
      return scene.lines().filter(({ event }) => events.includes(event)).length
    }
    return {
      subject: {
        target: current,
        revisions: [scene.revision('r1'), scene.revision('r2'), scene.revision('r3')],
        settle: async () => void (await settle()),
        created: () => count('started'),
        mutations: () => count('started', 'restarted', 'removed'),
        async reopen() {
          await current.close()
          current = scene.open()
          return current
        },
      },
      dispose: scene.dispose,
    }
  },
})
