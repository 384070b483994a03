/** Handlers of the app's own, at paths beside the surfaces. */

import { ModelspineError } from '../errors.ts'
import type { Actor } from '../resources/metadata.ts'
import { headersOf } from './headers-of.ts'
import type { Answer, Call, Handler, SurfacePath } from './surface.ts'

/** What the gateway knows of a request that it gives to a handler of the app's own. */
export interface MountedCall {
  /** The request's own id. */
  readonly requestId: string
  /** The id that the caller gave the request. */
  readonly callerId?: string
  /** Whom `authenticate` let in. Absent without `authenticate`, and where the handler is open. */
  readonly actor?: Actor
}

/** A handler with the fetch signature. The body of a request is whole when it is called. */
export type MountedHandler = (request: Request, call: MountedCall) => Response | Promise<Response>

/** A handler, or one that is served without `authenticate`, as health probes are. */
export type Mounted = MountedHandler | { readonly handler: MountedHandler; readonly open: boolean }

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** By path. Throws `invalid-options` for a path that a surface has, or that no request can have. */
export function mountHandlers(handlers: Readonly<Record<string, Mounted>>): ReadonlyMap<string, SurfacePath> {
  return new Map(
    Object.entries(handlers).map(([path, mounted]) => {
      const why = pathProblem(path)
      if (why !== undefined) throw new ModelspineError('invalid-options', `handlers has "${path}", ${why}`)
      const { handler, open } = typeof mounted === 'function' ? { handler: mounted, open: false } : mounted
      if (typeof handler !== 'function') {
        throw new ModelspineError(
          'invalid-options',
          `handlers["${path}"] is no function: give one like fetch`,
        )
      }
      const serve: Handler = (call) => askHandler(path, handler, call)
      return [
        path,
        { methods: Object.fromEntries(methods.map((method) => [method, serve])), names: [], open },
      ]
    }),
  )
}

function pathProblem(path: string): string | undefined {
  if (!/^(?:\/|(?:\/[\w.~-]+)+)$/.test(path) || /\/\.\.?(?:\/|$)/.test(path)) {
    return 'which is no path: write one such as /metrics'
  }
  return /^\/v[12](?:\/|$)/.test(path) ? 'but everything below /v1 and /v2 is the gateway’s own' : undefined
}

async function askHandler(path: string, handler: MountedHandler, call: Call): Promise<Answer> {
  const { request, requestId, callerId } = call
  const { actor, abortSignal } = call.options()
  const leaving = new AbortController()
  if (abortSignal?.aborted) leaving.abort()
  else abortSignal?.addEventListener('abort', () => leaving.abort(), { once: true })
  const takesBody = request.method !== 'GET' && request.method !== 'HEAD'
  const asked = new Request(request.url, {
    method: request.method,
    headers: headersOf(request.headers()),
    signal: leaving.signal,
    ...(takesBody && { body: (await request.body()) as Uint8Array<ArrayBuffer> }),
  })
  const response = await handler(asked, {
    requestId,
    ...(callerId !== undefined && { callerId }),
    ...(actor !== undefined && { actor }),
  })
  const { status, headers, body } = response
  if (!(status >= 200 && status <= 599))
    throw new Error(`the handler of ${path} gave no response with a status`)
  const isHead = request.method === 'HEAD'
  if (isHead) body?.cancel().catch(() => {})
  const cookies = headers.getSetCookie()
  return {
    status,
    headers: { ...Object.fromEntries(headers), ...(cookies.length > 0 && { 'set-cookie': cookies }) },
    body: isHead ? '' : (body ?? ''),
  }
}
