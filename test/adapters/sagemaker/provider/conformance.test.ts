import assert from 'node:assert/strict'
import type { ProviderFailure } from 'modelspine/adapter'
import {
  modelProviderConformance,
  scriptedAnswer,
  type UpstreamCall,
  type UpstreamScript,
} from 'modelspine/testing'
import { describe, it } from 'vitest'
import { type Invocation, modelError } from '../../../simulators/sagemaker/runtime.ts'
import { credentials } from '../../../simulators/sagemaker/sagemaker-simulator.ts'
import { breakOff, waitHeader } from '../../scripted-server.ts'
import { type AwsReply, jsonError } from '../../shared/aws/small-aws.ts'
import { openScene } from './scene.ts'

const secret = String(credentials.sessionToken?.reveal())
const words = `no, said to ${secret}`

const refusals: Readonly<Partial<Record<ProviderFailure, (headers: object) => AwsReply>>> = {
  'rate-limited': (headers) => jsonError(400, 'ThrottlingException', words, headers),
  overloaded: () => modelError(503, words),
  timeout: () => modelError(0, `Your invocation timed out while waiting. ${words}`),
  'bad-request': () => modelError(400, words),
  'not-found': () => jsonError(400, 'ValidationError', `Endpoint kit-model not found. ${words}`),
  'not-ready': () => jsonError(429, 'ModelNotReadyException', words),
  unsupported: () => modelError(501, words),
  auth: () => jsonError(403, 'AccessDeniedException', words),
  unavailable: () => jsonError(503, 'ServiceUnavailable', words),
  interrupted: () => ({ play: (response) => breakOff(response, 'application/json') }),
  'malformed-reply': () => ({ headers: { 'content-type': 'application/json' }, body: '<html>' }),
}

modelProviderConformance({
  name: 'sagemakerProvider',
  describe,
  it,
  async create() {
    let script: UpstreamScript = { kind: 'ok' }
    let left = 0
    const calls: UpstreamCall[] = []
    const made = await openScene()
    const { runtime, simulator, provider } = made
    const silent: AwsReply = {
      play: (response) =>
        response.on('close', () => {
          left += 1
        }),
    }
    const answer = ({ headers }: Invocation): AwsReply | undefined => {
      if (script.kind === 'silent') return silent
      if (script.kind === 'fails') return refusals[script.code]?.(waitHeader(script.retryAfterMs))
      if (headers['content-type'] !== 'application/json') return undefined
      const body = JSON.stringify({ outputs: scriptedAnswer.outputs })
      return { headers: { 'content-type': 'application/json' }, body }
    }
    runtime.intercept = (invocation) => {
      const { body, headers } = invocation
      const isJson = headers['content-type'] === 'application/json'
      const [, model = ''] = /^\/endpoints\/([^/]+)/.exec(simulator.calls.at(-1)?.url ?? '') ?? []
      calls.push({ model, body: isJson ? JSON.parse(body.toString()) : body })
      return answer(invocation)
    }
    return {
      subject: {
        provider,
        secret,
        upstream: {
          calls,
          failures: Object.keys(refusals) as ProviderFailure[],
          get left() {
            return left
          },
          play(next) {
            script = next
          },
        },
      },
      async dispose() {
        assert.deepEqual(runtime.problems, [])
        await made.close()
      },
    }
  },
})
