/**
 * A gateway from a file: the routes, the upstreams and the callers' keys are in YAML, and the gateway serves OpenAI's format
 * on a port.
 *
 * npm run gateway -- --config examples/gateway.yaml --port 8080
 */

import { parseArgs } from 'node:util'
import { envSecrets, type ModelProvider } from 'modelspine'
import { openaiCompatible } from 'modelspine/adapters/openai-compatible'
import { apiKeys, createGateway } from 'modelspine/gateway'
import { createRouter, staticRoutes } from 'modelspine/routing'
import { type GatewayConfig, readConfig } from './gateway-config.ts'

const usage = 'usage: npm run gateway -- --config FILE [--port N]'

/** One line of JSON for each message. */
const print = (level: string) => (facts: object, message: string) =>
  console.error(JSON.stringify({ level, message, ...facts }))
const logger = { debug() {}, info: print('info'), warn: print('warn'), error: print('error') }

try {
  const { values } = parseArgs({ options: { config: { type: 'string' }, port: { type: 'string' } } })
  if (values.config === undefined) throw new Error(usage)
  const { listen, gateway: options, keys, upstreams, routes } = await readConfig(values.config)
  const table = staticRoutes({ routes, providers: connect(upstreams) })
  for (const { route, message } of table.current?.problems ?? []) console.error(`${route}: ${message}`)

  const gateway = createGateway({
    router: createRouter({ table, logger }),
    logger,
    ...(keys !== undefined && { authenticate: apiKeys(keys) }),
    ...options,
  })
  const { url, close } = await gateway.listen({ ...listen, port: portOf(values.port ?? listen.port ?? 8080) })
  const names = table.current?.routes.flatMap((route) => route.names) ?? []
  console.log(`listening on ${url}/v1 for ${names.join(', ')}`)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void close({ drainMs: 5000 }).then(() => table.close()))
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
}

/** Each provider has the name of its upstream, so that answers and telemetry tell which one served. */
function connect(upstreams: GatewayConfig['upstreams']): Readonly<Record<string, ModelProvider>> {
  const env = envSecrets()
  return Object.fromEntries(
    Object.entries(upstreams).map(([name, { baseUrl, apiKey }]) => [
      name,
      openaiCompatible({
        name,
        baseUrl,
        ...(apiKey !== undefined && { apiKey: () => env.resolve(apiKey.slice('env:'.length)) }),
      }),
    ]),
  )
}

function portOf(given: string | number): number {
  const port = Number(given)
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new Error(`the port is ${given}: give a whole number from 0 to 65535`)
}
