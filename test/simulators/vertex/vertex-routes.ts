import { Failure, type Json } from './vertex-failure.ts'
import { predict, rawPredict } from './vertex-predictions.ts'
import { location, projectId, projectNumber, type VertexWorld } from './vertex-world.ts'

export interface VertexAnswer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly json?: Json
  readonly bytes?: Uint8Array | string
}

export interface Route {
  /** By the discovery document: `endpoints.create`. */
  readonly operation: string
  answer(world: VertexWorld, given: Json, bytes: Buffer, contentType: string): VertexAnswer
}

type Act = (world: VertexWorld, name: string, given: Json, query: URLSearchParams, raw: Raw) => VertexAnswer

interface Raw {
  readonly bytes: Buffer
  readonly contentType: string
  readonly pageSize: number
}

interface Rule {
  readonly operation: string
  readonly method: string
  /** Below the location. */
  readonly path: RegExp
  readonly act: Act
}

const json = (answer: Json): VertexAnswer => ({ json: answer })

const rules: readonly Rule[] = [
  rule('endpoints.create', 'POST', /^endpoints$/, ({ endpoints }, name, given, query) =>
    json(endpoints.create(parentOf(name), query.get('endpointId') ?? '', given)),
  ),
  rule('endpoints.list', 'GET', /^endpoints$/, ({ endpoints }, _, __, query, { pageSize }) =>
    page('endpoints', endpoints.list(query.get('filter') ?? ''), query, pageSize),
  ),
  rule('endpoints.get', 'GET', /^endpoints\/[^/:]+$/, ({ endpoints }, name) => json(endpoints.show(name))),
  rule('endpoints.patch', 'PATCH', /^endpoints\/[^/:]+$/, ({ endpoints }, name, given, query) =>
    json(endpoints.patch(name, query.get('updateMask') ?? '', given)),
  ),
  rule('endpoints.delete', 'DELETE', /^endpoints\/[^/:]+$/, ({ endpoints }, name) =>
    json(endpoints.delete(name)),
  ),
  rule('endpoints.deployModel', 'POST', /^endpoints\/[^/:]+:deployModel$/, ({ endpoints }, name, given) =>
    json(endpoints.deploy(bare(name), given)),
  ),
  rule('endpoints.undeployModel', 'POST', /^endpoints\/[^/:]+:undeployModel$/, ({ endpoints }, name, given) =>
    json(endpoints.undeploy(bare(name), given)),
  ),
  rule(
    'endpoints.mutateDeployedModel',
    'POST',
    /^endpoints\/[^/:]+:mutateDeployedModel$/,
    ({ endpoints }, name, given) => json(endpoints.mutate(bare(name), given)),
  ),
  rule('endpoints.predict', 'POST', /^endpoints\/[^/:]+:predict$/, (world, name, given) =>
    json(predict(world, bare(name), given)),
  ),
  rule(
    'endpoints.rawPredict',
    'POST',
    /^endpoints\/[^/:]+:rawPredict$/,
    (world, name, _, __, { bytes, contentType }) => rawPredict(world, bare(name), bytes, contentType),
  ),
  rule('endpoints.operations.get', 'GET', /^endpoints\/[^/:]+\/operations\/[^/:]+$/, ({ operations }, name) =>
    json(operations.get(name)),
  ),
  rule(
    'endpoints.operations.list',
    'GET',
    /^endpoints\/[^/:]+\/operations$/,
    ({ operations }, name, _, query, { pageSize }) =>
      page('operations', operations.list(parentOf(name)), query, pageSize),
  ),
  rule('models.operations.get', 'GET', /^models\/[^/:]+\/operations\/[^/:]+$/, ({ operations }, name) =>
    json(operations.get(name)),
  ),
  rule('models.get', 'GET', /^models\/[^/:]+$/, ({ models }, name) => json(models.get(name))),
  rule('models.list', 'GET', /^models$/, ({ models }, _, __, query, { pageSize }) =>
    page('models', models.list(), query, pageSize),
  ),
  rule(
    'models.listVersions',
    'GET',
    /^models\/[^/:]+:listVersions$/,
    ({ models }, name, _, query, { pageSize }) =>
      page('models', models.listVersions(bare(name), query.get('filter') ?? ''), query, pageSize),
  ),
  rule('models.upload', 'POST', /^models:upload$/, ({ models }, name, given) =>
    json(models.upload(parentOf(name), given)),
  ),
  rule(
    'models.mergeVersionAliases',
    'POST',
    /^models\/[^/:]+:mergeVersionAliases$/,
    ({ models }, name, given) => json(models.mergeVersionAliases(bare(name), given)),
  ),
  rule('models.deleteVersion', 'DELETE', /^models\/[^/:]+:deleteVersion$/, ({ models }, name) =>
    json(models.deleteVersion(bare(name))),
  ),
  rule('models.patch', 'PATCH', /^models\/[^/:]+$/, ({ models }, name, given, query) =>
    json(models.patch(name, query.get('updateMask') ?? '', given)),
  ),
]

function rule(operation: string, method: string, path: RegExp, act: Act): Rule {
  return { operation, method, path, act }
}

export function routeOf(method: string, url: string, pageSize: number): Route | undefined {
  const { pathname, searchParams } = new URL(url, 'http://vertex')
  const [, project, at, rest = ''] =
    /^\/v1\/projects\/([^/]+)\/locations\/([^/]+)\/(.*)$/.exec(pathname) ?? []
  const below = decodeURIComponent(rest)
  const found = rules.find((each) => each.method === method && each.path.test(below))
  if (found === undefined) return undefined
  return {
    operation: found.operation,
    answer(world, given, bytes, contentType) {
      if ((project !== projectId && project !== projectNumber) || at !== location) {
        throw new Failure('PERMISSION_DENIED', `Permission denied on project ${project} or location ${at}.`)
      }
      const name = `projects/${projectNumber}/locations/${location}/${below}`
      return found.act(world, name, given, searchParams, { bytes, contentType, pageSize })
    },
  }
}

/** Without the verb. */
function bare(name: string): string {
  return name.slice(0, name.lastIndexOf(':'))
}

function parentOf(name: string): string {
  return name.slice(0, name.lastIndexOf('/'))
}

function page(member: string, all: readonly Json[], query: URLSearchParams, pageSize: number): VertexAnswer {
  const from = Number(query.get('pageToken') ?? 0)
  const size = Math.min(pageSize, Number(query.get('pageSize') ?? pageSize))
  const items = all.slice(from, from + size)
  const isLast = from + size >= all.length
  return {
    json: {
      ...(items.length > 0 && { [member]: items }),
      ...(!isLast && { nextPageToken: String(from + size) }),
    },
  }
}
