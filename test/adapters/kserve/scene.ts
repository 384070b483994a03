import { type Key, type Secret, secretOf } from 'modelspine/adapter'
import { type KserveTarget, type KserveTargetOptions, kserveTarget } from 'modelspine/adapters/kserve'
import type { Fixture, TargetSubject } from 'modelspine/testing'
import { namesOf } from '../../../adapters/kserve/kserve-names.ts'
import { type Json, Refusal, type Stored } from './kubernetes-world.ts'
import { credential, revision } from './revision.ts'
import { type ScriptedKubernetes, scriptedKubernetes, status } from './scripted-kubernetes.ts'
import { revisionOf } from './small-kserve.ts'

export interface Scene {
  readonly api: ScriptedKubernetes
  readonly target: KserveTarget
  readonly options: KserveTargetOptions
  close(): Promise<void>
}

export async function kserveScene(
  mode: KserveTargetOptions['mode'],
  more: Partial<KserveTargetOptions> = {},
  token: () => Secret = () => secretOf('kit-token-good'),
): Promise<Scene> {
  const api = await scriptedKubernetes()
  const options: KserveTargetOptions = { mode, namespace: 'kit', baseUrl: api.url, token, ...more }
  const target = kserveTarget(options)
  return {
    api,
    target,
    options,
    async close() {
      await target.close()
      await api.close()
    },
  }
}

/** The kit's fixture over a small Kubernetes with a small KServe. */
export async function kserveSubject(mode: KserveTargetOptions['mode']): Promise<Fixture<TargetSubject>> {
  let token = 'kit-token-good'
  const { api, target, options, close } = await kserveScene(mode, {}, () => secretOf(token))
  const { world, kserve } = api
  const targets = [target]
  world.admit = (sort, body) => {
    if (sort === 'inferenceservices' && JSON.stringify(body).includes('nodeSelektor')) {
      // As a real server says it of an object that is applied.
      const message =
        'failed to create typed patch object: .spec.predictor.nodeSelektor: field not declared in schema'
      throw new Refusal(500, '', message)
    }
  }
  const isWrite = (call: string): boolean => /^(PATCH|DELETE)/.test(call)
  const onceFor = (matches: (call: string) => boolean, reply: ReturnType<typeof jsonReply>): void => {
    const before = api.intercept
    api.intercept = (call, response) => {
      if (!matches(call)) return before(call, response)
      api.intercept = before
      return reply
    }
  }
  return {
    subject: {
      target,
      credential,
      revisions: [revision(1), revision(2), revision(3)],
      unfit: revision(4, {
        settings: { modelFormat: 'sklearn', predictor: { nodeSelektor: { pool: 'gpu' } } },
      }),
      async settle() {
        kserve.reconcile(true)
      },
      created: () => kserve.created,
      mutations: () => world.mutations,
      reopen() {
        const again = kserveTarget(options)
        targets.push(again)
        return again
      },
      loseNextAnswer() {
        api.afterwards = (call, response) => {
          if (!isWrite(call)) return undefined
          api.afterwards = () => undefined
          response.socket?.destroy()
          return 'answered'
        }
      },
      faultNext: (text) => onceFor(isWrite, jsonReply(500, 'InternalError', text)),
      throttleNext: (ms) =>
        onceFor(isWrite, {
          ...jsonReply(429, 'TooManyRequests', 'too many requests'),
          headers: { 'retry-after': String(ms / 1000) },
        }),
      endWithNextRead() {
        api.afterwards = (call) => {
          if (!call.startsWith('GET')) return undefined
          api.afterwards = () => undefined
          kserve.reconcile(true)
          return undefined
        }
      },
      advance() {},
      disconnect: () => api.close(),
      unauthorize() {
        token = credential
        api.intercept = () => jsonReply(401, 'Unauthorized', `${credential} is not valid`)
      },
      truth: (key) => truthOf(api, key, { mode, namespace: 'kit' }),
    },
    async dispose() {
      for (const each of targets) await each.close()
      await close()
    },
  }
}

function jsonReply(code: number, reason: string, message: string) {
  return { status: code, headers: {}, body: JSON.stringify(status(code, reason, message)) }
}

function truthOf({ world, kserve }: ScriptedKubernetes, key: Key, where: Parameters<typeof namesOf>[1]) {
  const names = namesOf(key, where)
  const service = world.all('inferenceservices').find(({ metadata }) => metadata.name === names.service)
  if (service === undefined) return []
  const there = new Map<string, Json[]>()
  for (const each of kserve.running(service)) {
    const name = revisionOf(each.predictor)
    there.set(name, [...(there.get(name) ?? []), each as unknown as Json])
  }
  return Array.from(there, ([name, running]) => {
    const predictor = running.at(-1)?.predictor as Json
    const model = predictor.model as Json
    const env = model.env as readonly {
      name: string
      value?: string
      valueFrom?: { secretKeyRef: { name: string; key: string } }
    }[]
    const secrets = env.flatMap(({ name: variable, valueFrom }) => {
      if (valueFrom === undefined) return []
      const { data = {} } = world.find('secrets', valueFrom.secretKeyRef.name) as Stored & { data?: Json }
      const value = Buffer.from(String(data[valueFrom.secretKeyRef.key]), 'base64').toString()
      return [[variable, value] as const]
    })
    const main = service.spec?.predictor as Json
    return {
      revision: name,
      ready: running.some(({ ready }) => ready === true),
      files: [String(model.storageUri)],
      env: Object.fromEntries(
        env.flatMap(({ name: variable, value }) =>
          value === undefined || variable === 'MODELSPINE_REVISION' ? [] : [[variable, value] as const],
        ),
      ),
      secrets: Object.fromEntries(secrets),
      settings: { modelFormat: (model.modelFormat as Json).name, args: model.args },
      ...(revisionOf(main) === name && {
        scale: { min: Number(main.minReplicas), max: Number(main.maxReplicas) },
      }),
      weight: weightOf(service, running, predictor),
    }
  })
}

function weightOf(service: Stored, running: readonly Json[], { name: predictorName }: Json): number {
  const { components, canaryStatuses = [] } = (service.status ?? {}) as {
    components?: { predictor?: { traffic?: readonly { revisionName: string; percent: number }[] } }
    canaryStatuses?: readonly { name: string; ready: boolean; trafficPercent: number }[]
  }
  const shares = canaryStatuses.filter(({ ready }) => ready)
  const own = shares.find(({ name }) => name === predictorName)
  const { traffic } = components?.predictor ?? {}
  if (traffic === undefined) {
    return own?.trafficPercent ?? 100 - shares.reduce((sum, { trafficPercent }) => sum + trafficPercent, 0)
  }
  return traffic
    .filter(({ revisionName }) => running.some(({ name }) => name === revisionName))
    .reduce((sum, { percent }) => sum + percent, 0)
}
