/**
 * A gateway from a file: the routes and upstreams are in YAML, and the gateway serves OpenAI's format on a
 * port.
 *
 * npm run gateway -- --config examples/gateway.yaml --port 8080
 */

import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { envSecrets, type ModelProvider, type ModelRouteInput } from 'modelspine'
import { openaiCompatible } from 'modelspine/adapters/openai-compatible'
import { createGateway } from 'modelspine/gateway'
import { createRouter, staticRoutes } from 'modelspine/routing'
import { parse } from 'yaml'

interface Upstream {
  readonly baseUrl: string
  /** `env:NAME`. The key is read from the environment at each call. */
  readonly apiKey?: string
}

const usage = 'usage: npm run gateway -- --config FILE [--port N]'

try {
  const { values } = parseArgs({ options: { config: { type: 'string' }, port: { type: 'string' } } })
  if (values.config === undefined) throw new Error(usage)
  const { upstreams, routes } = readConfig(values.config, parse(await readFile(values.config, 'utf8')))
  const table = staticRoutes({ routes, providers: connect(upstreams) })
  for (const { route, message } of table.current?.problems ?? []) console.error(`${route}: ${message}`)

  const gateway = createGateway({ router: createRouter({ table }) })
  const { url, close } = await gateway.listen({ port: portOf(values.port) })
  console.log(`listening on ${url}/v1 for ${routes.map(({ metadata }) => metadata.name).join(', ')}`)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void close({ drainMs: 5000 }).then(() => table.close()))
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
}

function connect(upstreams: Readonly<Record<string, Upstream>>): Readonly<Record<string, ModelProvider>> {
  const env = envSecrets()
  return Object.fromEntries(
    Object.entries(upstreams).map(([name, { baseUrl, apiKey }]) => [
      name,
      openaiCompatible({
        baseUrl,
        ...(apiKey !== undefined && { apiKey: () => env.resolve(apiKey.slice('env:'.length)) }),
      }),
    ]),
  )
}

function portOf(text: string | undefined): number {
  const port = Number(text ?? 8080)
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new Error(`--port is ${text}: give a whole number from 0 to 65535`)
}

function readConfig(
  file: string,
  config: unknown,
): { readonly upstreams: Readonly<Record<string, Upstream>>; readonly routes: readonly ModelRouteInput[] } {
  const { upstreams, routes } = (config ?? {}) as Readonly<Record<string, unknown>>
  if (typeof upstreams !== 'object' || upstreams === null || !Array.isArray(routes)) {
    throw new Error(`${file}: give "upstreams" (by name) and "routes" (a list of ModelRoutes)`)
  }
  for (const [name, upstream] of Object.entries(upstreams as Record<string, Partial<Upstream>>)) {
    if (!URL.canParse(upstream?.baseUrl ?? '')) {
      throw new Error(
        `${file}: upstreams.${name}.baseUrl "${upstream?.baseUrl}" is not a URL: give one such as http://127.0.0.1:8000/v1`,
      )
    }
    if (upstream.apiKey !== undefined && !/^env:\w+$/.test(upstream.apiKey)) {
      throw new Error(
        `${file}: upstreams.${name}.apiKey must name a variable, such as env:VENDOR_KEY, because keys do not belong in files`,
      )
    }
  }
  return { upstreams: upstreams as Record<string, Upstream>, routes: routes as ModelRouteInput[] }
}
