import { createHmac, timingSafeEqual } from 'node:crypto'

/** The parts of a delivery that MLflow signs, and its signature. */
export interface SignedDelivery {
  readonly id: string
  /** Seconds since the epoch, as the header writes them. */
  readonly timestamp: string
  readonly body: Uint8Array
  /** `v1,` and the base64 of the HMAC-SHA256 of `id.timestamp.body`. */
  readonly signature: string
}

/** Compares in a time that does not depend on the signature. */
export function isSignedWith(secret: string, { id, timestamp, body, signature }: SignedDelivery): boolean {
  const hmac = createHmac('sha256', secret).update(`${id}.${timestamp}.`).update(body)
  const expected = Buffer.from(`v1,${hmac.digest('base64')}`)
  const given = Buffer.from(signature)
  return given.byteLength === expected.byteLength && timingSafeEqual(given, expected)
}
