import type {
  ApplyOptions,
  ApplyResult,
  DeploymentTarget,
  ObservedRevision,
  ObservedTarget,
  TargetCapabilities,
  TargetWant,
} from '../../../../src/deployment-target/contract.ts'
import { type TargetRefusal, wantRefusal } from '../../../../src/deployment-target/want-refusal.ts'
import { ModelspineError, throwIfAborted } from '../../../../src/errors.ts'
import type { Key } from '../../../../src/resources/metadata.ts'
import { type Cloud, type CloudOperation, type CloudReply, cloudLagMs, type Variant } from './cloud.ts'

/** A mistake that a stranger might make. Undefined: the adapter is right. */
export type TargetDefect =
  | 'creates a model again when its answer was lost'
  | 'takes what is listed for ready'
  | 'repeats a secret in what it throws'
  | 'repeats a secret in what it observes'
  | 'takes 429 for a refusal'
  | 'drops the Retry-After of 429'
  | 'takes 5xx for a refusal'
  | 'takes a lost answer for a refusal'
  | 'never sends runtime.env'
  | 'never sends secrets'
  | 'never sends settings'
  | 'never sends the scale'
  | 'sends the first file only'
  | 'answers unchanged while another want is on its way'
  | 'tells of no failed update'
  | 'updates again for each operation id'
  | 'hides a revision when an operation ends between two reads'
  | 'lists the first page only'
  | 'takes an unreachable vendor for an empty one'
  | 'repeats its token in what it throws'
  | 'drops the old revision before the new one serves'
  | 'splits between any revisions'
  | 'takes the order of the names for the order of creation'
  | 'says that its lists are true sooner than they are'
  | 'lists what it listed before'

const capabilities: TargetCapabilities = {
  maxRevisions: 3,
  split: 'percent',
  names: 'deterministic',
  fencing: 'none',
  attribution: 'none',
  scaleToZero: false,
  mirror: false,
  traffic: 'latest-and-previous',
  listLagMs: cloudLagMs,
}

interface Shown {
  readonly running?: string
  readonly variants: readonly (Variant & { readonly health: 'ok' | 'warming' })[]
}

const serviceOf = (key: Key): string => key.replace('/', '--')
const keyOf = (service: string): Key => service.replace('--', '/') as Key

/** A target over the cloud, with one defect or none. */
export function cloudTarget(cloud: Cloud, defect?: TargetDefect): DeploymentTarget {
  const is = (each: TargetDefect): boolean => defect === each
  const listed = new Set<Key>()
  let models = 0

  function refusal(want: TargetWant): TargetRefusal | undefined {
    const sorted = want.revisions.toSorted((left, right) => (left.name < right.name ? -1 : 1))
    return wantRefusal(
      is('takes the order of the names for the order of creation') ? { ...want, revisions: sorted } : want,
      is('splits between any revisions') ? { ...capabilities, traffic: 'any' } : capabilities,
    )
  }

  async function ask(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: unknown,
    secrets: readonly string[] = [],
  ): Promise<CloudReply> {
    const clean = (text: string): string =>
      [
        ...(is('repeats a secret in what it throws') ? [] : secrets),
        ...(is('repeats its token in what it throws') ? [] : [cloud.token]),
      ].reduce((shown, secret) => shown.replaceAll(secret, '[secret]'), text)
    let reply: CloudReply
    try {
      reply = await cloud.request(method, path, body)
    } catch (error) {
      const message = `the cloud did not answer: ${String(error)}`
      if (is('takes a lost answer for a refusal')) throw new ModelspineError('target-refused', message)
      throw new ModelspineError('target-unavailable', message)
    }
    const text = clean(String(reply.body))
    if (reply.status === 401) throw new ModelspineError('auth', `the cloud refuses our token: ${text}`)
    if (reply.status === 429) {
      if (is('takes 429 for a refusal')) throw new ModelspineError('target-refused', text)
      const { retryAfterMs } = reply
      const isTold = retryAfterMs !== undefined && !is('drops the Retry-After of 429')
      throw new ModelspineError('target-unavailable', text, isTold ? { retryAfterMs } : {})
    }
    if (reply.status >= 500) {
      throw new ModelspineError(is('takes 5xx for a refusal') ? 'target-refused' : 'target-unavailable', text)
    }
    return reply
  }

  async function read(key: Key): Promise<Shown | undefined> {
    const { status, body } = await ask('GET', `/services/${serviceOf(key)}`)
    return status === 404 ? undefined : (body as Shown)
  }

  async function operationsOf(key: Key): Promise<readonly CloudOperation[]> {
    return (await ask('GET', `/operations/${serviceOf(key)}`)).body as readonly CloudOperation[]
  }

  async function modelsOf(key: Key): Promise<readonly { readonly id: string }[]> {
    return (await ask('GET', `/models/${serviceOf(key)}`)).body as readonly { readonly id: string }[]
  }

  async function addModel(
    key: Key,
    want: TargetWant,
    { handles = [] }: ApplyOptions,
  ): Promise<ApplyResult | undefined> {
    const isTwice = is('creates a model again when its answer was lost')
    const known = isTwice ? handles : (await modelsOf(key)).map(({ id }) => id)
    const missing = want.revisions.find(
      ({ name }) => !known.some((id) => id.startsWith(`${serviceOf(key)}/${name}`)),
    )
    if (missing === undefined) return undefined
    models += 1
    const id = `${serviceOf(key)}/${missing.name}${isTwice ? `-${models}` : ''}`
    const { artifact } = missing.model
    const uris = artifact.kind === 'files' ? artifact.files.map(({ uri }) => uri) : []
    const files = is('sends the first file only') ? uris.slice(0, 1) : uris
    await ask('POST', '/models', { id, service: serviceOf(key), files })
    return { kind: 'accepted', handle: id }
  }

  async function variantsOf(want: TargetWant, call: ApplyOptions): Promise<readonly Variant[]> {
    const weightOf = (name: string): number =>
      want.split.find(({ revision }) => revision === name)?.weight ?? 0
    const made = want.revisions.map(async ({ name, runtime, settings }): Promise<Variant> => {
      const secrets: Record<string, string> = {}
      for (const [variable, reference] of Object.entries(runtime.secrets)) {
        secrets[variable] = (await call.secret(reference)).reveal()
      }
      return {
        name,
        env: is('never sends runtime.env') ? {} : runtime.env,
        secrets: is('never sends secrets') ? {} : secrets,
        settings: is('never sends settings') ? {} : settings,
        scale: is('never sends the scale') ? { min: 1, max: 1 } : want.scale,
        weight: weightOf(name),
        tag: call.operationId,
      }
    })
    return Promise.all(made)
  }

  async function apply(key: Key, want: TargetWant, call: ApplyOptions): Promise<ApplyResult> {
    throwIfAborted(call.abortSignal, 'the call')
    const refused = refusal(want)
    if (refused !== undefined) return refused
    const service = await read(key)
    const running =
      service?.running === undefined
        ? undefined
        : (await operationsOf(key)).findLast(({ state }) => state === 'running')
    if (running !== undefined) {
      const isWanted = sameWant(want, running.variants, is('never sends the scale'))
      if (isWanted || is('answers unchanged while another want is on its way')) return { kind: 'unchanged' }
      return { kind: 'busy', retryAfterMs: 1000 }
    }
    const added = await addModel(key, want, call)
    if (added !== undefined) return added
    const there = service?.variants ?? []
    const isOld =
      is('updates again for each operation id') && there.some(({ tag }) => tag !== call.operationId)
    if (sameWant(want, there, is('never sends the scale')) && !isOld) {
      return (await dropModel(key, want)) ?? { kind: 'unchanged' }
    }
    const kept = (want.keep ?? []).flatMap((name) => {
      const found = there.find((each) => each.name === name)
      return found === undefined
        ? []
        : [{ ...found, weight: want.split.find(({ revision }) => revision === name)?.weight ?? found.weight }]
    })
    const variants = [...(await variantsOf(want, call)), ...kept]
    const secrets = variants.flatMap((each) => Object.values(each.secrets))
    const { status } = await ask(
      'PUT',
      `/services/${serviceOf(key)}`,
      { tag: call.operationId, variants },
      secrets,
    )
    return status === 423 ? { kind: 'busy', retryAfterMs: 1000 } : { kind: 'accepted' }
  }

  async function dropModel(key: Key, { revisions, keep = [] }: TargetWant): Promise<ApplyResult | undefined> {
    if (is('creates a model again when its answer was lost')) return undefined
    const names = [...revisions.map(({ name }) => name), ...keep]
    const extra = (await modelsOf(key)).find(({ id }) => !names.includes(id.split('/')[1] ?? ''))
    if (extra === undefined) return undefined
    await ask('DELETE', `/models/${extra.id}`)
    return { kind: 'accepted' }
  }

  async function list(): Promise<readonly Key[]> {
    const keys: Key[] = []
    let page: number | undefined = 0
    while (page !== undefined) {
      const { body } = await ask('GET', `/pages/${page}`)
      const { items, next } = body as { readonly items: readonly string[]; readonly next?: number }
      keys.push(...items.map(keyOf))
      page = is('lists the first page only') ? undefined : next
    }
    for (const key of keys) listed.add(key)
    return is('lists what it listed before') ? [...listed] : keys
  }

  async function observe(key: Key): Promise<ObservedTarget> {
    let service = await read(key)
    const operations = await operationsOf(key)
    const running = operations.findLast(({ state }) => state === 'running')
    const hasEnded = service?.running !== undefined && running === undefined
    if (hasEnded && !is('hides a revision when an operation ends between two reads'))
      service = await read(key)
    const there = service?.variants ?? []
    const coming = (running?.variants ?? []).filter(({ name }) => !there.some((each) => each.name === name))
    const isDropping = is('drops the old revision before the new one serves') && running !== undefined
    return {
      revisions: [
        ...there.filter(() => !isDropping).map((each) => ({ ...shownAs(each), ...stateOf(each) })),
        ...coming.map((each): ObservedRevision => ({ ...shownAs(each), state: 'starting' })),
      ],
      operations: operations
        .filter(({ state }) => state !== 'failed' || !is('tells of no failed update') || there.length === 0)
        .map(({ tag, state, text }) => ({
          operationId: tag,
          state,
          ...(text !== undefined && { reason: text }),
        })),
    }
  }

  function shownAs({ name, scale, weight, secrets }: Variant): Omit<ObservedRevision, 'state'> {
    const isTold = is('repeats a secret in what it observes')
    return {
      revision: name,
      scale,
      weight,
      ...(isTold && { message: `runs with ${JSON.stringify(secrets)}` }),
    }
  }

  function stateOf({
    name,
    health,
  }: Shown['variants'][number]): Pick<ObservedRevision, 'state' | 'endpoint'> {
    if (health !== 'ok' && !is('takes what is listed for ready')) return { state: 'starting' }
    return { state: 'ready', endpoint: { protocol: 'cloud', address: `https://cloud.example.com/${name}` } }
  }

  return {
    capabilities: is('says that its lists are true sooner than they are')
      ? { ...capabilities, listLagMs: cloudLagMs - 1 }
      : capabilities,
    checkSettings: () => [],
    plan: (want, observed) => {
      const refused = refusal(want)
      if (refused !== undefined) return refused
      const seen = observed.revisions.map(({ revision, weight = 0, scale = want.scale }) => ({
        name: revision,
        weight,
        scale,
      }))
      return { kind: 'steps', steps: sameWant(want, seen, false) ? [] : ['update the service'] }
    },
    apply,
    async observe(key, { abortSignal } = {}) {
      throwIfAborted(abortSignal, 'the call')
      try {
        return await observe(key)
      } catch (error) {
        if (is('takes an unreachable vendor for an empty one')) return { revisions: [], operations: [] }
        throw error
      }
    },
    async list({ abortSignal } = {}) {
      throwIfAborted(abortSignal, 'the call')
      return list()
    },
    async destroy(key, { abortSignal }) {
      throwIfAborted(abortSignal, 'the call')
      const service = await read(key)
      if (service?.running !== undefined) return { kind: 'busy', retryAfterMs: 1000 }
      const [model] = await modelsOf(key)
      if (service !== undefined) await ask('DELETE', `/services/${serviceOf(key)}`)
      else if (model !== undefined) await ask('DELETE', `/models/${model.id}`)
      else return { kind: 'unchanged' }
      return { kind: 'accepted' }
    },
  }
}

type Comparable = Pick<Variant, 'name' | 'weight' | 'scale'>

/** A revision never changes, so its name, its weight and its scale tell all. */
function sameWant(want: TargetWant, variants: readonly Comparable[], scaleDiffers: boolean): boolean {
  const names = [...want.revisions.map(({ name }) => name), ...(want.keep ?? [])]
  if (names.length !== variants.length) return false
  return variants.every(({ name, weight, scale }) => {
    const isKept = want.keep?.includes(name) === true
    const wanted = want.split.find(({ revision }) => revision === name)?.weight
    const isSameScale =
      scaleDiffers || isKept || (scale.min === want.scale.min && scale.max === want.scale.max)
    return names.includes(name) && isSameScale && weight === (wanted ?? (isKept ? weight : 0))
  })
}
