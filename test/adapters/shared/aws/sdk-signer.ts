import { createHash, createHmac, createSecretKey, type Hash, type Hmac, type KeyObject } from 'node:crypto'
import { SignatureV4 } from '@smithy/signature-v4'
import type { AwsCredentials } from '../../../../adapters/shared/aws/signing-key.ts'
import type { QueryPairs } from '../../../../adapters/shared/aws/uri-encoding.ts'

/** Node's hashes in the form that the SDK takes. */
class NodeSha256 {
  readonly #hash: Hash | Hmac

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash =
      secret === undefined ? createHash('sha256') : createHmac('sha256', keyOf(secret as string | Uint8Array))
  }

  update(data: Uint8Array): void {
    this.#hash.update(data)
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest()
  }

  reset(): void {}
}

/** Node takes many times longer for a key of bytes than for a key of its own. */
function keyOf(secret: string | Uint8Array): KeyObject {
  return typeof secret === 'string' ? createSecretKey(secret, 'utf8') : createSecretKey(secret)
}

export interface SignedBySdk {
  readonly method: string
  readonly host: string
  readonly path: string
  readonly query: QueryPairs
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array | undefined
  readonly credentials: AwsCredentials
  readonly region: string
  readonly service: string
  readonly rules: 's3' | 'common'
  readonly date: Date
}

/** The headers of the request, signed by the SDK's own signer. */
export async function signedBySdk(given: SignedBySdk): Promise<Readonly<Record<string, string>>> {
  const { accessKeyId, secretAccessKey, sessionToken } = given.credentials
  const signer = new SignatureV4({
    credentials: {
      accessKeyId,
      secretAccessKey: secretAccessKey.reveal(),
      ...(sessionToken !== undefined && { sessionToken: sessionToken.reveal() }),
    },
    region: given.region,
    service: given.service,
    sha256: NodeSha256,
    uriEscapePath: given.rules === 'common',
    applyChecksum: given.rules === 's3',
  })
  const values = new Map<string, string[]>()
  for (const [name, value] of given.query) values.set(name, [...(values.get(name) ?? []), value])
  const query = Object.fromEntries(values)
  const { method, host, path, headers, body } = given
  const request = { method, protocol: 'https:', hostname: host, path, query, headers: { ...headers }, body }
  const { headers: signed } = await signer.sign(request, { signingDate: given.date })
  return signed
}
