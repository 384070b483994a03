import { checkLabels, shown } from './vertex-endpoints.ts'
import { Failure, invalid, type Json, notFound } from './vertex-failure.ts'
import type { VertexOperations } from './vertex-operations.ts'
import type { VertexWorld } from './vertex-world.ts'

interface Version extends Json {
  versionId: string
  versionAliases: string[]
  labels: Record<string, string>
  etag: string
}

const alias = /^[a-z]([a-z0-9-]{0,126}[a-z0-9])?$/

/** The models of one location, each with its versions. */
export class VertexModels {
  private readonly world: VertexWorld
  private readonly operations: VertexOperations
  private readonly models = new Map<string, Version[]>()
  private etags = 0

  constructor(world: VertexWorld, operations: VertexOperations) {
    this.world = world
    this.operations = operations
  }

  /** What somebody registered by hand, at once. */
  put(name: string, more: Json = {}): Version {
    const versions = this.models.get(name) ?? []
    const isFirst = versions.length === 0
    const { time } = this.world
    const given = (more.versionAliases ?? []) as string[]
    const versionAliases = isFirst ? [...new Set(['default', ...given])] : given
    const version: Version = {
      displayName: name.split('/').at(-1),
      supportedDeploymentResourcesTypes: ['DEDICATED_RESOURCES', 'AUTOMATIC_RESOURCES'],
      modelSourceInfo: { sourceType: 'CUSTOM' },
      createTime: time,
      ...more,
      versionId: String(Number(versions.at(-1)?.versionId ?? 0) + 1),
      versionAliases,
      labels: (more.labels ?? {}) as Record<string, string>,
      etag: this.nextEtag(),
      updateTime: time,
      versionCreateTime: time,
      versionUpdateTime: time,
    }
    for (const each of versions) {
      each.versionAliases = each.versionAliases.filter((other) => !versionAliases.includes(other))
    }
    this.models.set(name, [...versions, version])
    return version
  }

  /** The number of the version that a name means. */
  versionOf(name: string): string {
    return this.find(name).version.versionId
  }

  get(name: string): Json {
    const { model, version } = this.find(name)
    return this.shown(model, version)
  }

  /** The default version of each model, that which changed last first. */
  list(): readonly Json[] {
    const all = [...this.models.keys()].map((name) => this.get(name))
    return all.sort((one, other) => (String(one.updateTime) < String(other.updateTime) ? 1 : -1))
  }

  /** In no order that anybody promised. */
  listVersions(name: string, filter: string): readonly Json[] {
    const versions = this.models.get(name.split('@')[0] ?? '')
    if (versions === undefined) throw notFound(name)
    const [isFilter, label = '', value] = /^labels\.([\w-]+)=([\w-]+)$/.exec(filter) ?? []
    if (filter !== '' && isFilter === undefined) throw invalid(`Invalid filter: ${filter}`)
    const found = versions.filter(({ labels }) => filter === '' || labels[label] === value)
    return found.toReversed().map((version) => this.shown(`${name}@${version.versionId}`, version))
  }

  upload(parent: string, { model: given, modelId, parentModel }: Json): Json {
    const model = given as Json
    if (parentModel !== undefined && modelId !== undefined)
      throw invalid('Only one of parent_model and model_id.')
    if (modelId !== undefined && !/^[a-z_][a-z0-9_-]{0,62}$/.test(String(modelId))) {
      throw invalid(`Invalid model id: ${modelId}`)
    }
    if (typeof model.displayName !== 'string' || model.displayName === '')
      throw invalid('display_name is required.')
    if (model.containerSpec === undefined) throw invalid('container_spec is required.')
    checkLabels((model.labels ?? {}) as Record<string, string>)
    for (const each of (model.versionAliases ?? []) as string[]) checkAlias(each)
    const id = modelId ?? this.world.number()
    const name = parentModel === undefined ? `${parent}/models/${id}` : this.world.named(String(parentModel))
    if (parentModel === undefined && (this.models.has(name) || this.operations.isClaimed(name))) {
      throw new Failure('ALREADY_EXISTS', `The resource ${name} already exists.`)
    }
    if (parentModel !== undefined && !this.models.has(name)) throw notFound(name)
    this.world.note('upload', name)
    const { operationEndsMs: endsAtMs, time } = this.world
    return this.operations.begin({
      on: name,
      type: 'UploadModelOperationMetadata',
      claims: name,
      endsAtMs,
      time,
      end: () => ({
        '@type': 'type.googleapis.com/google.cloud.aiplatform.v1.UploadModelResponse',
        model: name,
        modelVersionId: this.put(name, model).versionId,
      }),
    })
  }

  mergeVersionAliases(name: string, { versionAliases }: Json): Json {
    const { model, version } = this.find(name)
    for (const each of versionAliases as string[]) {
      const removed = each.startsWith('-')
      const bare = removed ? each.slice(1) : each
      checkAlias(bare)
      if (removed && bare === 'default')
        throw invalid('There must be exactly one default version of a model.')
      for (const other of this.models.get(model) ?? []) {
        if (removed && other !== version) continue
        if (other.versionAliases.includes(bare)) this.changed(other)
        other.versionAliases = other.versionAliases.filter((known) => known !== bare)
      }
      if (!removed) version.versionAliases = [...version.versionAliases, bare]
      this.changed(version)
    }
    return this.shown(model, version)
  }

  deleteVersion(name: string): Json {
    const { model, version } = this.find(name)
    if (version.versionAliases.includes('default')) {
      throw new Failure('FAILED_PRECONDITION', `${name} is the default version: delete the model.`)
    }
    const { operationEndsMs: endsAtMs, time } = this.world
    return this.operations.begin({
      on: model,
      type: 'DeleteOperationMetadata',
      endsAtMs,
      time,
      end: () => {
        const left = (this.models.get(model) ?? []).filter((each) => each !== version)
        this.models.set(model, left)
        return { '@type': 'type.googleapis.com/google.protobuf.Empty' }
      },
    })
  }

  patch(name: string, updateMask: string, given: Json): Json {
    const { model, version } = this.find(name)
    if (given.etag !== undefined && given.etag !== version.etag) {
      throw new Failure('ABORTED', `The etag ${given.etag} is not the newest one of ${name}.`)
    }
    for (const field of updateMask.split(',')) {
      if (!['labels', 'versionDescription', 'displayName'].includes(field)) {
        throw invalid(`The field ${field} of the update mask cannot be updated.`)
      }
      if (field === 'labels') checkLabels((given.labels ?? {}) as Record<string, string>)
      version[field] = given[field] ?? (field === 'labels' ? {} : undefined)
    }
    this.changed(version)
    return this.shown(model, version)
  }

  private find(name: string): { readonly model: string; readonly version: Version } {
    const [given = '', wanted = 'default'] = name.split('@')
    const model = this.world.named(given)
    const version = this.models
      .get(model)
      ?.find(({ versionId, versionAliases }) => versionId === wanted || versionAliases.includes(wanted))
    if (version === undefined) throw notFound(name)
    return { model, version }
  }

  private shown(name: string, version: Version): Json {
    return shown({ ...version, name })
  }

  private changed(version: Version): void {
    version.etag = this.nextEtag()
    version.updateTime = this.world.time
    version.versionUpdateTime = this.world.time
  }

  private nextEtag(): string {
    this.etags += 1
    return `model-etag-${this.etags}`
  }
}

function checkAlias(text: string): void {
  if (!alias.test(text)) throw invalid(`Invalid version alias: ${text}`)
}
