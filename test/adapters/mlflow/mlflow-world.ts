/**
 * MLflow's registry in memory, with its habits: int64 as texts, empty lists and texts left out, no aliases in what a
 * search finds, an alias that is missing is 400, deleted numbers are not used again, moving an alias or setting a tag is
 * no update.
 */

export interface WorldVersion {
  readonly name: string
  readonly version: number
  readonly created: number
  updated: number
  readonly source: string
  readonly runId: string
  readonly modelId: string
  status: string
  statusMessage: string
  stage: string
  readonly tags: Map<string, string>
}

export interface WorldModel {
  readonly name: string
  updated: number
  numbers: number
  readonly versions: Map<number, WorldVersion>
  readonly aliases: Map<string, number>
  readonly tags: Map<string, string>
}

export class Refusal extends Error {
  readonly status: number
  readonly code: string
  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

const missing = (message: string): Refusal => new Refusal(404, 'RESOURCE_DOES_NOT_EXIST', message)
const invalid = (message: string): Refusal => new Refusal(400, 'INVALID_PARAMETER_VALUE', message)

export type Body = Readonly<Record<string, unknown>>

export class MlflowWorld {
  readonly models: Map<string, WorldModel> = new Map()
  readonly runs: Map<string, object> = new Map()
  readonly loggedModels: Map<string, object> = new Map()
  /** Files of the artifact store that the server serves, by path. */
  readonly files: Map<string, Uint8Array | string> = new Map()
  /** The largest page, whatever a search asks for. */
  pageSize = 200
  #nowMs = 1_795_527_000_000

  model(name: string): WorldModel {
    if (/[/:]/.test(name)) {
      throw invalid(`Invalid model name '${name}'. Names cannot contain '/' or ':'.`)
    }
    const model = this.models.get(name)
    if (model === undefined) throw missing(`Registered Model with name=${name} not found`)
    return model
  }

  version(name: string, version: string): WorldVersion {
    if (!/^\d+$/.test(version)) throw invalid(`Parameter 'version' must be an integer, got '${version}'.`)
    const found = this.models.get(name)?.versions.get(Number(version))
    if (found === undefined) throw missing(`Model Version (name=${name}, version=${version}) not found`)
    return found
  }

  createModel(name: string): WorldModel {
    if (/[/:]/.test(name)) {
      throw invalid(`Invalid model name '${name}'. Names cannot contain '/' or ':'.`)
    }
    if (this.models.has(name)) {
      throw new Refusal(400, 'RESOURCE_ALREADY_EXISTS', `Registered Model (name=${name}) already exists.`)
    }
    const model: WorldModel = {
      name,
      updated: this.#tick(),
      numbers: 0,
      versions: new Map(),
      aliases: new Map(),
      tags: new Map(),
    }
    this.models.set(name, model)
    return model
  }

  createVersion({ name, source, run_id, model_id, tags }: Body): WorldVersion {
    const model = this.model(String(name))
    if (/^mlflow-artifacts:/.test(String(source)) && run_id === undefined && model_id === undefined) {
      throw invalid(
        `Invalid model version source: '${source}'. The run_id request parameter must identify it.`,
      )
    }
    model.numbers += 1
    const created = this.#tick()
    model.updated = created
    const version: WorldVersion = {
      name: model.name,
      version: model.numbers,
      created,
      updated: created,
      source: String(source),
      runId: String(run_id ?? ''),
      modelId: String(model_id ?? ''),
      status: 'READY',
      statusMessage: '',
      stage: 'None',
      tags: new Map(((tags as { key: string; value: string }[]) ?? []).map(({ key, value }) => [key, value])),
    }
    model.versions.set(version.version, version)
    return version
  }

  deleteVersion(name: string, version: string): void {
    const found = this.version(name, version)
    const model = this.model(name)
    model.versions.delete(found.version)
    for (const [alias, number] of model.aliases) if (number === found.version) model.aliases.delete(alias)
    model.updated = this.#tick()
  }

  aliased(name: string, alias: string): WorldVersion {
    const number = this.model(name).aliases.get(alias)
    if (number === undefined) throw invalid(`Registered model alias ${alias} not found.`)
    return this.version(name, String(number))
  }

  setAlias(name: string, alias: string, version: string): void {
    if (!/^[\w-]+$/.test(alias)) throw invalid(`Invalid alias name: '${alias}'.`)
    if (/^v\d+$/.test(alias)) throw invalid(`Version alias name '${alias}' is reserved.`)
    this.model(name).aliases.set(alias, this.version(name, version).version)
  }

  searchModels(query: URLSearchParams): Body {
    const byName = query.getAll('order_by')[0] === 'name ASC'
    const all = [...this.models.values()].sort((a, b) =>
      byName ? (a.name < b.name ? -1 : 1) : b.updated - a.updated,
    )
    return this.#page('registered_models', all.map(modelJson), query)
  }

  searchVersions(query: URLSearchParams): Body {
    const matches = filterOf(query.get('filter') ?? '')
    const found = [...this.models.values()].flatMap(({ versions }) => [...versions.values()]).filter(matches)
    const [first = ''] = query.getAll('order_by')
    found.sort((a, b) => {
      if (first.startsWith('last_updated')) return b.updated - a.updated
      const order = a.created - b.created || a.version - b.version
      return first.endsWith('DESC') ? -order : order
    })
    return this.#page('model_versions', found.map(versionJson), query)
  }

  list(path: string): Body {
    const below = [...this.files]
      .filter(([at]) => at.startsWith(`${path}/`))
      .map(([at, content]) => ({ parts: at.slice(path.length + 1).split('/'), size: content.length }))
    const names = new Map(
      below.map(({ parts, size }) => [parts[0] ?? '', { isFolder: parts.length > 1, size }]),
    )
    const files = [...names].map(([name, { isFolder, size }]) => ({
      path: name,
      is_dir: isFolder,
      ...(!isFolder && { file_size: String(size) }),
    }))
    return files.length === 0 ? {} : { files }
  }

  #page(field: string, all: readonly object[], query: URLSearchParams): Body {
    const from = Number(query.get('page_token') ?? 0)
    const to = from + Math.min(this.pageSize, Number(query.get('max_results') ?? 100))
    const items = all.slice(from, to)
    return {
      ...(items.length > 0 && { [field]: items }),
      ...(to < all.length && { next_page_token: String(to) }),
    }
  }

  #tick(): number {
    this.#nowMs += 1
    return this.#nowMs
  }
}

export function versionJson(version: WorldVersion): Body {
  const { name, created, updated, source, runId, modelId, status, statusMessage, stage, tags } = version
  return {
    name,
    version: String(version.version),
    creation_timestamp: String(created),
    last_updated_timestamp: String(updated),
    current_stage: stage,
    description: '',
    source,
    run_id: runId,
    status,
    run_link: '',
    ...(modelId !== '' && { model_id: modelId }),
    ...(statusMessage !== '' && { status_message: statusMessage }),
    ...(tags.size > 0 && { tags: tagsJson(tags) }),
  }
}

export function modelJson({ name, updated, versions, aliases, tags }: WorldModel): Body {
  const newest = [...versions.values()].at(-1)
  return {
    name,
    last_updated_timestamp: String(updated),
    ...(newest !== undefined && { latest_versions: [versionJson(newest)] }),
    ...(aliases.size > 0 && {
      aliases: [...aliases].map(([alias, version]) => ({ alias, version: String(version) })),
    }),
    ...(tags.size > 0 && { tags: tagsJson(tags) }),
  }
}

function tagsJson(tags: ReadonlyMap<string, string>): readonly object[] {
  return [...tags].map(([key, value]) => ({ key, value }))
}

/** Understands what MLflow understands of the filters that are sent: quotes have no escape. */
function filterOf(filter: string): (version: WorldVersion) => boolean {
  const clauses = [...filter.matchAll(/(?:^| AND )(name|tags\.`([^`]*)`) (=|LIKE) ('[^']*'|"[^"]*")/g)]
  if (clauses.map(([whole]) => whole).join('') !== filter) {
    throw invalid(`Invalid clause(s) in filter string: ${filter}`)
  }
  return ({ name, tags }) =>
    clauses.every(([, , tag, operator, quoted = '']) => {
      const [value, wanted] = [tag === undefined ? name : tags.get(tag), quoted.slice(1, -1)]
      if (operator === '=') return value === wanted
      const pattern = wanted.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('_', '.')
      return new RegExp(`^${pattern}$`, 's').test(value ?? '')
    })
}
