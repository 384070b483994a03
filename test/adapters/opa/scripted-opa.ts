import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { readCompiled } from '../../../adapters/opa/opa-wasm-bundle.ts'
import { loadLibrary } from '../../../adapters/opa/opa-wasm-library.ts'
import { openModule } from '../../../adapters/opa/opa-wasm-module.ts'
import { type Loopback, serveLoopback } from '../../loopback.ts'

/** The policies of examples/policies, as OPA itself compiled them. The live tests build them anew and compare. */
export const bundleFile = 'test/adapters/opa/fixtures/policies.tar.gz'

/** What the server does with a question in place of an answer. */
export type Disturbance = (response: ServerResponse, request: IncomingMessage) => void

export interface AskedQuestion {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: { readonly input: Readonly<Record<string, unknown>> }
}

export interface ScriptedOpa extends Loopback {
  readonly asked: readonly AskedQuestion[]
  /** From now on the server does this. Undefined: it answers again. */
  disturb(disturbance: Disturbance | undefined): void
  /** Members that are laid over the next replies. Undefined takes a member away. */
  reply(change: Readonly<Record<string, unknown>>): void
}

/**
 * A server that answers as OPA does: it evaluates the compiled policies, gives each decision an id and tells the
 * revision of its bundle. A document that no rule gives is 200 without a result. It wants the given token.
 */
export async function scriptedOpa(token?: string): Promise<ScriptedOpa> {
  const path = 'modelspine/decision'
  const compiled = await readCompiled(await readFile(bundleFile), path)
  const policy = await openModule(await loadLibrary(), compiled, {
    path,
    maxMemoryBytes: 2 ** 26,
    builtins: {},
  })
  const asked: AskedQuestion[] = []
  let disturbance: Disturbance | undefined
  let change: Readonly<Record<string, unknown>> = {}
  const loopback = await serveLoopback((request, bytes, response) => {
    const { method = '', url = '', headers } = request
    if (disturbance !== undefined) return disturbance(response, request)
    if (token !== undefined && headers.authorization !== `Bearer ${token}`) {
      return json(response, 401, {
        code: 'unauthorized',
        message: `request rejected by administrative policy: ${headers.authorization}`,
      })
    }
    const body = JSON.parse(bytes.toString('utf8')) as AskedQuestion['body']
    asked.push({ method, url, headers, body })
    const { pathname, searchParams } = new URL(url, 'http://opa')
    const result = pathname === `/v1/data/${path}` ? policy.evaluate(JSON.stringify(body.input)) : undefined
    const provenance = { version: '1.22.2', bundles: { modelspine: { revision: compiled.revision } } }
    json(response, 200, {
      decision_id: randomUUID(),
      ...(searchParams.get('provenance') === 'true' && { provenance }),
      ...(result !== undefined && { result }),
      ...change,
    })
  })
  return {
    ...loopback,
    asked,
    disturb(next) {
      disturbance = next
    },
    reply(next) {
      change = next
    },
  }
}

export function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
