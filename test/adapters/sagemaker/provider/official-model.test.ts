import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { invocationAddress } from '../../../../adapters/sagemaker/provider/invocation-address.ts'
import {
  asyncInvocation,
  invocation,
  streamedInvocation,
} from '../../../../adapters/sagemaker/provider/invocation-requests.ts'
import type { VendorRequest } from '../../../../adapters/shared/vendor-client.ts'
import { type RuntimeOperation, runtimeModel } from '../../../simulators/sagemaker/runtime.ts'

const model = runtimeModel()
const own = 'x-amzn-sagemaker-'
const headers = {
  [`${own}custom-attributes`]: 'a=b',
  [`${own}enable-explanations`]: '`true`',
  [`${own}inference-id`]: 'r-1',
  [`${own}prefix-aware-id`]: 'p-1',
  [`${own}session-id`]: 'NEW_SESSION',
  [`${own}target-container-hostname`]: 'first',
  [`${own}target-model`]: 'm.tar.gz',
}
const payload = { contentType: 'text/csv', accept: 'text/csv', bytes: Buffer.from('a'), headers }
const address = { endpoint: 'churn', variant: 'r1', component: 'c-1' }
const asked = {
  contentType: 'text/csv',
  accept: 'text/csv',
  inferenceId: 'r-1',
  customAttributes: 'a',
  ttlSeconds: 60,
  timeoutSeconds: 900,
}

/** Every request with all that it can have. */
const requests: readonly (readonly [RuntimeOperation, Omit<VendorRequest, 'abortSignal'>])[] = [
  ['InvokeEndpoint', invocation(address, payload)],
  [
    'InvokeEndpointWithResponseStream',
    streamedInvocation(address, { ...payload, headers: { ...headers, [`${own}session-id`]: 's-1' } }),
  ],
  ['InvokeEndpointAsync', asyncInvocation({ endpoint: 'churn' }, { input: 's3://b/k', ...asked })],
  ['InvokeEndpointAsync', asyncInvocation({ endpoint: 'churn' }, { input: Buffer.from('a'), ...asked })],
]

describe.skipIf(model === undefined)(
  'against sagemaker-runtime.json.gz, the model that AWS publishes',
  () => {
    const known = model as NonNullable<typeof model>

    function membersOf(operation: RuntimeOperation, request: Omit<VendorRequest, 'abortSignal'>) {
      const { path, headers: given = {}, body } = request
      const bytes = body instanceof Uint8Array ? body : Buffer.from(String(body ?? ''))
      return known.carried(operation, 'request', { path, headers: given, body: bytes })
    }

    it('the protocol is REST JSON, with the address and the signature that the provider uses', () => {
      expect(known.metadata).toMatchObject({
        protocol: 'rest-json',
        endpointPrefix: 'runtime.sagemaker',
        signingName: 'sagemaker',
      })
    })

    it.each(requests)('the request %s fits, with each header in its place', (operation, request) => {
      expect(request.method).toBe(known.http(operation).method)
      const members = membersOf(operation, request)
      expect(known.request(operation, members)).toEqual([])
      // Nothing that was sent has no place: all headers came back as members.
      expect(Object.keys(members)).toHaveLength(
        Object.keys(request.headers ?? {}).length + 1 + (request.body === undefined ? 0 : 1),
      )
    })

    it('counts what was checked', () => {
      const checked = new Set(requests.map(([operation]) => operation))
      console.log(`sagemakerProvider: ${checked.size} operations checked against the model of AWS`)
      expect([...checked].sort()).toEqual(
        [...known.operations]
          .filter(
            (each) =>
              each in { InvokeEndpoint: 1, InvokeEndpointAsync: 1, InvokeEndpointWithResponseStream: 1 },
          )
          .sort(),
      )
    })

    it.each([
      ['an unknown header', { [`${own}colour`]: 'blue' }, '/endpoints/churn/invocations'],
      ['a wrong path', {}, '/endpoints/churn/invocation'],
      ['a variant with a space', { [`${own}target-variant`]: 'r 1' }, '/endpoints/churn/invocations'],
      ['an id that is too long', { [`${own}inference-id`]: 'x'.repeat(65) }, '/endpoints/churn/invocations'],
    ])('%s is found', (_what, more, path) => {
      const message = { path, headers: { 'content-type': 'text/csv', ...more }, body: Buffer.from('a') }
      expect(
        known.request('InvokeEndpoint', known.carried('InvokeEndpoint', 'request', message)),
      ).not.toEqual([])
    })

    it('a number beyond its limits is found', () => {
      const request = asyncInvocation({ endpoint: 'churn' }, { input: 's3://b/k', ttlSeconds: 1 })
      expect(known.request('InvokeEndpointAsync', membersOf('InvokeEndpointAsync', request))).not.toEqual([])
    })

    it('every name that the provider takes is one that AWS takes', () => {
      for (const text of ['a', 'a-b', `a${'-'.repeat(61)}b`, 'c'.repeat(63), 'A1']) {
        const { endpoint, variant } = invocationAddress(`${text}/${text}`)
        const members = { EndpointName: endpoint, TargetVariant: variant, Body: '' }
        expect(known.request('InvokeEndpoint', members)).toEqual([])
      }
    })
  },
)

describe('the page', () => {
  it('allows in the policy of the provider what is sent, and nothing more', () => {
    const page = readFileSync(new URL('../../../../docs/adapters/sagemaker.md', import.meta.url), 'utf8')
    const [, section = ''] = /\n## The provider\n([\s\S]*?)(?=\n## |$)/.exec(page) ?? []
    const [, policy = ''] = /```json\n([^`]*"Statement"[^`]*)```/.exec(section) ?? []
    const { Statement } = JSON.parse(policy) as { Statement: readonly { Action: readonly string[] }[] }
    // A stream has the action of its own kind of call.
    const actions = {
      InvokeEndpoint: 'InvokeEndpoint',
      InvokeEndpointAsync: 'InvokeEndpointAsync',
      InvokeEndpointWithResponseStream: 'InvokeEndpointWithResponseStream',
    }
    const sent = new Set(requests.map(([operation]) => `sagemaker:${actions[operation]}`))
    expect(Statement.flatMap(({ Action }) => Action).sort()).toEqual([...sent].sort())
  })
})
