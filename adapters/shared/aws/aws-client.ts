import { type Clock, systemClock } from 'modelspine/adapter'
import { queryPairs, type UrlQuery } from '../url-path.ts'
import { bearerAuthority, type SecretSource } from '../vendor-authority.ts'
import {
  createVendorClient,
  type VendorClient,
  type VendorConnection,
  type VendorRequest,
} from '../vendor-client.ts'
import { namingEndpoint } from '../wrong-option.ts'
import { awsAuthority } from './aws-authority.ts'
import type { AwsCredentialsOption } from './aws-credentials.ts'
import { type AwsPlace, endpointOf, regionOf } from './aws-place.ts'
import { type AwsWords, vendorWords } from './aws-words.ts'
import { encodedQuery } from './uri-encoding.ts'

/** How AWS is reached. Options of every adapter over a service of AWS. A proxy is a `dispatcher`. */
export interface AwsConnection extends AwsPlace, Omit<VendorConnection, 'baseUrl' | 'token' | 'basic'> {
  /** Default `default`. */
  readonly credentials?: AwsCredentialsOption
}

export interface AwsService {
  /** Stands before the region in the public address: `api.sagemaker`. */
  readonly endpointPrefix: string
  /** The name that the service signs with: `sagemaker`. */
  readonly signingName: string
  readonly rules?: 's3' | 'common'
}

export interface AwsClient extends VendorClient {
  /** All headers of a request that somebody else sends as it is given here, its credentials among them. */
  authorized(
    request: VendorRequest & { readonly body?: string | Uint8Array },
  ): Promise<Readonly<Record<string, string>>>
}

/**
 * A client whose requests are signed, or have a `token` in place of a signature. Paths are made with `awsPath`. Connects,
 * loads and reads nothing before the first call but the region's variable. Throws `invalid-options`.
 */
export function createAwsClient(
  connection: AwsConnection,
  service: AwsService,
  words: AwsWords,
  clock: Clock = systemClock,
  token?: SecretSource,
): AwsClient {
  const { region: _region, endpoint: _endpoint, credentials = 'default', headers = {}, ...rest } = connection
  const region = regionOf(connection)
  const baseUrl = endpointOf(service.endpointPrefix, region, connection)
  const { signingName, rules = 'common' } = service
  const { vendor, unavailable, owner } = words
  const authority =
    token === undefined
      ? awsAuthority({
          baseUrl,
          region,
          service: signingName,
          rules,
          credentials,
          vendor,
          unavailable,
          owner,
          clock,
        })
      : bearerAuthority(token, words)
  const client = namingEndpoint(() => createVendorClient({ ...rest, baseUrl }, vendorWords(words), authority))

  function signable(request: VendorRequest): VendorRequest {
    const { query, path, headers: own, ...others } = request
    return { ...others, path: path + signableQuery(query), headers: unsigned({ ...headers, ...own }) }
  }

  return {
    baseUrl: client.baseUrl,
    call: (request) => client.call(signable(request)),
    read: (schema, request) => client.read(schema, signable(request)),
    stream: (request) => client.stream(signable(request)),
    async authorized(request) {
      const { method, path, headers = {}, abortSignal } = signable(request)
      const wire = { method, path, headers, body: request.body }
      const { timeoutMs = 10_000 } = rest
      const own = await authority().authorize(wire, { timeoutMs, abortSignal })
      return { ...headers, ...own.headers }
    },
    close: () => client.close(),
  }
}

/** The servers of AWS do not read a `+` as a space. */
function signableQuery(query: UrlQuery | undefined): string {
  const pairs = queryPairs(query)
  return pairs.length === 0 ? '' : `?${encodedQuery(pairs)}`
}

/** A caller's own headers of these names would contradict the signature. */
const ofSignature: ReadonlySet<string> = new Set([
  'authorization',
  'date',
  'host',
  'x-amz-date',
  'x-amz-security-token',
])

function unsigned(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !ofSignature.has(name.toLowerCase())))
}
