import {
  type ControlPlaneOptions,
  createControlPlane,
  hostedTarget,
  type ModelProvider,
  memoryAuditLog,
  memoryProvider,
  memoryRegistry,
  memoryStore,
} from 'modelspine'
import { type Artifact, secretOf, systemClock } from 'modelspine/adapter'
import { type AnthropicOptions, anthropic } from 'modelspine/adapters/anthropic'
import { type AzureOpenaiOptions, azureOpenai } from 'modelspine/adapters/azure-openai'
import { type BedrockOptions, bedrock } from 'modelspine/adapters/bedrock'
import { type CloudwatchMetricsOptions, cloudwatchMetrics } from 'modelspine/adapters/cloudwatch'
import { type GeminiOptions, gemini } from 'modelspine/adapters/gemini'
import {
  type GoogleMonitoringMetricsOptions,
  googleMonitoringMetrics,
} from 'modelspine/adapters/google-monitoring'
import { type KserveTargetOptions, kserveTarget } from 'modelspine/adapters/kserve'
import { type MlflowRegistryOptions, mlflowRegistry } from 'modelspine/adapters/mlflow'
import { type OpaPolicyOptions, opaPolicy } from 'modelspine/adapters/opa'
import { type OpenInferenceOptions, openInferenceProvider } from 'modelspine/adapters/open-inference'
import { type OpenaiOptions, openai } from 'modelspine/adapters/openai'
import { type OpenaiCompatibleOptions, openaiCompatible } from 'modelspine/adapters/openai-compatible'
import { type PrometheusMetricsOptions, prometheusMetrics } from 'modelspine/adapters/prometheus'
import {
  type SagemakerProviderOptions,
  type SagemakerRegistryOptions,
  type SagemakerTargetOptions,
  sagemakerProvider,
  sagemakerRegistry,
  sagemakerTarget,
} from 'modelspine/adapters/sagemaker'
import {
  type VertexConnection,
  vertexGemini,
  vertexProvider,
  vertexRegistry,
  vertexTarget,
} from 'modelspine/adapters/vertex'
import {
  createRequestTelemetry,
  createRouter,
  openTelemetryLoaded,
  type RoutedStream,
  staticRoutes,
} from 'modelspine/routing'
import { createFakeClock } from 'modelspine/testing'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import type { AwsKeys } from '../../adapters/shared/aws/aws-credentials.ts'
import type { VendorConnection } from '../../adapters/shared/vendor-client.ts'
import { draws } from '../draws.ts'
import { type RegisteredSdk, registerSdk } from '../unit/telemetry/registered-sdk.ts'
import { catalogue } from './catalogue.ts'
import { leaks, planted, printed, repeatingVendor, type Vice, vices } from './planted-secret.ts'

const metrics = {
  errors: { kind: 'value', value: 'max_over_time(up{name=$name, revision=$revision}[$range])' },
} as const
const alarms = { errors: { alarm: '{name}-{revision}', delayMs: 0 } } as const
const key = async () => secretOf(planted)
const basic = { user: 'ann', password: key }
const headers = { 'x-api-key': planted }
const actor = { name: 'ann' }
const tensor = { name: 'x', datatype: 'FP32', shape: [1], data: [1] }
const hosted = { kind: 'hosted', provider: 'echo', model: 'm' } as const
const files = { kind: 'files', files: [{ uri: 's3://models/m' }] } as const

/** Keys of a session. The secret key itself is never sent. */
const awsKeys = { accessKeyId: 'AKIAPLANTED', secretAccessKey: secretOf('never sent') } as const
const region = 'eu-west-1'

function cloudwatch(endpoint: string, options: Partial<AwsKeys>, headers = {}): Parts {
  const credentials: AwsKeys = { ...awsKeys, ...options }
  return { metrics: { prom: cloudwatchMetrics({ region, endpoint, credentials, headers, alarms }) } }
}

function cloudMonitoring(endpoint: string, options: Partial<GoogleMonitoringMetricsOptions>): Parts {
  const series = { metric: 'm', metricLabels: { r: '{deployment} {revision}' } }
  const errors = { kind: 'ratio', hits: series, total: series } as const
  const credentials = { token: secretOf('never repeated') }
  return {
    metrics: {
      prom: googleMonitoringMetrics({ project: 'p', endpoint, credentials, metrics: { errors }, ...options }),
    },
  }
}

function sagemaker(endpoint: string, options: Partial<AwsKeys>, headers = {}): Parts {
  const credentials: AwsKeys = { ...awsKeys, ...options }
  return { registries: { models: sagemakerRegistry({ region, endpoint, credentials, headers }) } }
}

function sagemakerEndpoints(endpoint: string, options: Partial<AwsKeys>, headers = {}): Parts {
  const credentials: AwsKeys = { ...awsKeys, ...options }
  const executionRole = 'arn:aws:iam::123456789012:role/sagemaker'
  const needed = { executionRole, instanceType: 'ml.m5.xlarge', image: 'image' }
  return {
    artifact: files,
    targets: { vendor: sagemakerTarget({ region, endpoint, credentials, headers, ...needed }) },
  }
}

type Parts = Pick<ControlPlaneOptions, 'registries' | 'targets' | 'policies' | 'metrics'> & {
  /** Of the versions that are deployed. */
  readonly artifact?: Artifact
}

/** With a token that is not planted, unless the options say so. */
function vertex(endpoint: string, options: Partial<VertexConnection>): VertexConnection {
  const credentials = { token: secretOf('harmless') }
  return { project: 'my-team', location: 'europe-west4', endpoint, credentials, ...options }
}

const ofVertex: Artifact = {
  kind: 'hosted',
  provider: 'vertex',
  model: 'projects/my-team/locations/europe-west4/models/m@1',
}

/** The parts of a plane that send a credential, by the function that makes them and the kind of credential. */
const ofThePlane: Readonly<Record<string, (baseUrl: string) => Parts>> = {
  'cloudwatchMetrics, sessionToken': (baseUrl) => cloudwatch(baseUrl, { sessionToken: secretOf(planted) }),
  'cloudwatchMetrics, accessKeyId': (baseUrl) => cloudwatch(baseUrl, { accessKeyId: key }),
  'cloudwatchMetrics, headers': (baseUrl) => cloudwatch(baseUrl, {}, headers),
  'googleMonitoringMetrics, token': (baseUrl) => cloudMonitoring(baseUrl, { credentials: { token: key } }),
  'googleMonitoringMetrics, headers': (baseUrl) => cloudMonitoring(baseUrl, { headers }),
  'kserveTarget, token': (baseUrl) => ({
    artifact: files,
    targets: { vendor: kserveTarget({ baseUrl, token: key, mode: 'knative', modelFormat: 'sklearn' }) },
  }),
  'kserveTarget, basic': (baseUrl) => ({
    artifact: files,
    targets: { vendor: kserveTarget({ baseUrl, basic, mode: 'standard', modelFormat: 'sklearn' }) },
  }),
  'kserveTarget, headers': (baseUrl) => ({
    artifact: files,
    targets: { vendor: kserveTarget({ baseUrl, headers, mode: 'knative', modelFormat: 'sklearn' }) },
  }),
  'mlflowRegistry, token': (baseUrl) => ({ registries: { models: mlflowRegistry({ baseUrl, token: key }) } }),
  'mlflowRegistry, basic': (baseUrl) => ({ registries: { models: mlflowRegistry({ baseUrl, basic }) } }),
  'mlflowRegistry, headers': (baseUrl) => ({ registries: { models: mlflowRegistry({ baseUrl, headers }) } }),
  'opaPolicy, token': (baseUrl) => ({ policies: [opaPolicy({ baseUrl, token: key, actions: ['deploy'] })] }),
  'opaPolicy, basic': (baseUrl) => ({ policies: [opaPolicy({ baseUrl, basic, actions: ['promote'] })] }),
  'opaPolicy, headers': (baseUrl) => ({ policies: [opaPolicy({ baseUrl, headers, actions: ['deploy'] })] }),
  'prometheusMetrics, token': (baseUrl) => ({
    metrics: {
      prom: prometheusMetrics({
        baseUrl,
        token: key,
        metrics,
        scrapeMs: 1,
      }),
    },
  }),
  'prometheusMetrics, basic': (baseUrl) => ({
    metrics: {
      prom: prometheusMetrics({
        baseUrl,
        basic,
        metrics,
        scrapeMs: 1,
      }),
    },
  }),
  'prometheusMetrics, headers': (baseUrl) => ({
    metrics: { prom: prometheusMetrics({ baseUrl, headers, metrics, scrapeMs: 1 }) },
  }),
  'sagemakerRegistry, sessionToken': (baseUrl) => sagemaker(baseUrl, { sessionToken: secretOf(planted) }),
  'sagemakerRegistry, accessKeyId': (baseUrl) => sagemaker(baseUrl, { accessKeyId: key }),
  'sagemakerRegistry, headers': (baseUrl) => sagemaker(baseUrl, {}, headers),
  'sagemakerTarget, sessionToken': (baseUrl) =>
    sagemakerEndpoints(baseUrl, { sessionToken: secretOf(planted) }),
  'sagemakerTarget, accessKeyId': (baseUrl) => sagemakerEndpoints(baseUrl, { accessKeyId: key }),
  'sagemakerTarget, headers': (baseUrl) => sagemakerEndpoints(baseUrl, {}, headers),
  'vertexRegistry, token': (endpoint) => ({
    registries: { models: vertexRegistry(vertex(endpoint, { credentials: { token: key } })) },
  }),
  'vertexRegistry, headers': (endpoint) => ({
    registries: { models: vertexRegistry(vertex(endpoint, { headers })) },
  }),
  'vertexTarget, token': (endpoint) => ({
    artifact: ofVertex,
    targets: { vendor: vertexTarget(vertex(endpoint, { credentials: { token: key } })) },
  }),
  'vertexTarget, headers': (endpoint) => ({
    artifact: ofVertex,
    targets: { vendor: vertexTarget(vertex(endpoint, { headers })) },
  }),
}

/**
 * The first kind of credential of a part meets every vice, or every third, beginning with another than the part before.
 * The others go the same way, so a few are enough.
 */
const vicesFor = (name: string, all: readonly string[]): readonly Vice[] => {
  const firsts = all.filter((each, place) => factoryOf(each) !== factoryOf(all[place - 1] ?? ''))
  const turn = firsts.indexOf(name)
  return turn === -1 ? [200, 401, 500] : vices.filter((_, place) => (place + turn) % draws(3, 1) === 0)
}
const factoryOf = (name: string): string => name.split(',')[0] ?? ''

/** The same for providers. */
const ofARouter: Readonly<Record<string, (baseUrl: string) => ModelProvider>> = {
  'gemini, apiKey': (baseUrl) => gemini({ baseUrl, apiKey: secretOf(planted) }),
  'gemini, headers': (baseUrl) => gemini({ baseUrl, apiKey: secretOf('harmless'), headers }),
  'bedrock, sessionToken': (endpoint) =>
    bedrock({ region, endpoint, credentials: { ...awsKeys, sessionToken: secretOf(planted) } }),
  'bedrock, accessKeyId': (endpoint) =>
    bedrock({ region, endpoint, credentials: { ...awsKeys, accessKeyId: key } }),
  'bedrock, apiKey': (endpoint) => bedrock({ region, endpoint, apiKey: secretOf(planted) }),
  'bedrock, headers': (endpoint) => bedrock({ region, endpoint, credentials: awsKeys, headers }),
  'anthropic, apiKey': (baseUrl) => anthropic({ baseUrl, apiKey: secretOf(planted) }),
  'anthropic, authToken': (baseUrl) => anthropic({ baseUrl, authToken: secretOf(planted) }),
  'anthropic, headers': (baseUrl) => anthropic({ baseUrl, headers }),
  'azureOpenai, apiKey': (endpoint) => azureOpenai({ endpoint, apiKey: secretOf(planted) }),
  'azureOpenai, token': (endpoint) => azureOpenai({ endpoint, token: key }),
  'azureOpenai, headers': (endpoint) =>
    azureOpenai({ endpoint, apiKey: secretOf('never repeated'), headers }),
  'openai, apiKey': (baseUrl) => openai({ baseUrl, apiKey: secretOf(planted) }),
  'openai, headers': (baseUrl) => openai({ baseUrl, apiKey: secretOf('never repeated'), headers }),
  'openaiCompatible, apiKey': (baseUrl) => openaiCompatible({ baseUrl, apiKey: secretOf(planted) }),
  'openaiCompatible, headers': (baseUrl) => openaiCompatible({ baseUrl, headers }),
  'sagemakerProvider, sessionToken': (endpoint) =>
    sagemakerProvider({ region, endpoint, credentials: { ...awsKeys, sessionToken: secretOf(planted) } }),
  'sagemakerProvider, accessKeyId': (endpoint) =>
    sagemakerProvider({ region, endpoint, credentials: { ...awsKeys, accessKeyId: key } }),
  'sagemakerProvider, headers': (endpoint) =>
    sagemakerProvider({ region, endpoint, credentials: awsKeys, headers }),
  'openInferenceProvider, headers': (baseUrl) => openInferenceProvider({ baseUrl, headers }),
  'vertexGemini, token': (endpoint) => vertexGemini(vertex(endpoint, { credentials: { token: key } })),
  'vertexGemini, headers': (endpoint) => vertexGemini(vertex(endpoint, { headers })),
  'vertexProvider, token': (endpoint) => vertexProvider(vertex(endpoint, { credentials: { token: key } })),
  'vertexProvider, headers': (endpoint) => vertexProvider(vertex(endpoint, { headers })),
}

const ofAConnection = ['token', 'basic', 'headers'] as const satisfies readonly (keyof VendorConnection)[]

/** The kinds of credential that each factory takes. */
const kindsOf: Readonly<Record<string, readonly string[]>> = {
  bedrock: ['sessionToken', 'accessKeyId', 'apiKey', 'headers'] satisfies readonly (
    | keyof BedrockOptions
    | keyof AwsKeys
  )[],
  cloudwatchMetrics: ['sessionToken', 'accessKeyId', 'headers'] satisfies readonly (
    | keyof CloudwatchMetricsOptions
    | keyof AwsKeys
  )[],
  googleMonitoringMetrics: ['token', 'headers'],
  kserveTarget: ofAConnection satisfies readonly (keyof KserveTargetOptions)[],
  mlflowRegistry: ofAConnection satisfies readonly (keyof MlflowRegistryOptions)[],
  opaPolicy: ofAConnection satisfies readonly (keyof OpaPolicyOptions)[],
  prometheusMetrics: ofAConnection satisfies readonly (keyof PrometheusMetricsOptions)[],
  sagemakerRegistry: ['sessionToken', 'accessKeyId', 'headers'] satisfies readonly (
    | keyof SagemakerRegistryOptions
    | keyof AwsKeys
  )[],
  sagemakerProvider: ['sessionToken', 'accessKeyId', 'headers'] satisfies readonly (
    | keyof SagemakerProviderOptions
    | keyof AwsKeys
  )[],
  sagemakerTarget: ['sessionToken', 'accessKeyId', 'headers'] satisfies readonly (
    | keyof SagemakerTargetOptions
    | keyof AwsKeys
  )[],
  gemini: ['apiKey', 'headers'] satisfies readonly (keyof GeminiOptions)[],
  vertexGemini: ['token', 'headers'],
  vertexProvider: ['token', 'headers'],
  vertexRegistry: ['token', 'headers'],
  vertexTarget: ['token', 'headers'],
  anthropic: ['apiKey', 'authToken', 'headers'] satisfies readonly (keyof AnthropicOptions)[],
  azureOpenai: ['apiKey', 'token', 'headers'] satisfies readonly (keyof AzureOpenaiOptions)[],
  openai: ['apiKey', 'headers'] satisfies readonly (keyof OpenaiOptions)[],
  openaiCompatible: ['apiKey', 'headers'] satisfies readonly (keyof OpenaiCompatibleOptions)[],
  openInferenceProvider: ['headers'] satisfies readonly (keyof OpenInferenceOptions)[],
}

/** Why a part has no credential that it could show. */
const withoutCredential: Readonly<Record<string, string>> = {
  fileRegistry: 'reads files',
  fileAuditLog: 'writes files',
  cedarPolicy: 'runs in process',
  opaWasmPolicy: 'runs in process',
  processTarget: 'gives secrets of a revision to its process; its own tests plant them there',
  sqliteStore: 'opens a file',
}

let sdk: RegisteredSdk
beforeEach(async () => {
  await openTelemetryLoaded()
  sdk = registerSdk()
})
afterEach(() => sdk.remove())

function recorder() {
  const lines: unknown[] = []
  const line = (...words: unknown[]): void => void lines.push(words)
  return { logger: { debug: line, info: line, warn: line, error: line }, lines }
}

async function settled(call: Promise<unknown>): Promise<unknown> {
  return call.catch((error: unknown) => error)
}

async function streamed(stream: Promise<RoutedStream<unknown>>): Promise<unknown[]> {
  return records((await stream).events)
}

async function records(items: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = []
  for await (const item of items) all.push(item)
  return all
}

describe('a planted secret', () => {
  it('is planted in every part that sends a credential, as each kind of credential', () => {
    const expected = catalogue
      .filter(({ factory }) => !(factory in withoutCredential))
      .flatMap(({ factory }) => (kindsOf[factory] ?? ['none']).map((kind) => `${factory}, ${kind}`))
    expect([...Object.keys(ofThePlane), ...Object.keys(ofARouter)].sort()).toEqual(expected.sort())
  })

  describe.each(Object.entries(ofThePlane))('in %s', (name, partsOf) => {
    it.each(vicesFor(name, Object.keys(ofThePlane)))(
      'is in nothing that a plane shows when the vendor repeats it and answers %s',
      async (vice) => {
        const vendor = await repeatingVendor(vice)
        onTestFinished(() => vendor.close())
        const { logger, lines } = recorder()
        const audit = memoryAuditLog()
        const clock = createFakeClock({ startMs: Date.now() })
        const { artifact = hosted, ...parts } = partsOf(vendor.url)
        const store = memoryStore()
        const plane = createControlPlane({
          store,
          audit,
          logger,
          clock,
          registries: {
            models: memoryRegistry({
              name: 'models',
              versions: ['1', '2'].map((version) => ({
                name: 'm',
                version,
                approval: 'approved',
                artifact,
              })),
            }),
          },
          targets: { vendor: hostedTarget() },
          providers: { echo: memoryProvider({ chat: () => 'hi' }) },
          ...parts,
        } as ControlPlaneOptions)
        const events: unknown[] = []
        plane.on('event', (event) => events.push(event))
        onTestFinished(() => plane.stop())
        const gated = 'metrics' in parts
        const spec = {
          target: 'vendor',
          ...(gated && {
            strategy: { canary: { steps: [{ weight: 50 }, { analyze: ['gate'], for: '200ms' } as const] } },
            analysis: [{ name: 'gate', metric: 'errors', source: 'prom', pass: { atMost: 1 } }],
          }),
        }
        const declared = (version: string) =>
          ({
            kind: 'ModelDeployment',
            metadata: { name: 'm' },
            spec: { ...spec, model: `models/m:${version}` },
          }) as const
        const shown: unknown[] = []
        for (const version of ['1', '2']) {
          shown.push(await settled(plane.plan(declared(version), { actor })))
          shown.push(await settled(plane.apply(declared(version), { actor })))
          for (let look = 0; look < (gated ? 10 : 3); look += 1) {
            shown.push(await settled(plane.reconcileOnce('m')))
            if (gated && version === '2') await clock.advance(50)
          }
        }
        if (gated) {
          // A step of the plane is shorter than the periods of some sources, which then ask nobody.
          const labels = { deployment: 'default/m', revision: 'r' }
          const interval = { fromMs: clock.now() - 600_000, toMs: clock.now() }
          const query = { metric: 'errors', labels, interval }
          shown.push(await settled((async () => parts.metrics?.prom?.query(query))()))
        }
        shown.push(
          await settled(plane.explain('m')),
          plane.health(),
          await settled(plane.get('m')),
          events,
          lines,
        )
        shown.push(await records(audit.read()), await store.get('ModelDeployment', 'default/m'))
        shown.push(
          sdk
            .spans()
            .map(({ name, attributes, status, events: told }) => ({ name, attributes, status, told })),
        )
        expect(vendor.told()).toBeGreaterThan(0)
        if ((await store.get('ModelDeployment', 'default/m')) !== null) {
          expect(sdk.spans().length).toBeGreaterThan(0)
        }
        for (const each of shown) expect(leaks(printed(each))).toEqual([])
      },
    )
  })

  describe.each(Object.entries(ofARouter))('in %s', (name, providerOf) => {
    it.each(vicesFor(name, Object.keys(ofARouter)))(
      'is in nothing that a router shows when the vendor repeats it and answers %s',
      async (vice) => {
        const vendor = await repeatingVendor(vice)
        onTestFinished(() => vendor.close())
        const provider = providerOf(vendor.url)
        onTestFinished(async () => provider.close?.())
        const { logger, lines } = recorder()
        const operation = provider.capabilities.operations[0] ?? 'chat'
        const spec = { operations: [operation], backends: [{ provider: 'vendor', model: 'm' }] }
        const router = createRouter({
          table: staticRoutes({
            routes: [{ kind: 'ModelRoute', metadata: { name: 'r' }, spec }],
            providers: { vendor: provider },
          }),
          clock: systemClock,
          observers: [createRequestTelemetry()],
          logger,
        })
        const request = { messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }] } as const
        const shown =
          operation === 'infer'
            ? [await settled(router.infer('r', { kind: 'tensors', inputs: [tensor] }))]
            : [
                await settled(router.chat('r', request)),
                await settled(streamed(router.chatStream('r', request))),
                await settled(router.embed('r', { input: ['hi'] })),
              ]
        shown.push(lines)
        shown.push(
          sdk
            .spans()
            .map(({ name, attributes, status, events: told }) => ({ name, attributes, status, told })),
        )
        expect(vendor.told()).toBeGreaterThan(0)
        expect(sdk.spans().length).toBeGreaterThan(0)
        for (const each of shown) expect(leaks(printed(each))).toEqual([])
      },
    )
  })
})
