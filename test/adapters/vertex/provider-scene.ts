import { secretOf } from 'modelspine/adapter'
import { type VertexProvider, type VertexProviderOptions, vertexProvider } from 'modelspine/adapters/vertex'
import {
  type Fixture,
  type ModelProviderSubject,
  scriptedAnswer,
  type UpstreamCall,
  type UpstreamScript,
} from 'modelspine/testing'
import { Failure, type StatusName } from '../../simulators/vertex/vertex-failure.ts'
import type { VertexAnswer } from '../../simulators/vertex/vertex-routes.ts'
import { type VertexSimulator, type Vice, vertexSimulator } from '../../simulators/vertex/vertex-simulator.ts'
import { location, projectId, projectNumber } from '../../simulators/vertex/vertex-world.ts'
import { breakOff, waitHeader } from '../scripted-server.ts'
import { credential, modelName } from './revision.ts'

export interface ProviderScene {
  readonly vertex: VertexSimulator
  readonly provider: VertexProvider
  close(): Promise<void>
}

/** A provider over a simulator with the endpoint `kit-model`, which serves one model. */
export async function providerScene(more: Partial<VertexProviderOptions> = {}): Promise<ProviderScene> {
  const vertex = await vertexSimulator()
  vertex.tokens.add(credential)
  vertex.world.models.put(modelName)
  vertex.world.endpoints.put(`projects/${projectNumber}/locations/${location}/endpoints/kit-model`, {
    deployedModels: [{ id: '77', model: modelName, modelVersionId: '1' }],
    trafficSplit: { 77: 100 },
  })
  const credentials = { token: secretOf(credential) }
  const provider = vertexProvider({
    project: projectId,
    location,
    endpoint: vertex.url,
    credentials,
    ...more,
  })
  return {
    vertex,
    provider,
    async close() {
      await provider.close()
      await vertex.close()
    },
  }
}

const words = `no, said to ${credential}`
const google = (status: StatusName) => () => new Failure(status, words)
const container = (status: number) => (): VertexAnswer => ({ status, bytes: words })

/** How Vertex, or the container behind it, tells each failure. */
const refusals: Readonly<Record<string, (retryAfterMs?: number) => ReturnType<Vice>>> = {
  'rate-limited': (retryAfterMs) => {
    const { http: status, body: json } = new Failure('RESOURCE_EXHAUSTED', words)
    return { status, headers: waitHeader(retryAfterMs), json }
  },
  overloaded: container(503),
  timeout: container(504),
  'bad-request': google('INVALID_ARGUMENT'),
  'not-found': google('NOT_FOUND'),
  'not-ready': google('FAILED_PRECONDITION'),
  unsupported: container(501),
  auth: google('PERMISSION_DENIED'),
  unavailable: google('UNAVAILABLE'),
  'malformed-reply': () => ({ headers: { 'content-type': 'application/json' }, bytes: '<html>' }),
}

/** The kit's fixture. */
export async function providerSubject(): Promise<
  Fixture<ModelProviderSubject> & { readonly scene: ProviderScene }
> {
  const scene = await providerScene({ tensors: 'open-inference' })
  const { vertex, provider } = scene
  let script: UpstreamScript = { kind: 'ok' }
  let left = 0
  const calls: UpstreamCall[] = []
  vertex.before = ({ url, headers, body, bytes }, response) => {
    const isJson = headers['content-type'] === 'application/json'
    const [, model = ''] = /\/endpoints\/([^/:]+)/.exec(url) ?? []
    calls.push({ model, body: isJson ? JSON.parse(body) : bytes })
    if (script.kind === 'silent') {
      response.on('close', () => {
        left += 1
      })
      return 'answered'
    }
    if (script.kind === 'fails') {
      if (script.code !== 'interrupted') return refusals[script.code]?.(script.retryAfterMs)
      breakOff(response, 'application/json')
      return 'answered'
    }
    return isJson ? { json: { outputs: scriptedAnswer.outputs } } : undefined
  }
  return {
    scene,
    subject: {
      provider,
      secret: credential,
      upstream: {
        calls,
        failures: [...Object.keys(refusals), 'interrupted'] as ModelProviderSubject['upstream']['failures'],
        get left() {
          return left
        },
        play(next) {
          script = next
        },
      },
    },
    dispose: () => scene.close(),
  }
}
