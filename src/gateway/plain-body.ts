import { HttpFailure } from './failure.ts'
import type { GatewayRequest } from './surface.ts'

/** The body of a request. A compressed one is refused: nobody here would know it for what it is, nor would its upstream. */
export function plainBody(request: GatewayRequest): Promise<Uint8Array> {
  const encoding = request.header('content-encoding')
  if (encoding === undefined || /^\s*(?:identity)?\s*$/i.test(encoding)) return request.body()
  // RFC 9110, 15.5.16: what would have been taken.
  const accepted = { 'accept-encoding': 'identity' }
  throw new HttpFailure(415, `the content encoding is ${encoding}; send the body uncompressed`, accepted)
}
