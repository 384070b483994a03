import { HttpFailure } from './failure.ts'
import type { GatewayRequest } from './surface.ts'

/**
 * The body of a request. A compressed body is refused, because neither the gateway nor the upstream would
 * know that it is compressed.
 */
export function plainBody(request: GatewayRequest): Promise<Uint8Array> {
  const encoding = request.header('content-encoding')
  if (encoding === undefined || /^\s*(?:identity)?\s*$/i.test(encoding)) return request.body()
  // RFC 9110, 15.5.16: the answer names the encodings that would have been accepted.
  const accepted = { 'accept-encoding': 'identity' }
  throw new HttpFailure(415, `the content encoding is ${encoding}; send the body uncompressed`, accepted)
}
