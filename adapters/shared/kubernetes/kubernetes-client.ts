import { ModelspineError, secretOf, sha256 } from 'modelspine/adapter'
import {
  createVendorClient,
  type VendorClient,
  type VendorConnection,
  type VendorRequest,
  type VendorWords,
} from '../vendor-client.ts'
import { type ClusterAccess, type Kubeconfig, openKubeconfig } from './kubeconfig.ts'

/** How a Kubernetes API is reached: by `baseUrl` with its credentials, or by `kubeconfig`, which has all of it. */
export interface KubernetesConnection extends Omit<VendorConnection, 'baseUrl'> {
  /** The API server, such as `https://10.0.0.1:6443`. */
  readonly baseUrl?: string
  /** Needs `@kubernetes/client-node`. Not together with `baseUrl`, `tls`, `token` and `basic`. */
  readonly kubeconfig?: Kubeconfig
}

export interface KubernetesWords extends VendorWords {
  /** The function that the user called, for a message that says what is missing: `kserveTarget`. */
  readonly owner: string
}

export type KubernetesClient = Omit<VendorClient, 'baseUrl'>

/** Connects, loads and reads nothing before the first call. Throws `invalid-options`. */
export function createKubernetesClient(
  connection: KubernetesConnection,
  words: KubernetesWords,
): KubernetesClient {
  const { baseUrl, kubeconfig, ...rest } = connection
  if ((baseUrl === undefined) === (kubeconfig === undefined)) {
    throw wrong('baseUrl', 'give baseUrl or kubeconfig, and not both')
  }
  if (baseUrl !== undefined) return createVendorClient({ ...rest, baseUrl }, words)
  for (const field of ['tls', 'token', 'basic', 'dispatcher'] as const) {
    if (rest[field] !== undefined)
      throw wrong(field, `the kubeconfig says how to connect: leave ${field} out`)
  }
  return clientOfKubeconfig(kubeconfig as Kubeconfig, rest, words)
}

interface Made {
  readonly client: VendorClient
  /** The newest. */
  access: ClusterAccess
}

type Others = Omit<KubernetesConnection, 'baseUrl' | 'kubeconfig' | 'tls' | 'token' | 'basic' | 'dispatcher'>

/** One client as long as the address and the certificates stay the same. A token may be new at each call. */
function clientOfKubeconfig(
  kubeconfig: Kubeconfig,
  others: Others,
  words: KubernetesWords,
): KubernetesClient {
  const { vendor, unavailable, owner } = words
  const { timeoutMs = 10_000 } = others
  const access = openKubeconfig(kubeconfig, { vendor, unavailable, owner })
  const clients = new Map<string, Made>()
  let closed = false

  function stopped(): ModelspineError {
    return new ModelspineError('stopped', `the client of ${vendor} was closed`)
  }

  async function clientFor({ timeoutMs: ownMs, abortSignal }: VendorRequest): Promise<VendorClient> {
    if (closed) throw stopped()
    const given = await access({ timeoutMs: ownMs ?? timeoutMs, abortSignal })
    if (closed) throw stopped()
    const name = placeOf(given)
    const known = clients.get(name)
    if (known !== undefined) {
      known.access = given
      return known.client
    }
    for (const old of clients.values()) void old.client.close()
    clients.clear()
    const { server, tls, token, basic } = given
    const made: Made = {
      access: given,
      client: createVendorClient(
        {
          ...others,
          baseUrl: server,
          ...(tls !== undefined && { tls }),
          ...(token !== undefined && { token: () => secretOf(made.access.token ?? '') }),
          ...(basic !== undefined && {
            basic: { user: basic.user, password: () => secretOf(made.access.basic?.password ?? '') },
          }),
        },
        words,
      ),
    }
    clients.set(name, made)
    return made.client
  }

  return {
    call: async (request) => (await clientFor(request)).call(request),
    read: async (schema, request) => (await clientFor(request)).read(schema, request),
    stream: async (request) => (await clientFor(request)).stream(request),
    async close() {
      closed = true
      await Promise.all(Array.from(clients.values(), ({ client }) => client.close()))
    },
  }
}

/** Tells apart what needs another client. Certificates stand in it as a hash. */
function placeOf({ server, tls, token, basic }: ClusterAccess): string {
  const { ca, cert, key, serverName } = tls ?? {}
  const way = token !== undefined ? 'token' : (basic?.user ?? '')
  return sha256(JSON.stringify([server, way, ca, cert, key?.reveal(), serverName]))
}

function wrong(field: string, message: string): ModelspineError {
  return new ModelspineError('invalid-options', `${field}: ${message}`, { details: { field } })
}
