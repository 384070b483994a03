import { type ControlPlane, createControlPlane, memoryProvider } from 'modelspine'
import { secretOf } from 'modelspine/adapter'
import { kserveTarget } from 'modelspine/adapters/kserve'
import { mlflowRegistry } from 'modelspine/adapters/mlflow'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { countingDispatcher } from './cut-offs/counting-dispatcher.ts'
import { type KserveWorld, kserveWorld } from './kserve/kserve-world.ts'
import { countedCalls, mostWithin } from './scale/counted-calls.ts'
import { withServer } from './support/with-server.ts'

const actor = { name: 'scale' }
const deployments = Array.from({ length: 60 }, (_, place) => `scale-${place}`)
const rolled = deployments.slice(0, 20)
const models = 6
/** What the vendors allow. */
const rates = {
  targets: { kserve: { perSecond: 40, burst: 40 } },
  registries: { mlflow: { perSecond: 15, burst: 15 } },
} as const

withServer('kube-apiserver', (address) => {
  withServer('mlflow', ({ url }) => {
    describe.skipIf(address.kserveMissing)('sixty deployments on one KServe and one MLflow', () => {
      let world: KserveWorld
      let plane: ControlPlane
      const toKube = countingDispatcher({ connect: { ca: address.ca } })
      const toMlflow = countingDispatcher()
      const target = countedCalls(
        kserveTarget({
          baseUrl: address.url,
          dispatcher: toKube.dispatcher,
          token: () => secretOf(address.userToken),
          namespace: 'scale',
          mode: 'knative',
          modelFormat: 'sklearn',
        }),
        ['observe', 'observeMany', 'apply', 'destroy', 'list'],
      )
      const registry = countedCalls(mlflowRegistry({ baseUrl: url, dispatcher: toMlflow.dispatcher }), [
        'resolve',
      ])

      beforeAll(async () => {
        world = await kserveWorld(address, 'scale')
        for (let place = 0; place < models; place += 1) {
          for (const version of ['1', '2']) {
            const artifact = { kind: 'files', files: [{ uri: `s3://scale/${place}/${version}` }] } as const
            await registry.register({ name: `scale-${place}`, artifact, approval: 'approved' })
          }
        }
        plane = createControlPlane({
          registries: { mlflow: registry },
          targets: { kserve: target },
          connect: {
            'open-inference': () => memoryProvider({ infer: () => ({ kind: 'tensors', outputs: [] }) }),
          },
          rates,
        })
        await plane.start()
      })
      afterAll(async () => {
        await plane?.stop({ drainMs: 1000 })
        await world?.close()
        await toKube.close()
        await toMlflow.close()
      })

      async function declare(names: readonly string[], version: string): Promise<void> {
        for (const [place, name] of names.entries()) {
          await plane.apply(
            {
              kind: 'ModelDeployment',
              metadata: { name },
              spec: {
                model: `mlflow/scale-${place % models}:${version}`,
                target: 'kserve',
                strategy: { canary: { steps: [{ weight: 20 }, { pause: '1s' }, { weight: 60 }] } },
              },
            },
            { actor },
          )
        }
        await vi.waitFor(
          async () => {
            for (const name of names) {
              const found = await plane.get(name)
              expect(found?.status?.rollout.phase).toBe('converged')
              expect(found?.status?.observedGeneration).toBe(found?.generation)
            }
          },
          { timeout: 180_000, interval: 200 },
        )
      }

      /** What happens meanwhile, as a line of the table. */
      async function line(title: string, work: () => Promise<void>): Promise<string> {
        const before = [target.times.length, toKube.sent, registry.times.length, toMlflow.sent]
        const startedMs = performance.now()
        await work()
        const minutes = (performance.now() - startedMs) / 60_000
        const now = [target.times.length, toKube.sent, registry.times.length, toMlflow.sent]
        const perMinute = now.map((count, place) => Math.round((count - (before[place] ?? 0)) / minutes))
        return [title.padEnd(28), `${Math.round(minutes * 60)} s`, ...perMinute]
          .map((cell) => String(cell).padStart(10))
          .join('')
      }

      it('roll out within the rates of both', async () => {
        const lines = [
          await line('60 are created', () => declare(deployments, '1')),
          await line('20 are rolled out at once', () => declare(rolled, '2')),
          await line('nothing happens', () => new Promise((resolve) => setTimeout(resolve, 5000))),
        ]
        const titles = ['calls a minute', 'took', 'kserve', '(HTTP)', 'mlflow', '(HTTP)']
        const head = titles.map((cell, place) => (place === 0 ? cell.padEnd(28) : cell.padStart(10))).join('')
        console.log([head, ...lines].join('\n'))
        const windowMs = 10_000
        for (const [times, { perSecond, burst }] of [
          [target.times, rates.targets.kserve],
          [registry.times, rates.registries.mlflow],
        ] as const) {
          // Calls that a person waits for are made at once, and then count.
          const people = deployments.length
          expect(mostWithin(times, windowMs)).toBeLessThanOrEqual(
            (perSecond * windowMs) / 1000 + burst + people,
          )
        }
      }, 400_000)
    })
  })
})
