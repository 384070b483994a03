import { describe, expect, it } from 'vitest'
import { type KubeReply, kubeCall } from './servers/kube-apiserver/kube-call.ts'
import { withServer } from './support/with-server.ts'

const services = '/apis/serving.kserve.io/v1beta1/namespaces/default/inferenceservices'

withServer('kube-apiserver', (address) => {
  describe('the Kubernetes API server', () => {
    it('lets an administrator in, nobody without a token, and a user only where RBAC says so', async () => {
      const list = async (token: string): Promise<KubeReply> =>
        kubeCall({ ...address, token }, 'GET', '/api/v1/namespaces/default/configmaps')
      expect(await list(address.token)).toMatchObject({ status: 200, body: { kind: 'ConfigMapList' } })
      expect((await list('nobody')).status).toBe(401)
      expect(await list(address.userToken)).toMatchObject({
        status: 403,
        body: { message: expect.stringContaining('User "modelspine" cannot list resource "configmaps"') },
      })
    })

    it.skipIf(address.kserveMissing)('checks an InferenceService that is applied as a dry run', async () => {
      const apply = (model: object): Promise<KubeReply> => {
        const body = {
          apiVersion: 'serving.kserve.io/v1beta1',
          kind: 'InferenceService',
          metadata: { name: 'smoke' },
          spec: { predictor: { model } },
        }
        return kubeCall(
          address,
          'PATCH',
          `${services}/smoke?fieldManager=modelspine&dryRun=All&fieldValidation=Strict`,
          { type: 'application/apply-patch+yaml', body: JSON.stringify(body) },
        )
      }
      const model = { modelFormat: { name: 'sklearn' }, storageUri: 's3://models/churn' }
      expect(await apply(model)).toMatchObject({ status: 201, body: { spec: { predictor: { model } } } })
      expect(await apply({ ...model, storageUrl: 'misspelt' })).toMatchObject({
        // An undeclared member of an applied object is no bad request to this server.
        status: 500,
        body: { message: expect.stringContaining('storageUrl') },
      })
      expect((await kubeCall(address, 'GET', `${services}/smoke`)).status).toBe(404)
    })
  })
})
