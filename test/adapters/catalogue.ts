import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { secretOf } from 'modelspine/adapter'
import { anthropic } from 'modelspine/adapters/anthropic'
import { azureOpenai } from 'modelspine/adapters/azure-openai'
import { bedrock } from 'modelspine/adapters/bedrock'
import { cedarPolicy } from 'modelspine/adapters/cedar'
import { cloudwatchMetrics } from 'modelspine/adapters/cloudwatch'
import { fileAuditLog, fileRegistry } from 'modelspine/adapters/file'
import { gemini } from 'modelspine/adapters/gemini'
import { googleMonitoringMetrics } from 'modelspine/adapters/google-monitoring'
import { kserveTarget } from 'modelspine/adapters/kserve'
import { mlflowRegistry } from 'modelspine/adapters/mlflow'
import { opaPolicy, opaWasmPolicy } from 'modelspine/adapters/opa'
import { openInferenceProvider } from 'modelspine/adapters/open-inference'
import { openai } from 'modelspine/adapters/openai'
import { openaiCompatible } from 'modelspine/adapters/openai-compatible'
import { processTarget } from 'modelspine/adapters/process'
import { modelspineMetrics, prometheusMetrics } from 'modelspine/adapters/prometheus'
import { sagemakerProvider, sagemakerRegistry, sagemakerTarget } from 'modelspine/adapters/sagemaker'
import { sqliteStore } from 'modelspine/adapters/sqlite'
import { vertexGemini, vertexProvider, vertexRegistry, vertexTarget } from 'modelspine/adapters/vertex'
import manifest from '../../package.json' with { type: 'json' }
import type { ServerName } from '../live/servers/index.ts'

/** The page of docs/contracts that tells what a part must do. */
type Contract =
  | 'audit-log'
  | 'deployment-target'
  | 'metric-source'
  | 'model-provider'
  | 'model-registry'
  | 'policy-engine'
  | 'secret-store'
  | 'state-store'

/** What the tests of an adapter run against. */
type Truth =
  /** The vendor's own server, installed and started by `npm run test:live`. */
  | {
      readonly kind: 'live'
      readonly servers: readonly ServerName[]
      /** What of the vendor does not run there. A simulator in `test/simulators` plays it. */
      readonly played?: string
    }
  /**
   * Every request is checked against a description that the vendor publishes, a file of that name. An emulator that others
   * wrote may run some of it.
   */
  | { readonly kind: 'model'; readonly file: string; readonly emulator?: ServerName }
  /** The vendor's own library runs in the tests: a package, in the version that package.json pins. */
  | { readonly kind: 'library'; readonly package: keyof typeof manifest.devDependencies }
  /** The vendor's own client reads what the tests answer, and its types describe what is sent: a package, as above. */
  | { readonly kind: 'client'; readonly package: keyof typeof manifest.devDependencies }
  /** The vendor's documentation. */
  | { readonly kind: 'documentation' }
  /** No vendor: the adapter uses this machine, in all tests. */
  | { readonly kind: 'machine'; readonly what: string }

/** One part that an adapter gives to a plane or a router. */
export interface CataloguedPart {
  /** The folder of adapters/. */
  readonly adapter: string
  /** The function that makes the part. */
  readonly factory: string
  readonly contract: Contract
  readonly truth: Truth
  /** What the part declares of itself, as an app reads it. */
  capabilities(): object
}

const baseUrl = 'http://127.0.0.1:9'
const vertex = { project: 'my-team', location: 'europe-west4' }
const folder = (): string => mkdtempSync(join(tmpdir(), 'modelspine-catalogue-'))
const actions = ['deploy', 'promote', 'invoke', 'query-data', 'command', 'delete'] as const
const { node } = manifest.devDependencies
const machine = (what: string): Truth => ({ kind: 'machine', what: `${what} of Node ${node}` })

/** All parts of all adapters. */
export const catalogue: readonly CataloguedPart[] = [
  {
    adapter: 'anthropic',
    factory: 'anthropic',
    contract: 'model-provider',
    truth: { kind: 'client', package: '@anthropic-ai/sdk' },
    capabilities: () => anthropic({ baseUrl }).capabilities,
  },
  {
    adapter: 'azure-openai',
    factory: 'azureOpenai',
    contract: 'model-provider',
    truth: { kind: 'documentation' },
    capabilities: () => azureOpenai({ endpoint: baseUrl, apiKey: secretOf('a key') }).capabilities,
  },
  {
    adapter: 'bedrock',
    factory: 'bedrock',
    contract: 'model-provider',
    truth: { kind: 'model', file: 'bedrock-runtime.json.gz', emulator: 'ministack' },
    capabilities: () => bedrock({ region: 'eu-west-1' }).capabilities,
  },
  {
    adapter: 'cedar',
    factory: 'cedarPolicy',
    contract: 'policy-engine',
    truth: { kind: 'library', package: '@cedar-policy/cedar-wasm' },
    capabilities: () => ({ actions: cedarPolicy({ policies: [], actions }).actions }),
  },
  {
    adapter: 'cloudwatch',
    factory: 'cloudwatchMetrics',
    contract: 'metric-source',
    truth: { kind: 'model', file: 'cloudwatch.json.gz' },
    capabilities() {
      const alarms = { bad: { alarm: '{name}-{revision}' } }
      return cloudwatchMetrics({ region: 'eu-west-1', alarms }).capabilities('bad')
    },
  },
  {
    adapter: 'file',
    factory: 'fileRegistry',
    contract: 'model-registry',
    truth: machine('files'),
    capabilities: () => fileRegistry({ path: folder() }).capabilities,
  },
  {
    adapter: 'file',
    factory: 'fileAuditLog',
    contract: 'audit-log',
    truth: machine('files'),
    capabilities: () => fileAuditLog({ path: folder() }).capabilities,
  },
  {
    adapter: 'gemini',
    factory: 'gemini',
    contract: 'model-provider',
    truth: { kind: 'model', file: 'generativelanguage.v1beta.json' },
    capabilities: () => gemini({ apiKey: secretOf('key') }).capabilities,
  },
  {
    adapter: 'google-monitoring',
    factory: 'googleMonitoringMetrics',
    contract: 'metric-source',
    truth: { kind: 'model', file: 'monitoring.v3.json' },
    capabilities() {
      const series = { metric: 'm', metricLabels: { r: '{deployment} {revision}' } }
      const bad = { kind: 'ratio', hits: series, total: series } as const
      return googleMonitoringMetrics({ project: 'p', metrics: { bad } }).capabilities('bad')
    },
  },
  {
    adapter: 'kserve',
    factory: 'kserveTarget',
    contract: 'deployment-target',
    truth: { kind: 'live', servers: ['kube-apiserver'], played: 'KServe’s controller' },
    capabilities: () => kserveTarget({ baseUrl, mode: 'knative' }).capabilities,
  },
  {
    adapter: 'mlflow',
    factory: 'mlflowRegistry',
    contract: 'model-registry',
    truth: { kind: 'live', servers: ['mlflow'] },
    capabilities: () => mlflowRegistry({ baseUrl }).capabilities,
  },
  {
    adapter: 'opa',
    factory: 'opaPolicy',
    contract: 'policy-engine',
    truth: { kind: 'live', servers: ['opa'] },
    capabilities: () => ({ actions: opaPolicy({ baseUrl, actions }).actions }),
  },
  {
    adapter: 'opa',
    factory: 'opaWasmPolicy',
    contract: 'policy-engine',
    truth: { kind: 'live', servers: ['opa'] },
    capabilities: () => ({ actions: opaWasmPolicy({ policy: new Uint8Array(), actions }).actions }),
  },
  {
    adapter: 'open-inference',
    factory: 'openInferenceProvider',
    contract: 'model-provider',
    truth: { kind: 'live', servers: ['kserve', 'mlserver'] },
    capabilities: () => openInferenceProvider({ baseUrl }).capabilities,
  },
  {
    adapter: 'openai',
    factory: 'openai',
    contract: 'model-provider',
    truth: { kind: 'model', file: 'openai-openapi.json' },
    capabilities: () => openai({ apiKey: secretOf('a key') }).capabilities,
  },
  {
    adapter: 'openai-compatible',
    factory: 'openaiCompatible',
    contract: 'model-provider',
    truth: { kind: 'model', file: 'openai-openapi.json' },
    capabilities: () => openaiCompatible({ baseUrl }).capabilities,
  },
  {
    adapter: 'process',
    factory: 'processTarget',
    contract: 'deployment-target',
    truth: machine('processes'),
    capabilities: () => processTarget({ folder: folder(), command: ['serve', '{port}'] }).capabilities,
  },
  {
    adapter: 'prometheus',
    factory: 'prometheusMetrics',
    contract: 'metric-source',
    truth: { kind: 'live', servers: ['prometheus'] },
    capabilities: () =>
      prometheusMetrics({ baseUrl, metrics: modelspineMetrics() }).capabilities('requests.errors'),
  },
  {
    adapter: 'sagemaker',
    factory: 'sagemakerRegistry',
    contract: 'model-registry',
    truth: { kind: 'model', file: 'sagemaker.json.gz', emulator: 'moto' },
    capabilities: () => sagemakerRegistry({ region: 'eu-west-1', packaging: { image: 'i' } }).capabilities,
  },
  {
    adapter: 'sagemaker',
    factory: 'sagemakerProvider',
    contract: 'model-provider',
    truth: { kind: 'model', file: 'sagemaker-runtime.json.gz', emulator: 'moto' },
    capabilities: () => sagemakerProvider({ region: 'eu-west-1' }).capabilities,
  },
  {
    adapter: 'sagemaker',
    factory: 'sagemakerTarget',
    contract: 'deployment-target',
    truth: { kind: 'model', file: 'sagemaker.json.gz', emulator: 'moto' },
    capabilities: () => sagemakerTarget({ region: 'eu-west-1' }).capabilities,
  },
  {
    adapter: 'sqlite',
    factory: 'sqliteStore',
    contract: 'state-store',
    truth: machine('SQLite'),
    capabilities: () => sqliteStore({ path: join(folder(), 'store.db') }).capabilities,
  },
  {
    adapter: 'vertex',
    factory: 'vertexRegistry',
    contract: 'model-registry',
    truth: { kind: 'model', file: 'aiplatform.v1.json' },
    capabilities: () => vertexRegistry({ ...vertex, container: { image: 'image' } }).capabilities,
  },
  {
    adapter: 'vertex',
    factory: 'vertexTarget',
    contract: 'deployment-target',
    truth: { kind: 'model', file: 'aiplatform.v1.json' },
    capabilities: () => vertexTarget(vertex).capabilities,
  },
  {
    adapter: 'vertex',
    factory: 'vertexProvider',
    contract: 'model-provider',
    truth: { kind: 'model', file: 'aiplatform.v1.json' },
    capabilities: () => vertexProvider(vertex).capabilities,
  },
  {
    adapter: 'vertex',
    factory: 'vertexGemini',
    contract: 'model-provider',
    truth: { kind: 'model', file: 'aiplatform.v1.json' },
    capabilities: () => vertexGemini(vertex).capabilities,
  },
]
