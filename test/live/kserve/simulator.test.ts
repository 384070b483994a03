import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { InferenceService } from '../../simulators/kserve/inference-service.ts'
import type { KubeReply } from '../servers/kube-apiserver/kube-call.ts'
import { withServer } from '../support/with-server.ts'
import { type KserveWorld, kserveWorld, servicesOf } from './kserve-world.ts'

/** Patient, because the machine may be busy. */
const soon = <Value>(look: () => Promise<Value>): Promise<Value> =>
  vi.waitFor(look, { timeout: 10_000, interval: 20 })

withServer('kube-apiserver', (address) => {
  describe.skipIf(address.kserveMissing)('the simulator of KServe on a real Kubernetes API', () => {
    let world: KserveWorld
    const services = servicesOf('simulated')
    beforeAll(async () => {
      world = await kserveWorld(address, 'simulated')
    })
    afterAll(() => world?.close())

    const apply = (name: string, spec: object, annotations: object = {}): Promise<KubeReply> =>
      world.ask('PATCH', `${services}/${name}?fieldManager=test&force=true`, {
        type: 'application/apply-patch+yaml',
        body: JSON.stringify({
          apiVersion: 'serving.kserve.io/v1beta1',
          kind: 'InferenceService',
          metadata: { name, annotations },
          spec,
        }),
      })
    const read = async (name: string): Promise<InferenceService> =>
      (await world.ask('GET', `${services}/${name}`)).body as InferenceService
    const model = (storageUri: string) => ({
      // A canary’s model must have a name; the stable predictor’s need not.
      name: 'kserve-container',
      modelFormat: { name: 'sklearn' },
      storageUri,
    })
    const ready = (name: string): Promise<InferenceService> =>
      soon(async () => {
        const service = await read(name)
        expect(service.status).toMatchObject({
          conditions: expect.arrayContaining([expect.objectContaining({ type: 'Ready', status: 'True' })]),
          modelStatus: { transitionStatus: 'UpToDate' },
        })
        return service
      })
    const infer = async (url: string | undefined): Promise<string> => {
      const reply = await fetch(`${url}/v2/models/churn/infer`, { method: 'POST', body: '{"inputs":[]}' })
      return (
        ((await reply.json()) as { outputs: readonly { data: readonly string[] }[] }).outputs[0]?.data[0] ??
        ''
      )
    }

    it('makes a service ready, splits its requests, and forgets it when it is deleted', async () => {
      expect((await apply('churn', { predictor: { model: model('s3://a') } })).status).toBe(201)
      await ready('churn')
      await apply('churn', { predictor: { model: model('s3://b'), canaryTrafficPercent: 25 } })
      const service = await soon(async () => {
        const found = await ready('churn')
        expect(found.status?.components.predictor.traffic).toMatchObject([
          { revisionName: 'churn-predictor-00002', percent: 25 },
          { revisionName: 'churn-predictor-00001', percent: 75, tag: 'prev' },
        ])
        return found
      })
      const answers = await Promise.all(Array.from({ length: 100 }, () => infer(service.status?.url)))
      expect(answers.filter((files) => files === 's3://b')).toHaveLength(25)
      expect((await world.ask('DELETE', `${services}/churn`)).status).toBe(200)
      await soon(async () => expect((await world.ask('GET', `${services}/churn`)).status).toBe(404))
      expect(world.simulator.started()).toBe(2)
    })

    it('plays Standard mode, with an address for each canary', async () => {
      const annotations = { 'serving.kserve.io/deploymentMode': 'Standard' }
      const canary = [{ predictor: { name: 'r2', model: model('s3://d') }, trafficPercent: 10 }]
      const reply = await apply(
        'split',
        { predictor: { name: 'r1', model: model('s3://c') }, canary },
        annotations,
      )
      expect(reply.status).toBe(201)
      const service = await soon(async () => {
        const found = await ready('split')
        expect(found.status?.canaryStatuses).toMatchObject([{ name: 'r2', ready: true, trafficPercent: 10 }])
        return found
      })
      const front = service.status?.url?.replace(/split$/, '')
      expect(await infer(`${front}split-r1-predictor`)).toBe('s3://c')
      expect(await infer(`${front}split-r2-predictor`)).toBe('s3://d')
    })

    it('refuses by its webhook what KServe refuses', async () => {
      const canary = [{ predictor: { name: 'r2', model: model('s3://d') }, trafficPercent: 10 }]
      expect(await apply('refused', { predictor: { model: model('s3://c') }, canary })).toMatchObject({
        status: 403,
        body: { message: expect.stringContaining('canary is supported only in Standard mode') },
      })
    })

    it('writes its status late, and a failed model into it, where it is told to', async () => {
      world.simulator.disturb('late', { statusLateMs: 300, fate: () => 'fails-to-load' })
      const startedMs = performance.now()
      await apply('late', { predictor: { model: model('s3://e') } })
      await soon(async () => {
        expect((await read('late')).status?.modelStatus.transitionStatus).toBe('BlockedByFailedLoad')
      })
      expect(performance.now() - startedMs).toBeGreaterThan(290)
    })
  })
})
