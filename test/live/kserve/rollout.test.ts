import { type ControlPlane, createControlPlane, type Deployment, memoryRegistry } from 'modelspine'
import { secretOf } from 'modelspine/adapter'
import { type KserveTargetOptions, kserveTarget } from 'modelspine/adapters/kserve'
import { openInferenceProvider } from 'modelspine/adapters/open-inference'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { values } from '../open-inference/provider-suite.ts'
import { rolloutEnded } from '../support/rollout-ended.ts'
import { withServer } from '../support/with-server.ts'
import { type KserveWorld, kserveWorld } from './kserve-world.ts'

const ann = { actor: { name: 'ann@example.com' } }
const bad = 's3://models/bad'

const models = () =>
  memoryRegistry({
    name: 'models',
    versions: ['good', 'bad', 'better'].map((version) => ({
      name: 'digits',
      version,
      approval: 'approved',
      artifact: { kind: 'files', files: [{ uri: `s3://models/${version}` }] },
    })),
  })

withServer('kube-apiserver', (address) => {
  withServer('kserve', (modelServer) => {
    describe.skipIf(address.kserveMissing).each(['knative', 'standard'] as const)(
      'a rollout by kserveTarget in the mode %s, with requests to KServe’s model server',
      (mode) => {
        let world: KserveWorld
        let plane: ControlPlane
        let traffic = true
        let answered = 0

        beforeAll(async () => {
          world = await kserveWorld(address, `rollout-${mode}`, {
            upstream: ({ model }) =>
              model?.storageUri === bad ? undefined : { url: modelServer.url, model: 'mirror' },
            behaviour: () => ({ status: 500 }),
          })
          const options: KserveTargetOptions = {
            mode,
            namespace: world.namespace,
            baseUrl: address.url,
            tls: { ca: address.ca },
            token: () => secretOf(address.userToken),
            modelFormat: 'sklearn',
            endpoints: 'revision',
            // This process is not in the cluster.
            ...(mode === 'standard' && {
              address: ({ service, revision }) => world.simulator.url(`${service}-r${revision}-predictor`),
            }),
          }
          plane = createControlPlane({
            registries: { models: models() },
            targets: { kserve: kserveTarget(options) },
            connect: {
              'open-inference': ({ address }) => openInferenceProvider({ baseUrl: address }),
            },
          })
          await plane.start()
          await declare('good')
          await plane.route('digits', { operations: ['infer'], backends: [{ deployment: 'digits' }] }, ann)
          await plane.wait('digits')
          for (let caller = 0; caller < 4; caller += 1) void send()
        })
        afterAll(async () => {
          traffic = false
          await plane?.stop()
          await world?.close()
        })

        async function declare(version: string): Promise<void> {
          await plane.deploy(
            'digits',
            {
              model: `models/digits:${version}`,
              target: 'kserve',
              strategy: { canary: { steps: [{ weight: 50 }, { analyze: ['errors'], for: '2s' }] } },
              analysis: [
                {
                  name: 'errors',
                  metric: 'requests.errors',
                  minSamples: 10,
                  pass: { atMost: 0.1 },
                  compare: 'raw',
                },
              ],
            },
            ann,
          )
        }

        async function send(): Promise<void> {
          while (traffic) {
            const routed = await plane.router
              .infer('digits', { kind: 'tensors', inputs: [values] })
              .catch(() => undefined)
            if (routed?.reply.kind === 'tensors' && routed.reply.outputs[0]?.name === 'values') answered += 1
            await new Promise((resolve) => setTimeout(resolve, 20))
          }
        }

        const ended = (): Promise<Deployment | null> =>
          rolloutEnded(plane, 'digits', { timeout: 60_000, interval: 100 })

        it('turns a canary back that fails requests', async () => {
          await declare('bad')
          const { rollout } = (await ended())?.status ?? {}
          expect(rollout).toMatchObject({ phase: 'failed', cause: 'GateFailed' })
          await world.simulator.settled()
          const shares = world.simulator.world('digits')?.shares ?? []
          expect(
            shares.map(({ process, percent }) => [process.predictor.model?.storageUri, percent]),
          ).toEqual([['s3://models/good', 100]])
        })

        it('promotes a canary that is good, and every request of it was really answered', async () => {
          const before = answered
          await declare('better')
          const { rollout } = (await ended())?.status ?? {}
          expect(rollout?.phase).toBe('converged')
          expect(answered - before).toBeGreaterThan(20)
          expect(world.simulator.answered.get('s3://models/better')).toBeGreaterThan(10)
        })

        it('leaves nothing behind when it is deleted', async () => {
          traffic = false
          await plane.delete('digits', { ...ann, kind: 'ModelRoute' })
          await plane.delete('digits', ann)
          await vi.waitFor(async () => expect(await plane.get('digits')).toBeNull(), { timeout: 30_000 })
          for (const sort of ['configmaps', 'secrets']) {
            const path = `/api/v1/namespaces/${world.namespace}/${sort}?labelSelector=app.kubernetes.io/managed-by=modelspine`
            expect((await world.ask('GET', path)).body).toMatchObject({ items: [] })
          }
          expect(world.simulator.world('digits')).toBeUndefined()
        })
      },
    )
  })
})
