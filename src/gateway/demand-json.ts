import { HttpFailure } from './failure.ts'
import type { GatewayRequest } from './surface.ts'

/**
 * Throws 415 for a body that does not say that it is JSON. Because of a JSON content type, a browser asks first (CORS
 * preflight) before a web page of another origin can send the request.
 */
export function demandJson(request: Pick<GatewayRequest, 'header'>): void {
  const contentType = request.header('content-type') ?? 'missing'
  if (/^application\/json\b/i.test(contentType)) return
  throw new HttpFailure(415, `the content type is ${contentType}; write application/json`)
}
