/** The file of the example gateway. Every field is checked, and an unknown one is refused by its name. */

import { readFile } from 'node:fs/promises'
import type { ModelRouteInput } from 'modelspine'
import type { ApiKeyHashes, GatewayOptions, ListenOptions } from 'modelspine/gateway'
import { parse } from 'yaml'
import { z } from 'zod'

export interface GatewayConfig {
  readonly listen: Partial<ListenOptions>
  readonly gateway: Partial<Omit<GatewayOptions, 'router' | 'authenticate' | 'handlers'>>
  /** Without keys everybody is served. */
  readonly keys?: ApiKeyHashes
  readonly upstreams: Readonly<Record<string, UpstreamConfig>>
  readonly routes: readonly ModelRouteInput[]
}

export interface UpstreamConfig {
  readonly baseUrl: string
  /** `env:NAME`. The key is read from the environment at each call. */
  readonly apiKey?: string
}

const number = z.number().exactOptional()

const upstream: z.ZodType<UpstreamConfig> = z.strictObject({
  baseUrl: z.url({ protocol: /^https?$/, error: 'give a URL such as http://127.0.0.1:8000/v1' }),
  apiKey: z
    .string()
    .regex(/^env:\w+$/, 'name a variable, such as env:VENDOR_KEY, because keys do not belong in files')
    .exactOptional(),
})

/** The names are those of `createGateway` and `listen`, which check the values. */
const config: z.ZodType<GatewayConfig> = z.strictObject({
  listen: z
    .strictObject({
      port: number,
      host: z.string().exactOptional(),
      maxConnections: number,
      requestTimeoutMs: number,
      keepAliveTimeoutMs: number,
    })
    .default({}),
  gateway: z
    .strictObject({
      hosts: z.union([z.array(z.string()), z.literal('any')]).exactOptional(),
      basePath: z.string().exactOptional(),
      maxBodyBytes: number,
      maxJsonDepth: number,
      maxJsonParts: number,
      maxJsonValues: number,
      writeTimeoutMs: number,
      streamCommentMs: number,
      authenticateTimeoutMs: number,
    })
    .default({}),
  /** Checked by `apiKeys`. */
  keys: z.record(z.string(), z.union([z.string(), z.array(z.string())])).exactOptional(),
  upstreams: z.record(z.string(), upstream),
  /** Checked by `staticRoutes`. */
  routes: z.array(z.custom<ModelRouteInput>(() => true)),
})

/** Throws an error that names the file, each wrong field and what would be right. Values are not shown: they may be keys. */
export async function readConfig(file: string): Promise<GatewayConfig> {
  const read = config.safeParse(parse(await readFile(file, 'utf8')) ?? {})
  if (read.success) return read.data
  const problems = read.error.issues.flatMap((issue) => {
    const at = issue.path.map(String)
    if (issue.code !== 'unrecognized_keys') return [`${at.join('.') || 'the file'}: ${issue.message}`]
    return issue.keys.map((key) => `${[...at, key].join('.')}: there is no such field`)
  })
  throw new Error(problems.map((problem) => `${file}: ${problem}`).join('\n'))
}
