import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { certificate, certificateKey } from '../../test-certificate.ts'
import { refusalOf } from './admission-rules.ts'
import type { InferenceService } from './inference-service.ts'

export interface AdmissionWebhook {
  /** The registration that makes a Kubernetes API ask this webhook about one namespace. */
  configuration(namespace: string): object
  close(): Promise<void>
}

interface AdmissionReview {
  readonly request: {
    readonly uid: string
    readonly object: InferenceService | null
    readonly oldObject: InferenceService | null
  }
}

/** Plays KServe's validating webhook. */
export async function admissionWebhook(): Promise<AdmissionWebhook> {
  const server = createServer({ cert: certificate, key: certificateKey }, async (request, response) => {
    const { uid, object, oldObject } = (JSON.parse(await text(request)) as AdmissionReview).request
    const refusal = object === null ? undefined : refusalOf(object, oldObject ?? undefined)
    const answer = {
      uid,
      allowed: refusal === undefined,
      ...(refusal !== undefined && { status: { message: refusal, code: 403, reason: 'Forbidden' } }),
    }
    const review = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: answer }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(review))
  })
  // The API keeps its connection, and would lose a call that meets the end of one.
  server.keepAliveTimeout = 600_000
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  return {
    configuration: (namespace) => ({
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: `kserve-${namespace}` },
      webhooks: [
        {
          name: 'inferenceservice.kserve-webhook-server.validator',
          clientConfig: {
            url: `https://127.0.0.1:${port}/validate`,
            caBundle: Buffer.from(certificate).toString('base64'),
          },
          rules: [
            {
              apiGroups: ['serving.kserve.io'],
              apiVersions: ['v1beta1'],
              operations: ['CREATE', 'UPDATE'],
              resources: ['inferenceservices'],
            },
          ],
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
          timeoutSeconds: 10,
        },
      ],
    }),
    async close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
