import { type Key, secretOf } from 'modelspine/adapter'
import { type KserveTarget, type KserveTargetOptions, kserveTarget } from 'modelspine/adapters/kserve'
import type { Fixture, TargetSubject, VendorRevision } from 'modelspine/testing'
import { namesOf } from '../../../adapters/kserve/kserve-names.ts'
import { credential, revision } from '../../adapters/kserve/revision.ts'
import type { Predictor } from '../../simulators/kserve/inference-service.ts'
import { stateOf } from '../../simulators/kserve/model-process.ts'
import type { KubeAddress } from '../servers/kube-apiserver.ts'
import { type RecordedRequest, type RecordingProxy, recordingProxy } from '../support/recording-proxy.ts'
import { type KserveWorld, kserveWorld } from './kserve-world.ts'

/** Short, because a kit waits for it hundreds of times. */
export const readyAfterMs = 10

export interface TargetScene {
  readonly world: KserveWorld
  readonly proxy: RecordingProxy
  readonly options: KserveTargetOptions
  open(): KserveTarget
  close(): Promise<void>
}

/** A target before a namespace of the real Kubernetes API, as the user `modelspine` with the documented role. */
export async function targetScene(
  address: KubeAddress,
  namespace: string,
  mode: KserveTargetOptions['mode'],
  more: Partial<KserveTargetOptions> = {},
): Promise<TargetScene> {
  const world = await kserveWorld(address, namespace, { readyAfterMs, removedAfterMs: 5 })
  const proxy = await recordingProxy(address)
  const token = () => secretOf(address.userToken)
  const options: KserveTargetOptions = { mode, namespace, baseUrl: proxy.url, token, ...more }
  const targets: KserveTarget[] = []
  return {
    world,
    proxy,
    options,
    open() {
      const target = kserveTarget(options)
      targets.push(target)
      return target
    },
    async close() {
      for (const each of targets) await each.close()
      await proxy.close()
      await world.close()
    },
  }
}

export function isMutation({ method, path, status = 0 }: RecordedRequest): boolean {
  return isWrite(method) && !path.includes('/configmaps/') && !path.includes('dryRun=') && status < 300
}

function isWrite(method: string): boolean {
  return method === 'PATCH' || method === 'DELETE' || method === 'POST' || method === 'PUT'
}

let subjects = 0

/** The kit's fixture. */
export async function liveSubject(
  address: KubeAddress,
  mode: KserveTargetOptions['mode'],
): Promise<Fixture<TargetSubject>> {
  subjects += 1
  let token = address.userToken
  const scene = await targetScene(address, `kit-${mode}-${subjects}`, mode, { token: () => secretOf(token) })
  const { world, proxy, open, close } = scene
  const write = ({ method }: RecordedRequest): boolean => isWrite(method)
  return {
    subject: {
      target: open(),
      credential,
      revisions: [revision(1), revision(2), revision(3)],
      settle: () => world.simulator.settled(),
      created: () => createdIn(proxy.requests),
      mutations: () => proxy.requests.filter(isMutation).length,
      reopen: open,
      loseNextAnswer: () => proxy.interfere({ matches: write, answer: 'lost' }),
      faultNext: (text) => proxy.interfere({ matches: write, answer: refusal(500, 'InternalError', text) }),
      throttleNext: (ms) =>
        proxy.interfere({
          matches: write,
          answer: {
            ...refusal(429, 'TooManyRequests', 'too many requests'),
            headers: { 'retry-after': String(ms / 1000) },
          },
        }),
      advance: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      disconnect: () => proxy.close(),
      unauthorize() {
        token = credential
      },
      truth: (key) => truthOf(world, key, mode),
    },
    dispose: close,
  }
}

function refusal(code: number, reason: string, message: string) {
  return { status: code, body: { kind: 'Status', status: 'Failure', code, reason, message } }
}

interface AppliedService {
  readonly metadata: { readonly name: string }
  readonly spec: {
    readonly predictor: Predictor
    readonly canary?: readonly { readonly predictor: Predictor }[]
  }
}

/** How often a revision came into an InferenceService that did not have it, by the requests that were answered well. */
export function createdIn(requests: readonly RecordedRequest[]): number {
  const held = new Map<string, ReadonlySet<string>>()
  let created = 0
  for (const request of requests.filter(isMutation)) {
    const [, name] = /\/inferenceservices\/([^?]+)/.exec(request.path) ?? []
    if (name === undefined) continue
    if (request.method === 'DELETE') {
      held.delete(name)
      continue
    }
    const { spec } = JSON.parse(request.body) as AppliedService
    const previous = lineageOf(spec.predictor).previous?.revision
    const canaries = (spec.canary ?? []).map(({ predictor }) => revisionOf(predictor))
    const isSplit = spec.predictor.canaryTrafficPercent !== undefined
    const now = new Set([
      revisionOf(spec.predictor),
      ...canaries,
      ...(isSplit && previous !== undefined ? [previous] : []),
    ])
    const before = held.get(name)
    created += [...now].filter((each) => before?.has(each) !== true).length
    held.set(name, now)
  }
  return created
}

export function revisionOf({ annotations = {} }: Predictor): string {
  return annotations['modelspine.dev/revision'] ?? ''
}

function lineageOf({ annotations = {} }: Predictor): { readonly previous?: { readonly revision: string } } {
  return JSON.parse(annotations['modelspine.dev/lineage'] ?? '{}')
}

interface ModelSpec {
  readonly modelFormat: { readonly name: string }
  readonly storageUri: string
  readonly args: readonly string[]
  readonly env: readonly {
    readonly name: string
    readonly value?: string
    readonly valueFrom?: { readonly secretKeyRef: { readonly name: string; readonly key: string } }
  }[]
}

/** What runs in the simulator, and what the API has in Secrets. */
async function truthOf(
  world: KserveWorld,
  key: Key,
  mode: KserveTargetOptions['mode'],
): Promise<readonly VendorRevision[]> {
  const { service } = namesOf(key, { mode, namespace: world.namespace })
  const simulated = world.simulator.world(service)
  const declared = world.simulator.service(service)
  if (simulated === undefined || declared === undefined) return []
  const serving = simulated.shares.map(({ process }) => process)
  // Old Knative revisions stay without traffic, and are no revisions of ours any more.
  const running =
    declared.spec.predictor.name === undefined
      ? [...new Set([...serving, ...simulated.processes.slice(-1)])]
      : simulated.processes
  const names = new Set(running.map(({ predictor }) => revisionOf(predictor)))
  return Promise.all(
    [...names].map(async (name): Promise<VendorRevision> => {
      const own = running.filter(({ predictor }) => revisionOf(predictor) === name)
      const predictor = own.at(-1)?.predictor as Predictor
      const model = predictor.model as unknown as ModelSpec
      const main = declared.spec.predictor
      return {
        revision: name,
        ready: own.some((process) => stateOf(process, readyAfterMs, Date.now()) === 'ready'),
        files: [model.storageUri],
        env: Object.fromEntries(
          model.env.flatMap(({ name: variable, value }) =>
            value === undefined || variable === 'MODELSPINE_REVISION' ? [] : [[variable, value] as const],
          ),
        ),
        secrets: await secretsOf(world, model),
        settings: { modelFormat: model.modelFormat.name, args: model.args },
        ...(revisionOf(main) === name && {
          scale: { min: main.minReplicas ?? 0, max: main.maxReplicas ?? 0 },
        }),
        weight: simulated.shares
          .filter(({ process }) => own.includes(process))
          .reduce((sum, { percent }) => sum + percent, 0),
      }
    }),
  )
}

async function secretsOf(world: KserveWorld, { env }: ModelSpec): Promise<Readonly<Record<string, string>>> {
  const found = env.flatMap(({ name: variable, valueFrom }) =>
    valueFrom === undefined ? [] : [{ variable, ...valueFrom.secretKeyRef }],
  )
  const values = await Promise.all(
    found.map(async ({ variable, name, key }) => {
      const { body } = await world.ask('GET', `/api/v1/namespaces/${world.namespace}/secrets/${name}`)
      const { data = {} } = body as { readonly data?: Readonly<Record<string, string>> }
      return [variable, Buffer.from(data[key] ?? '', 'base64').toString()] as const
    }),
  )
  return Object.fromEntries(values)
}
