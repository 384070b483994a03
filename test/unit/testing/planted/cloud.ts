import type { Scale } from '../../../../src/resources/deployment/model-deployment.ts'
import { createFakeClock, type FakeClock } from '../../../../src/testing/index.ts'

/** What one revision is made of, as the cloud keeps it. */
export interface Variant {
  readonly name: string
  readonly env: Readonly<Record<string, string>>
  readonly secrets: Readonly<Record<string, string>>
  readonly settings: Readonly<Record<string, unknown>>
  readonly scale: Scale
  readonly weight: number
  /** The operation that made it. */
  readonly tag?: string
  readonly readyAtMs?: number
}

export interface CloudOperation {
  readonly tag: string
  readonly variants: readonly Variant[]
  readonly endsAtMs: number
  state: 'running' | 'succeeded' | 'failed'
  text?: string
}

interface Service {
  variants: readonly Variant[]
  readonly operations: CloudOperation[]
}

export interface CloudReply {
  readonly status: number
  readonly body: unknown
  readonly retryAfterMs?: number
}

interface Model {
  readonly id: string
  readonly service: string
  readonly files: readonly string[]
}

const [operationMs, warmUpMs] = [1000, 500]

/** So late a list of all services shows a new one, and no longer shows one that is gone. */
export const cloudLagMs = 400

/**
 * A vendor with the manners of the big clouds: a revision takes a model and then an update of its service, the
 * update runs for a second, a variant serves half a second later, and lists have pages of one and lag.
 */
export interface Cloud {
  readonly clock: FakeClock
  readonly token: string
  request(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<CloudReply>
  readonly created: number
  readonly mutations: number
  service(name: string): { readonly variants: readonly Variant[] } | undefined
  filesOf(service: string, variant: string): readonly string[]
  /** What happens next. */
  readonly next: {
    lost?: boolean
    fault?: string
    throttledMs?: number
    failing?: string
    ending?: boolean
    down?: boolean
    refusing?: boolean
  }
}

export function createCloud(): Cloud {
  const clock = createFakeClock()
  const models: Model[] = []
  const services = new Map<string, Service>()
  /** The names after each mutation, the newest last. */
  const lists: { readonly atMs: number; readonly names: readonly string[] }[] = []
  const next: Cloud['next'] = {}
  const token = 'cloud-token-71c2'
  let [created, mutations] = [0, 0]

  function progress(service: Service | undefined): void {
    for (const operation of service?.operations ?? []) {
      if (operation.state !== 'running' || operation.endsAtMs > clock.now()) continue
      operation.state = operation.text === undefined ? 'succeeded' : 'failed'
      if (service === undefined || operation.text !== undefined) continue
      const there = service.variants
      service.variants = operation.variants.map((each) => ({
        ...each,
        readyAtMs: there.find(({ name }) => name === each.name)?.readyAtMs ?? operation.endsAtMs + warmUpMs,
      }))
    }
  }

  function shown(name: string): unknown {
    const service = services.get(name)
    progress(service)
    if (service === undefined) return undefined
    const running = service.operations.find(({ state }) => state === 'running')
    return {
      running: running?.tag,
      variants: service.variants.map((each) => ({
        ...each,
        health: (each.readyAtMs ?? 0) <= clock.now() ? 'ok' : 'warming',
      })),
    }
  }

  function read(path: string): CloudReply {
    const [, kind = '', name = ''] = path.split('/')
    const found = (body: unknown): CloudReply => ({ status: body === undefined ? 404 : 200, body })
    if (kind === 'services') return found(shown(name))
    if (kind === 'operations') {
      progress(services.get(name))
      return found(services.get(name)?.operations ?? [])
    }
    if (kind === 'models') return found(models.filter(({ service }) => service === name))
    const names = lists.findLast(({ atMs }) => atMs + cloudLagMs <= clock.now())?.names ?? []
    const page = Number(name || 0)
    return found({ items: names.slice(page, page + 1), ...(page + 1 < names.length && { next: page + 1 }) })
  }

  function write(method: string, path: string, body: unknown): CloudReply {
    const [, kind = '', name = '', part = ''] = path.split('/')
    if (kind === 'models' && method === 'POST') {
      if (models.some(({ id }) => id === (body as Model).id)) return { status: 409, body: 'exists' }
      models.push(body as Model)
      created += 1
    } else if (kind === 'models') {
      models.splice(
        models.findIndex(({ id }) => id === `${name}/${part}`),
        1,
      )
    } else if (method === 'DELETE') {
      services.delete(name)
    } else {
      const service = services.get(name) ?? { variants: [], operations: [] }
      services.set(name, service)
      progress(service)
      if (service.operations.some(({ state }) => state === 'running')) return { status: 423, body: 'busy' }
      const { tag, variants } = body as { readonly tag: string; readonly variants: readonly Variant[] }
      const { failing: text } = next
      delete next.failing
      service.operations.push({
        tag,
        variants: variants.map(
          (each) => service.variants.find(({ name }) => name === each.name && each.tag === undefined) ?? each,
        ),
        endsAtMs: clock.now() + operationMs,
        state: 'running',
        ...(text !== undefined && { text }),
      })
    }
    mutations += 1
    const names = [...new Set([...services.keys(), ...models.map(({ service }) => service)])].sort()
    lists.push({ atMs: clock.now(), names })
    return { status: 200, body: {} }
  }

  function refusal(isWrite: boolean): CloudReply | undefined {
    if (next.refusing) return { status: 401, body: `the token ${token} is not valid` }
    if (!isWrite) return undefined
    const { fault, throttledMs } = next
    if (fault !== undefined) {
      delete next.fault
      return { status: 500, body: fault }
    }
    if (throttledMs === undefined) return undefined
    delete next.throttledMs
    return { status: 429, body: 'too many requests', retryAfterMs: throttledMs }
  }

  return {
    clock,
    token,
    next,
    get created() {
      return created
    },
    get mutations() {
      return mutations
    },
    service(name) {
      progress(services.get(name))
      return services.get(name)
    },
    filesOf: (service, variant) =>
      models.find(({ id }) => id.startsWith(`${service}/${variant}`))?.files ?? [],
    async request(method, path, body) {
      if (next.down) throw new Error('connect ECONNREFUSED 192.0.2.1:443')
      const isWrite = method !== 'GET'
      const refused = refusal(isWrite)
      if (refused !== undefined) return refused
      const reply = isWrite ? write(method, path, body) : read(path)
      if (!isWrite && next.ending) {
        delete next.ending
        await clock.advance(operationMs)
      }
      if (!isWrite || !next.lost) return structuredClone(reply)
      delete next.lost
      throw new Error('socket hang up')
    },
  }
}
