import { isDeepStrictEqual } from 'node:util'

export type Json = Record<string, unknown>

export interface Stored extends Json {
  metadata: Json & { name: string; resourceVersion: string; generation: number; uid: string }
  spec?: Json
  status?: Json
}

/** A refusal of the API server. */
export class Refusal extends Error {
  readonly status: number
  readonly reason: string
  readonly details: Json
  constructor(status: number, reason: string, message: string, details: Json = {}) {
    super(message)
    this.status = status
    this.reason = reason
    this.details = details
  }
}

export interface WorldEvent {
  readonly version: number
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly sort: string
  readonly object: Stored
}

export interface ApplyOptions {
  readonly manager: string
  readonly force: boolean
  readonly dryRun: boolean
}

/** The objects of a cluster, as far as the target needs them: server-side apply, versions, preconditions, events. */
export class KubernetesWorld {
  readonly objects: Map<string, Stored> = new Map()
  readonly events: WorldEvent[] = []
  version = 100
  /** Events up to this version are forgotten. */
  forgotten = 0
  /** Writes of clients that changed an InferenceService or a Secret. */
  mutations = 0
  /** Deleting leaves an object until its finalizers are gone. */
  finalizers: readonly string[] = []
  /** Says why an object is not taken, as a webhook does. */
  admit: (sort: string, body: Json) => void = () => {}
  /** By object: the paths that each manager owns. */
  private readonly owned = new Map<string, Map<string, Map<string, unknown>>>()

  find(sort: string, name: string): Stored {
    const found = this.objects.get(`${sort}/${name}`)
    if (found === undefined) {
      throw new Refusal(404, 'NotFound', `${sort} "${name}" not found`, { name, kind: sort })
    }
    return found
  }

  all(sort: string): readonly Stored[] {
    return [...this.objects].filter(([id]) => id.startsWith(`${sort}/`)).map(([, object]) => object)
  }

  apply(sort: string, name: string, body: Json, { manager, force, dryRun }: ApplyOptions): Stored {
    const id = `${sort}/${name}`
    const there = this.objects.get(id)
    const { resourceVersion, uid, ...metadata } = body.metadata as Json
    // As a real server has it: a version of an object that is gone does not keep it from being made, but a uid does.
    if (uid !== undefined && uid !== there?.metadata.uid) {
      throw new Refusal(
        409,
        'Conflict',
        `Operation cannot be fulfilled on ${sort} "${name}": uid mismatch: the provided object specified uid ${uid}, and no existing object was found`,
      )
    }
    const isGuarded = resourceVersion !== undefined && resourceVersion !== '0'
    if (isGuarded && there !== undefined && resourceVersion !== there.metadata.resourceVersion) {
      throw new Refusal(
        409,
        'Conflict',
        `Operation cannot be fulfilled on ${sort} "${name}": the object has been modified`,
      )
    }
    this.admit(sort, body)
    const managers = new Map(this.owned.get(id))
    const wanted = leavesOf({ ...body, metadata })
    const conflict = this.conflictOf(managers, manager, wanted, there)
    if (conflict !== undefined && !force) {
      throw new Refusal(
        409,
        'Conflict',
        `Apply failed with 1 conflict: conflict with "${conflict[0]}": ${conflict[1]}`,
      )
    }
    const next = structuredClone(there ?? {}) as Stored
    for (const path of managers.get(manager)?.keys() ?? []) {
      const isShared = [...managers].some(([other, paths]) => other !== manager && paths.has(path))
      if (!wanted.has(path) && !isShared) remove(next, JSON.parse(path))
    }
    for (const [path, value] of wanted) {
      set(next, JSON.parse(path), value)
      for (const [other, paths] of managers) {
        if (other === manager || !paths.has(path) || isDeepStrictEqual(paths.get(path), value)) continue
        managers.set(other, new Map([...paths].filter(([each]) => each !== path)))
      }
    }
    managers.set(manager, wanted)
    if (dryRun) return next
    this.owned.set(id, managers)
    return this.store(sort, name, next, true)
  }

  private conflictOf(
    managers: ReadonlyMap<string, ReadonlyMap<string, unknown>>,
    manager: string,
    wanted: ReadonlyMap<string, unknown>,
    there: Stored | undefined,
  ): readonly [string, string] | undefined {
    if (there === undefined) return undefined
    for (const [other, paths] of managers) {
      if (other === manager) continue
      for (const [path, value] of wanted) {
        if (paths.has(path) && !isDeepStrictEqual(paths.get(path), value)) {
          return [other, `.${(JSON.parse(path) as string[]).join('.')}`]
        }
      }
    }
    return undefined
  }

  /** A write of KServe: no mutation of a client. */
  writeStatus(name: string, status: Json): void {
    const there = this.find('inferenceservices', name)
    if (isDeepStrictEqual(there.status, status)) return
    this.store('inferenceservices', name, { ...structuredClone(there), status }, false)
  }

  delete(sort: string, name: string, preconditions: Json): void {
    const there = this.find(sort, name)
    for (const [field, value] of Object.entries(preconditions)) {
      if (there.metadata[field] !== value) {
        throw new Refusal(409, 'Conflict', `Precondition failed: ${field} in precondition: ${value}`)
      }
    }
    if (sort === 'inferenceservices' && this.finalizers.length > 0) {
      const next = structuredClone(there)
      next.metadata.deletionTimestamp = '2026-11-29T00:00:00Z'
      next.metadata.finalizers = [...this.finalizers]
      this.store(sort, name, next, true)
      return
    }
    this.forget(sort, name, true)
  }

  forget(sort: string, name: string, byClient: boolean): void {
    const there = this.find(sort, name)
    this.objects.delete(`${sort}/${name}`)
    this.owned.delete(`${sort}/${name}`)
    this.note('DELETED', sort, there, byClient)
  }

  private store(sort: string, name: string, next: Stored, byClient: boolean): Stored {
    const id = `${sort}/${name}`
    const there = this.objects.get(id)
    if (there !== undefined && isDeepStrictEqual(there, next)) return there
    const isNewSpec = !isDeepStrictEqual(there?.spec, next.spec)
    next.metadata = {
      ...next.metadata,
      name,
      uid: there?.metadata.uid ?? `uid-${this.version + 1}`,
      generation: (there?.metadata.generation ?? 0) + (isNewSpec || there === undefined ? 1 : 0),
      resourceVersion: String(this.version + 1),
      managedFields: [...(this.owned.get(id)?.keys() ?? [])].map((manager) => ({
        manager,
        operation: 'Apply',
      })),
    }
    this.objects.set(id, next)
    this.note(there === undefined ? 'ADDED' : 'MODIFIED', sort, next, byClient)
    return next
  }

  private note(type: WorldEvent['type'], sort: string, object: Stored, byClient: boolean): void {
    this.version += 1
    if (byClient && sort !== 'configmaps') this.mutations += 1
    const marked = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.version) } }
    this.events.push({ version: this.version, type, sort, object: marked })
  }
}

/** Paths as JSON with their values. Lists are taken as a whole. */
function leavesOf(value: unknown, path: readonly string[] = []): Map<string, unknown> {
  const isTree = typeof value === 'object' && value !== null && !Array.isArray(value)
  if (!isTree || (path.length > 0 && Object.keys(value as Json).length === 0)) {
    return new Map([[JSON.stringify(path), value]])
  }
  return new Map(
    Object.entries(value as Json).flatMap(([name, member]) => [...leavesOf(member, [...path, name])]),
  )
}

function set(object: Json, [name = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) {
    object[name] = structuredClone(value)
    return
  }
  const inner = object[name]
  const next = typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? (inner as Json) : {}
  object[name] = next
  set(next, rest, value)
}

function remove(object: Json, [name = '', ...rest]: readonly string[]): void {
  if (rest.length === 0) {
    delete object[name]
    return
  }
  const inner = object[name]
  if (typeof inner !== 'object' || inner === null) return
  remove(inner as Json, rest)
  if (Object.keys(inner).length === 0) delete object[name]
}
