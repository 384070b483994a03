import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import {
  type ControlPlane,
  createControlPlane,
  type Deployment,
  ModelspineError,
  memoryProvider,
  memoryRegistry,
  memoryTarget,
} from 'modelspine'
import { modelspineMetrics, prometheusExposition, prometheusMetrics } from 'modelspine/adapters/prometheus'
import { createGateway, type Listening } from 'modelspine/gateway'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rolloutEnded } from './support/rollout-ended.ts'
import { withServer } from './support/with-server.ts'

const ann = { actor: { name: 'ann@example.com' } }
const body = Buffer.from('{"outputs":[]}')

/** The version `bad` fails every third request. `slow` answers all of them, late. */
const models = memoryRegistry({
  name: 'models',
  versions: ['good', 'bad', 'slow', 'better'].map((version) => ({
    name: 'digits',
    version,
    approval: 'approved',
    artifact: { kind: 'files', files: [{ uri: `file:///models/${version}` }] },
  })),
})

function connect({ address }: { readonly address: string }) {
  let asked = 0
  return memoryProvider({
    async infer() {
      asked += 1
      if (address.endsWith('/bad') && asked % 3 === 0) throw new ModelspineError('unavailable', 'refused')
      if (address.endsWith('/slow')) await pause(400)
      return { kind: 'bytes', contentType: 'application/json', bytes: body }
    },
  })
}

withServer('prometheus', ({ url, targets }) => {
  describe('a rollout that a Prometheus decides, which scrapes the gateway', () => {
    let plane: ControlPlane
    let listening: Listening
    let traffic = true
    const file = join(targets, 'rollout.json')

    beforeAll(async () => {
      const exposition = prometheusExposition()
      plane = createControlPlane({
        registries: { models },
        targets: {
          local: memoryTarget({
            endpoint: (_key, { model }) => ({
              protocol: 'memory',
              address: `memory://digits/${model.version}`,
            }),
          }),
        },
        connect: { memory: connect },
        observers: [exposition],
        metrics: {
          prometheus: prometheusMetrics({
            baseUrl: url,
            scrapeMs: 1000,
            metrics: modelspineMetrics({ matchers: { suite: 'rollout' } }),
          }),
        },
      })
      const gateway = createGateway({
        router: plane.router,
        handlers: { '/metrics': { handler: exposition.fetch, open: true } },
        authenticate: ({ authorization }) => (authorization === 'Bearer ann' ? ann.actor : null),
      })
      listening = await gateway.listen({ port: 0 })
      const target = new URL(listening.url).host
      await writeFile(file, JSON.stringify([{ targets: [target], labels: { suite: 'rollout' } }]))
      await plane.start()
      await declare('good')
      await plane.route('digits', { operations: ['infer'], backends: [{ deployment: 'digits' }] }, ann)
      await plane.wait('digits')
      for (let caller = 0; caller < 4; caller += 1) void send()
    })
    afterAll(async () => {
      traffic = false
      await rm(file)
      await listening?.close({ drainMs: 1000 })
      await plane?.stop()
    })

    async function declare(version: string): Promise<void> {
      const analysis = [
        {
          name: 'errors',
          source: 'prometheus',
          metric: 'requests.errors',
          minSamples: 20,
          pass: { noWorseThan: 'stable', by: 0.05, better: 'lower' },
        },
        {
          name: 'latency',
          source: 'prometheus',
          metric: 'requests.latency.p90',
          minSamples: 20,
          pass: { atMost: 250 },
        },
      ] as const
      await plane.deploy(
        'digits',
        {
          model: `models/digits:${version}`,
          target: 'local',
          strategy: { canary: { steps: [{ weight: 50 }, { analyze: ['errors', 'latency'], for: '8s' }] } },
          analysis,
        },
        ann,
      )
    }

    /** Requests of one caller after another, through the gateway's port, until the suite ends. */
    async function send(): Promise<void> {
      while (traffic) {
        const response = await fetch(`${listening.url}/v2/models/digits/infer`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: 'Bearer ann' },
          body: '{"inputs":[]}',
        }).catch(() => undefined)
        await response?.arrayBuffer()
        await pause(20)
      }
    }

    const ended = (): Promise<Deployment | null> =>
      rolloutEnded(plane, 'digits', { timeout: 90_000, interval: 200 })

    it('serves its metrics to Prometheus, and nothing else without credentials', async () => {
      const metrics = await fetch(`${listening.url}/metrics`)
      expect([metrics.status, await metrics.text()]).toEqual([
        200,
        expect.stringContaining('modelspine_attempt_duration_seconds_count'),
      ])
      expect((await fetch(`${listening.url}/v2/models/digits`)).status).toBe(401)
    })

    it('turns a canary back that fails requests', async () => {
      await declare('bad')
      const deployment = await ended()
      expect(deployment?.status?.rollout).toMatchObject({
        phase: 'failed',
        cause: 'GateFailed',
        message: expect.stringContaining('errors: requests.errors is 0.3'),
      })
      expect(deployment?.status?.traffic).toMatchObject([{ weight: 100 }])
    })

    it('turns a canary back that is slow', async () => {
      await declare('slow')
      const { rollout } = (await ended())?.status ?? {}
      expect(rollout).toMatchObject({
        phase: 'failed',
        cause: 'GateFailed',
        message: expect.stringContaining('latency: requests.latency.p90 is '),
      })
    })

    it('promotes a canary that is good', async () => {
      await declare('better')
      const deployment = await ended()
      expect(deployment?.status?.rollout.phase).toBe('converged')
      const explained = await plane.explain('digits')
      expect(explained.revisions.find(({ weight }) => weight === 100)?.model).toContain('better')
    })
  })
})
