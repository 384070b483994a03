import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { deploymentTargetConformance, type VendorRevision } from 'modelspine/testing'
import { describe, it } from 'vitest'
import { createScene, eventually, isRunning, unclaimedRuns } from './scene.ts'

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
        truth: async () => {
          const started = scene.lines().filter(({ event }) => event === 'started' || event === 'restarted')
          const running = started.filter(({ pid = 0 }) => isRunning(pid))
          return Promise.all(running.map(({ pid = 0, revision }) => readProcess(pid, revision)))
        },
      },
      dispose: scene.dispose,
    }
  },
})

/** What the process itself was started with, as the system tells, and whether it answers. */
async function readProcess(pid: number, revision: string): Promise<VendorRevision> {
  const read = (file: string): readonly string[] => readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0')
  const variables = new Map(
    read('environ').map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]),
  )
  const [port = '', model = ''] = read('cmdline').slice(2)
  const answer = await fetch(`http://127.0.0.1:${port}/v2/health/ready`).catch(() => undefined)
  const variable = (name: string): string => variables.get(name) ?? ''
  return {
    revision,
    ready: answer?.status === 200,
    files: [pathToFileURL(model).href],
    env: { MODE: variable('MODE'), ONCE_FILE: variable('ONCE_FILE') },
    secrets: { TOKEN: variable('TOKEN') },
  }
}
