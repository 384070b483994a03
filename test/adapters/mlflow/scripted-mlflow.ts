import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Loopback, serveLoopback } from '../../loopback.ts'
import { type Body, MlflowWorld, modelJson, Refusal, versionJson } from './mlflow-world.ts'

export interface ScriptedReply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** An MLflow over real HTTP, and what goes wrong with it. */
export interface ScriptedMlflow extends Loopback {
  readonly world: MlflowWorld
  /** `GET /registered-models/get?name=churn` of each call so far, without the path of the API. */
  readonly calls: string[]
  readonly headers: IncomingMessage['headers'][]
  /** Answers before the world does. Undefined: the world answers. */
  intercept: (call: string, response: ServerResponse) => ScriptedReply | undefined | 'answered'
  /** Called after the world has done what was asked. */
  afterwards: (call: string, response: ServerResponse) => 'answered' | undefined
}

const api = '/api/2.0/mlflow'
const store = '/api/2.0/mlflow-artifacts/artifacts'

export async function scriptedMlflow(): Promise<ScriptedMlflow> {
  const world = new MlflowWorld()
  const scripted = {
    world,
    calls: [] as string[],
    headers: [] as IncomingMessage['headers'][],
    intercept: (() => undefined) as ScriptedMlflow['intercept'],
    afterwards: (() => undefined) as ScriptedMlflow['afterwards'],
  }
  const loopback = await serveLoopback((request, body, response) => {
    const url = new URL(request.url ?? '', 'http://mlflow')
    const at = url.pathname.startsWith(`${api}/`) ? url.pathname.slice(api.length) : url.pathname
    const call = `${request.method} ${at}${url.search}`
    scripted.calls.push(call)
    scripted.headers.push(request.headers)
    const early = scripted.intercept(call, response)
    if (early === 'answered') return
    if (early !== undefined) {
      response.writeHead(early.status, early.headers).end(early.body)
      return
    }
    const sent: Body = body.byteLength > 0 ? JSON.parse(body.toString()) : {}
    const reply = answer(world, `${request.method} ${at}`, url.searchParams, sent)
    if (scripted.afterwards(call, response) === 'answered') return
    response.writeHead(reply.status, reply.headers).end(reply.body)
  })
  return Object.assign(scripted, loopback)
}

const page = (status: number): ScriptedReply => ({
  status,
  headers: { 'content-type': 'text/html' },
  body: `<!doctype html>\n<title>${status}</title>`,
})

function answer(world: MlflowWorld, call: string, query: URLSearchParams, sent: Body): ScriptedReply {
  try {
    if (call.startsWith(`GET ${store}/`)) {
      const content = world.files.get(decodeURIComponent(call.slice(`GET ${store}/`.length)))
      if (content === undefined) throw new Refusal(404, 'RESOURCE_DOES_NOT_EXIST', 'No such artifact')
      return { status: 200, body: content as string }
    }
    const reply = act(world, call, query, sent)
    if (reply === undefined) return page(404)
    return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(reply) }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const { status, code, message } = error
    return { status, body: JSON.stringify({ error_code: code, message }) }
  }
}

function act(world: MlflowWorld, call: string, query: URLSearchParams, sent: Body): Body | undefined {
  const asked = (name: string): string => query.get(name) ?? String(sent[name] ?? '')
  const name = asked('name')
  const aliasesOf = (version: number): Body => {
    const aliases = [...world.model(name).aliases].flatMap(([alias, at]) => (at === version ? [alias] : []))
    return aliases.length > 0 ? { aliases } : {}
  }
  const one = (version: ReturnType<MlflowWorld['version']>): Body => ({
    model_version: { ...versionJson(version), ...aliasesOf(version.version) },
  })
  const loggedModel = /^GET \/logged-models\/(.+)$/.exec(call)?.[1]
  if (loggedModel !== undefined) {
    const model = world.loggedModels.get(decodeURIComponent(loggedModel))
    if (model === undefined) throw new Refusal(404, 'RESOURCE_DOES_NOT_EXIST', 'Logged model not found')
    return { model }
  }
  switch (call) {
    case 'GET /registered-models/get':
      return { registered_model: modelJson(world.model(name)) }
    case 'GET /registered-models/alias':
      return one(world.aliased(name, asked('alias')))
    case 'GET /registered-models/search':
      return world.searchModels(query)
    case 'GET /model-versions/search':
      return world.searchVersions(query)
    case 'GET /model-versions/get':
      return one(world.version(name, asked('version')))
    case 'GET /model-versions/get-download-uri': {
      const { source, modelId } = world.version(name, asked('version'))
      const model = world.loggedModels.get(modelId) as { info: { artifact_uri: string } } | undefined
      return { artifact_uri: source.startsWith('models:') ? (model?.info.artifact_uri ?? source) : source }
    }
    case 'GET /runs/get': {
      const run = world.runs.get(asked('run_id'))
      if (run === undefined) throw new Refusal(404, 'RESOURCE_DOES_NOT_EXIST', 'Run not found')
      return { run }
    }
    case `GET ${store}`:
      return world.list(asked('path'))
    case 'POST /registered-models/create':
      return { registered_model: modelJson(world.createModel(name)) }
    case 'POST /model-versions/create':
      return { model_version: versionJson(world.createVersion(sent)) }
    case 'DELETE /model-versions/delete':
      world.deleteVersion(name, asked('version'))
      return {}
    case 'POST /registered-models/alias':
      world.setAlias(name, asked('alias'), asked('version'))
      return {}
    case 'DELETE /registered-models/alias':
      world.model(name).aliases.delete(asked('alias'))
      return {}
    case 'POST /model-versions/set-tag':
      world.version(name, asked('version')).tags.set(asked('key'), asked('value'))
      return {}
    case 'DELETE /model-versions/delete-tag':
      world.version(name, asked('version')).tags.delete(asked('key'))
      return {}
    default:
      return undefined
  }
}
