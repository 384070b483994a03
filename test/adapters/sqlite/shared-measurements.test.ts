import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { createControlPlane, memoryProvider, memoryRegistry, memoryTarget } from 'modelspine'
import { sqliteStore } from 'modelspine/adapters/sqlite'
import { afterEach, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../temporary-folder.ts'

const script = fileURLToPath(new URL('./routing-process.ts', import.meta.url))
const actor = { name: 'ann' }
let child: ChildProcess | undefined

afterEach(() => {
  child?.kill('SIGKILL')
})

function routing(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const started = spawn(process.execPath, ['--conditions=modelspine/source', script, path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    child = started
    started.stdout.once('data', () => resolve())
    started.once('exit', (code) => reject(new Error(`the other process ended with ${code}`)))
  })
}

describe('two processes on one SQLite store, both routing, one leading', () => {
  it('turn back a canary that only the other one’s traffic shows to be bad', async () => {
    const path = `${temporaryFolder()}/state.db`
    const registry = memoryRegistry({ name: 'models' })
    for (const version of ['1', '2']) {
      const files = [{ uri: `file:///models/digits/${version}` }]
      await registry.register({
        name: 'digits',
        version,
        approval: 'approved',
        artifact: { kind: 'files', files },
      })
    }
    const plane = createControlPlane({
      store: sqliteStore({ path }),
      registries: { models: registry },
      targets: { local: memoryTarget() },
      // Nothing here is about what routers learn late.
      routersLearnMs: 500,
      connect: { memory: () => memoryProvider({ infer: () => ({ kind: 'tensors', outputs: [] }) }) },
    })
    await plane.start()
    try {
      const spec = { model: { registry: 'models', name: 'digits' }, target: 'local' } as const
      await plane.deploy('digits', { ...spec, model: { ...spec.model, version: '1' } }, { actor })
      await plane.wait('digits', { timeoutMs: 30_000 })
      await plane.route('digits', { operations: ['infer'], backends: [{ deployment: 'digits' }] }, { actor })
      await routing(path)
      const turnedBack = new Promise((resolve) => plane.on('rollout-rolled-back', resolve))
      await plane.deploy(
        'digits',
        {
          ...spec,
          model: { ...spec.model, version: '2' },
          strategy: { canary: { steps: [{ weight: 50 }, { analyze: ['errors'], for: '5s' }] } },
          analysis: [{ name: 'errors', metric: 'requests.errors', minSamples: 20, pass: { atMost: 0.2 } }],
        },
        { actor },
      )
      await turnedBack
      const { status } = (await plane.get('digits')) ?? {}
      expect(status?.rollout).toMatchObject({ phase: 'failed', cause: 'GateFailed' })
      expect(plane.health().leading).toBe(true)
    } finally {
      await plane.stop()
    }
  }, 60_000)
})
