import {
  type ErrorCode,
  isModelspineError,
  ModelspineError,
  secretOf,
  type TlsOptions,
} from 'modelspine/adapter'
import { askTogether, mostAtOnce } from '../ask-together.ts'
import { missingLibrary } from '../missing-library.ts'
import type { CallerLimits } from '../within-limits.ts'

/**
 * Where the address and the credentials of a cluster are. `default`: as kubectl finds them, by KUBECONFIG, in the
 * home folder or in the pod. `in-cluster`: the service account of the pod.
 */
export type Kubeconfig =
  | 'default'
  | 'in-cluster'
  | {
      readonly file?: string
      /** Default: the file's current context. */
      readonly context?: string
    }

/** What a request needs now. Credentials of a command or of a file are renewed by the library. */
export interface ClusterAccess {
  readonly server: string
  readonly tls?: TlsOptions
  readonly token?: string
  readonly basic?: { readonly user: string; readonly password: string }
}

interface Asking {
  readonly vendor: string
  readonly unavailable: ErrorCode
  /** The function that needs the library. */
  readonly owner: string
}

/** The part of `@kubernetes/client-node` that is used here. */
interface LoadedConfig {
  loadFromDefault(): void
  loadFromCluster(): void
  loadFromFile(file: string): void
  setCurrentContext(context: string): void
  getContextObject(context: string): object | null
  getCurrentCluster(): {
    readonly server: string
    readonly skipTLSVerify?: boolean
    readonly proxyUrl?: string
  } | null
  applyToHTTPSOptions(options: WireOptions): Promise<void>
}

type Pem = string | Uint8Array

/** What the library writes. */
interface WireOptions {
  headers?: Record<string, string>
  auth?: string
  ca?: Pem
  cert?: Pem
  key?: Pem
  servername?: string
  rejectUnauthorized?: boolean
}

/**
 * The function reads the file at its first call. Calls at the same time share one answer. The library cannot end a
 * command that hangs.
 */
export function openKubeconfig(
  kubeconfig: Kubeconfig,
  asking: Asking,
): (limits: CallerLimits) => Promise<ClusterAccess> {
  let loading: Promise<LoadedConfig> | undefined

  async function load(): Promise<LoadedConfig> {
    loading ??= loadConfig(kubeconfig, asking)
    try {
      return await loading
    } catch (error) {
      loading = undefined
      throw error
    }
  }

  return askTogether(async () => accessOf(await load(), asking), {
    late: () => withoutCredentials(asking, 'its credentials were not there in time'),
    hanging: () => withoutCredentials(asking, hanging),
  })
}

const hanging = `the kubeconfig gave no credentials ${mostAtOnce} times, and all of them still hang: end the commands that it runs, and see what kubectl says with the same context`

function withoutCredentials({ vendor, unavailable }: Asking, why: string): ModelspineError {
  return new ModelspineError(unavailable, `${vendor}: ${why}`, {
    retryable: true,
    details: { phase: 'connecting' },
  })
}

async function loadConfig(kubeconfig: Kubeconfig, asking: Asking): Promise<LoadedConfig> {
  const config = await newConfig(asking.owner)
  try {
    if (kubeconfig === 'in-cluster') config.loadFromCluster()
    else if (kubeconfig === 'default' || kubeconfig.file === undefined) config.loadFromDefault()
    else config.loadFromFile(kubeconfig.file)
  } catch (error) {
    // The library may quote the file, which has credentials.
    const { code } = error as NodeJS.ErrnoException
    throw invalid(`cannot be read${code === undefined ? '' : ` (${code})`}`)
  }
  if (typeof kubeconfig === 'object' && kubeconfig.context !== undefined) {
    if (config.getContextObject(kubeconfig.context) === null) {
      throw invalid(`has no context "${kubeconfig.context}"`)
    }
    config.setCurrentContext(kubeconfig.context)
  }
  const cluster = config.getCurrentCluster()
  if (cluster === null) throw invalid('names no cluster: set its current context')
  if (cluster.skipTLSVerify === true) {
    throw invalid('has insecure-skip-tls-verify: give certificate-authority instead')
  }
  if (cluster.proxyUrl !== undefined) {
    throw invalid('has a proxy-url: give baseUrl and a dispatcher instead')
  }
  return config
}

async function accessOf(config: LoadedConfig, asking: Asking): Promise<ClusterAccess> {
  const options: WireOptions = {}
  try {
    await config.applyToHTTPSOptions(options)
  } catch (error) {
    if (isModelspineError(error)) throw error
    // What the library says may quote the credentials that a command printed.
    throw withoutCredentials(
      asking,
      'the kubeconfig gave no credentials: see what kubectl says with the same context',
    )
  }
  const { headers, auth, ca, cert, key, servername } = options
  const [, token] = /^Bearer (.+)$/.exec(headers?.Authorization ?? '') ?? []
  const [user = '', ...password] = auth?.split(':') ?? []
  const tls = {
    ...(ca !== undefined && { ca: textOf(ca) }),
    ...(cert !== undefined && { cert: textOf(cert) }),
    ...(key !== undefined && { key: secretOf(textOf(key)) }),
    ...(servername !== undefined && { serverName: servername }),
  }
  return {
    server: config.getCurrentCluster()?.server ?? '',
    ...(Object.keys(tls).length > 0 && { tls }),
    ...(token !== undefined && { token }),
    ...(token === undefined && auth !== undefined && { basic: { user, password: password.join(':') } }),
  }
}

function textOf(pem: Pem): string {
  return typeof pem === 'string' ? pem : Buffer.from(pem).toString('utf8')
}

/** Loads the library at its first use. Throws `unsupported` where it is not installed. */
async function newConfig(owner: string): Promise<LoadedConfig> {
  // The library brings undici, which must find the host's own classes made already.
  void globalThis.Response
  try {
    const { KubeConfig } = await import('@kubernetes/client-node')
    return new KubeConfig() as unknown as LoadedConfig
  } catch (cause) {
    throw missingLibrary(`${owner} with kubeconfig`, '@kubernetes/client-node', cause)
  }
}

function invalid(why: string): ModelspineError {
  return new ModelspineError('invalid-options', `kubeconfig ${why}`, { details: { field: 'kubeconfig' } })
}
