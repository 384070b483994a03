/**
 * AWS Signature Version 4, in the headers of a request.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */

import { createHmac } from 'node:crypto'
import { sha256 } from 'modelspine/adapter'
import { type AwsCredentials, signingKey } from './signing-key.ts'
import { encodedQuery, type QueryPairs, uriEncode } from './uri-encoding.ts'

export interface UnsignedRequest {
  readonly method: string
  /** As it is sent, without the query. */
  readonly path: string
  /** Sent as `encodedQuery` writes it. */
  readonly query?: QueryPairs
  /**
   * All that is sent and known before, `host` included. `x-amz-content-sha256` says what the body's hash is, such as
   * `UNSIGNED-PAYLOAD`.
   */
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array | undefined
}

export interface SigningContext {
  readonly credentials: AwsCredentials
  readonly region: string
  /** The name that the service signs with: `sagemaker`, `bedrock`. */
  readonly service: string
  /**
   * S3 signs the path as it is sent, and wants the hash of the body in a header. All others sign the path encoded once
   * more. Default `common`.
   */
  readonly rules?: 's3' | 'common'
  /** Milliseconds since the epoch, by this machine's clock. */
  readonly nowMs: number
  /** How far the vendor's clock is ahead of this machine's. */
  readonly clockOffsetMs?: number
}

/** Headers to add, or to put in the place of others. */
export type SignatureHeaders = Readonly<Record<string, string>>

/** For a body whose hash is not a part of the signature. Only over `https:`. */
export const unsignedPayload = 'UNSIGNED-PAYLOAD'

const algorithm = 'AWS4-HMAC-SHA256'

/** The headers with which the request is signed, `authorization` among them. */
export function signRequest(request: UnsignedRequest, context: SigningContext): SignatureHeaders {
  const { credentials, region, service, rules = 'common', nowMs, clockOffsetMs = 0 } = context
  const date = amzDate(nowMs + clockOffsetMs)
  const scope = `${date.slice(0, 8)}/${region}/${service}/aws4_request`
  const given = signable(request.headers)
  const payloadHash = given.get('x-amz-content-sha256') ?? sha256(request.body ?? '')
  const own = {
    'x-amz-date': date,
    ...(rules === 's3' && { 'x-amz-content-sha256': payloadHash }),
    ...(credentials.sessionToken !== undefined && {
      'x-amz-security-token': credentials.sessionToken.reveal(),
    }),
  }
  for (const [name, value] of Object.entries(own)) given.set(name, oneLine(value))
  const headers = [...given].sort(([one], [other]) => (one < other ? -1 : 1))
  const names = headers.map(([name]) => name).join(';')
  const canonical = [
    request.method,
    rules === 's3' ? request.path : doublyEncoded(request.path),
    encodedQuery((request.query ?? []).filter(([name]) => name.toLowerCase() !== 'x-amz-signature')),
    ...headers.map(([name, value]) => `${name}:${value}`),
    '',
    names,
    payloadHash,
  ].join('\n')
  const toSign = [algorithm, date, scope, sha256(canonical)].join('\n')
  const signature = createHmac('sha256', signingKey(credentials, scope)).update(toSign).digest('hex')
  const credential = `${credentials.accessKeyId}/${scope}`
  return {
    ...own,
    authorization: `${algorithm} Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`,
  }
}

/** `20260102T030405Z` */
function amzDate(atMs: number): string {
  return new Date(atMs).toISOString().replace(/[-:]|\.\d{3}/g, '')
}

/** Proxies change these, or the signature brings them itself. */
const neverSigned: ReadonlySet<string> = new Set([
  'authorization',
  'cache-control',
  'connection',
  'date',
  'expect',
  'from',
  'keep-alive',
  'max-forwards',
  'pragma',
  'referer',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
  'x-amz-date',
  'x-amzn-trace-id',
])

function signable(headers: Readonly<Record<string, string>>): Map<string, string> {
  const kept = Object.entries(headers)
    .map(([name, value]) => [name.toLowerCase(), oneLine(value)] as const)
    .filter(([name]) => !neverSigned.has(name) && !/^(proxy|sec)-/.test(name))
  return new Map(kept)
}

function oneLine(value: string): string {
  return value.replace(/[\r\n \t]+/g, ' ').replace(/^ | $/g, '')
}

/** The path is encoded already, and is encoded once more without its empty and relative segments. */
function doublyEncoded(path: string): string {
  const segments: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop()
    else if (segment !== '' && segment !== '.') segments.push(uriEncode(segment))
  }
  const end = segments.length > 0 && path.endsWith('/') ? '/' : ''
  return `/${segments.join('/')}${end}`
}
