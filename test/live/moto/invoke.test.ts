import { secretOf } from 'modelspine/adapter'
import { sagemakerProvider } from 'modelspine/adapters/sagemaker'
import { describe, expect, it } from 'vitest'
import type { MotoAddress } from '../servers/moto.ts'
import { withServer } from '../support/with-server.ts'
import { answerNext, freshConnection } from './scene.ts'

const context = { requestId: 'r-1', abortSignal: new AbortController().signal }
const request = {
  model: 'churn/r2',
  kind: 'bytes',
  contentType: 'text/csv',
  bytes: Buffer.from('1,2'),
} as const

withServer('moto', (server: MotoAddress) => {
  describe('sagemakerProvider on moto', () => {
    it('invokes a variant with a signature that moto checks, and reads who answered', async () => {
      const connection = freshConnection(server)
      const provider = sagemakerProvider(connection)
      await answerNext(server, connection, {
        Body: '0.75',
        ContentType: 'text/csv',
        InvokedProductionVariant: 'r2',
        CustomAttributes: 'trace=1',
      })
      expect(await provider.infer(request, context)).toMatchObject({
        kind: 'bytes',
        contentType: 'text/csv',
        bytes: Buffer.from('0.75'),
        headers: {
          'x-amzn-invoked-production-variant': 'r2',
          'x-amzn-sagemaker-custom-attributes': 'trace=1',
        },
      })
      await provider.close()
    })

    it('asks with tensors, and reads them', async () => {
      const connection = freshConnection(server)
      const provider = sagemakerProvider({ ...connection, tensors: 'instances' })
      const Body = '{"predictions": [[0.1, 0.9]]}'
      await answerNext(server, connection, { Body, ContentType: 'application/json' })
      const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }]
      expect(await provider.infer({ model: 'churn', kind: 'tensors', inputs }, context)).toMatchObject({
        outputs: [{ name: 'predictions', shape: [1, 2], data: [0.1, 0.9] }],
      })
      await provider.close()
    })

    it('gives a request to an asynchronous endpoint', async () => {
      const provider = sagemakerProvider(freshConnection(server))
      // moto finds the signature of a request without a body wrong, that of the AWS SDK too.
      const pending = await provider.inferAsync({ model: 'batch', input: Buffer.from('1,2') }, context)
      expect(pending).toEqual({
        inferenceId: 'r-1',
        outputUri: expect.stringMatching(/^s3:\/\//),
        failureUri: expect.stringMatching(/^s3:\/\//),
      })
      await provider.close()
    })

    it('is refused with a wrong secret', async () => {
      const { accessKeyId } = server
      const credentials = { accessKeyId, secretAccessKey: secretOf('a-secret-that-is-wrong') }
      const provider = sagemakerProvider({ ...freshConnection(server), credentials })
      await expect(provider.infer(request, context)).rejects.toMatchObject({ code: 'auth' })
      await provider.close()
    })
  })
})
