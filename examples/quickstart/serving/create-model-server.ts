import { createServer, type IncomingMessage, type Server } from 'node:http'
import { classCount, pixelCount } from '../digits.ts'
import { infer, type ServedModel } from './infer.ts'
import { readJson } from './read-json.ts'
import { RequestError } from './request-error.ts'

/** A server for one model, with the Open Inference Protocol V2 over REST. The caller starts and closes it. */
export function createModelServer(served: ServedModel): Server {
  const server = createServer(async (request, response) => {
    let status = 200
    let body: object
    try {
      body = await answer(served, request)
    } catch (error) {
      if (request.destroyed && !request.complete) return
      if (!(error instanceof RequestError)) console.error(error)
      status = error instanceof RequestError ? error.status : 500
      body = { error: error instanceof Error ? error.message : String(error) }
    }
    // While the server closes, a connection that is kept alive would prevent its end.
    if (!server.listening) response.setHeader('connection', 'close')
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  return server
}

async function answer(served: ServedModel, request: IncomingMessage): Promise<object> {
  const [path = ''] = (request.url ?? '').split('?', 1)
  const [root, area, ...rest] = splitPath(path)
  if (root !== 'v2') throw notFound(path)
  if (area === 'models') return answerForModel(served, request, rest)
  switch ([area, ...rest].join('/')) {
    case '':
      return get(request, { name: 'modelspine-quickstart', version: '1', extensions: [] })
    case 'health/live':
      return get(request, { live: true })
    case 'health/ready':
      return get(request, { ready: true })
    default:
      throw notFound(path)
  }
}

async function answerForModel(
  served: ServedModel,
  request: IncomingMessage,
  path: readonly string[],
): Promise<object> {
  const [name = '', ...steps] = path
  if (name !== served.name) throw new RequestError(404, `no model '${name}', only '${served.name}'`)
  if (steps[0] === 'versions') {
    const [, version = ''] = steps.splice(0, 2)
    if (version !== served.version) {
      throw new RequestError(404, `no version '${version}' of '${name}', only '${served.version}'`)
    }
  }
  switch (steps.join('/')) {
    case '':
      return get(request, describe(served))
    case 'ready':
      return get(request, { name, ready: true })
    case 'infer':
      expectMethod(request, 'POST')
      return infer(served, await readJson(request))
    default:
      throw notFound(request.url ?? '')
  }
}

function describe(served: ServedModel): object {
  return {
    name: served.name,
    versions: [served.version],
    platform: 'modelspine-quickstart',
    inputs: [{ name: 'image', datatype: 'FP32', shape: [-1, pixelCount] }],
    outputs: [
      { name: 'label', datatype: 'INT64', shape: [-1] },
      { name: 'scores', datatype: 'FP32', shape: [-1, classCount] },
    ],
  }
}

function splitPath(path: string): string[] {
  try {
    return path
      .replace(/^\/|\/$/g, '')
      .split('/')
      .map(decodeURIComponent)
  } catch {
    throw new RequestError(400, `the path '${path}' is not properly encoded`)
  }
}

function get(request: IncomingMessage, body: object): object {
  expectMethod(request, 'GET')
  return body
}

function expectMethod(request: IncomingMessage, method: string): void {
  if (request.method !== method) throw new RequestError(405, `use ${method} here, not ${request.method}`)
}

function notFound(path: string): RequestError {
  return new RequestError(404, `nothing is served at '${path}'`)
}
