import { type Endpoint, type Key, type Revision, secretOf, type TargetWant } from 'modelspine/adapter'
import {
  connectSagemaker,
  type SagemakerTarget,
  sagemakerRegistry,
  sagemakerTarget,
} from 'modelspine/adapters/sagemaker'
import { describe, expect, it } from 'vitest'
import { withServer } from '../support/with-server.ts'
import { answerNext, freshConnection } from './scene.ts'

const key: Key = 'default/churn'
const image = '123456789012.dkr.ecr.eu-west-1.amazonaws.com/churn:1'
const executionRole = 'arn:aws:iam::123456789012:role/sagemaker'
const calls = { fence: 1, secret: async () => secretOf('not asked') }

/** Calls as the loop does, until nothing is left to do. Gives the answers. */
async function untilDone(
  call: (operationId: string) => Promise<{ readonly kind: string }>,
): Promise<readonly string[]> {
  const kinds: string[] = []
  while (kinds.at(-1) !== 'unchanged') {
    expect(kinds.length, kinds.join()).toBeLessThan(20)
    kinds.push((await call(`effect-${kinds.length}`)).kind)
  }
  return kinds
}

const apply = (target: SagemakerTarget, want: TargetWant): Promise<readonly string[]> =>
  untilDone((operationId) => target.apply(key, want, { ...calls, operationId }))

withServer('moto', (server) => {
  describe('an endpoint on moto', () => {
    it('is made of approved packages, shifts its weights, is invoked by variant, and is deleted', async () => {
      const connection = freshConnection(server)
      const registry = sagemakerRegistry({ ...connection, packaging: { image } })
      const target = sagemakerTarget({ ...connection, executionRole, instanceType: 'ml.m5.large' })
      const revisions: Revision[] = []
      for (const place of [1, 2]) {
        const files = [{ uri: `s3://models/churn-${place}.tar.gz` }]
        const made = await registry.register?.({ name: 'churn', artifact: { kind: 'files', files } })
        if (made === undefined) throw new Error('there is no register')
        await registry.setApproval('churn', made.version, 'approved')
        const { name, version, artifact } = await registry.resolve({ registry: 'models', text: 'churn' })
        const model = { registry: 'models', name, version, artifact }
        const runtime = { env: {}, secrets: {}, resources: {} }
        revisions.push({ name: `a${place}b2c3d4e5`, model, runtime, settings: {} })
      }
      const [first, second] = revisions as [Revision, Revision]
      const split = (weight: number) => [
        { revision: first.name, weight: 100 - weight },
        { revision: second.name, weight },
      ]
      const want = (weight: number): TargetWant => ({
        revisions,
        split: split(weight),
        scale: { min: 1, max: 1 },
      })

      await apply(target, want(0))
      const made = await target.observe(key)
      expect(made.revisions.map(({ revision, state, weight }) => [revision, state, weight])).toEqual([
        [first.name, 'ready', 100],
        [second.name, 'ready', 0],
      ])

      // One call. Then moto has lost the counts of instances, and the target would set them again without end.
      const change = { ...calls, operationId: 'effect-shift' }
      expect(await target.apply(key, want(25), change)).toMatchObject({ kind: 'accepted' })
      const shifted = await target.observe(key)
      expect(shifted.revisions.map(({ weight }) => weight)).toEqual([75, 25])

      const { endpoint } = shifted.revisions[1] ?? {}
      const provider = connectSagemaker(connection)(endpoint as Endpoint)
      await answerNext(server, connection, {
        Body: '{"outputs": [{"name": "y", "datatype": "FP32", "shape": [1], "data": [0.5]}]}',
        ContentType: 'application/json',
        InvokedProductionVariant: second.name,
      })
      const request = {
        model: endpoint?.model ?? '',
        kind: 'tensors',
        inputs: [{ name: 'x', datatype: 'FP32', shape: [1], data: [1] }],
      } as const
      const context = { requestId: 'r-1', abortSignal: new AbortController().signal }
      expect(await provider.infer(request, context)).toMatchObject({
        outputs: [{ name: 'y', data: [0.5] }],
        parameters: { 'x-amzn-invoked-production-variant': second.name },
      })

      await untilDone((operationId) => target.destroy(key, { ...calls, operationId }))
      expect((await target.observe(key)).revisions).toEqual([])
      expect(await target.list()).toEqual([])
      await Promise.all([registry.close(), target.close(), provider.close()])
    })
  })
})
