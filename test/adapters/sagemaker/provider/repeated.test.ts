import { describe, expect, it } from 'vitest'
import {
  asyncInvocation,
  invocation,
  streamedInvocation,
} from '../../../../adapters/sagemaker/provider/invocation-requests.ts'

const address = { endpoint: 'churn' }
const asked = (headers: Readonly<Record<string, string>>) => ({
  contentType: 'text/csv',
  bytes: Buffer.from('a'),
  headers,
})

describe('an invocation', () => {
  it.each([
    ['may be', true, {}],
    ['of a session may not be', false, { 'x-amzn-sagemaker-session-id': 's-1' }],
  ])('%s sent again when its connection was closed', (_what, repeatable, headers) => {
    for (const made of [invocation, streamedInvocation]) {
      expect(made(address, asked(headers)).repeatable).toBe(repeatable)
    }
  })

  it('that is answered later is not sent again, because SageMaker would answer twice', () => {
    for (const input of ['s3://bucket/key', Buffer.from('a')]) {
      expect(asyncInvocation(address, { input }).repeatable ?? false).toBe(false)
    }
  })
})
