import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import type { Secret } from 'modelspine/adapter'

/** Credentials of AWS. They go as one object, because keys are remembered with it. */
export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: Secret
  readonly sessionToken?: Secret | undefined
}

/** Keys live as long as the credentials that they were made of. */
const remembered = new WeakMap<AwsCredentials, Map<string, KeyObject>>()

/** Of one set of credentials: a few services and regions, and yesterday's beside today's. */
const mostKeys = 16

/**
 * The key that signs for one day, region and service. Making it takes four hashes, so it is remembered, in the form that
 * Node signs with soonest.
 * `scope` is `20260102/eu-west-1/sagemaker/aws4_request`.
 */
export function signingKey(credentials: AwsCredentials, scope: string): KeyObject {
  const keys = remembered.get(credentials) ?? new Map<string, KeyObject>()
  remembered.set(credentials, keys)
  const known = keys.get(scope)
  if (known !== undefined) return known
  const secret = Buffer.from(`AWS4${credentials.secretAccessKey.reveal()}`)
  const key = createSecretKey(scope.split('/').reduce(hmac, secret))
  for (const oldest of keys.keys()) {
    if (keys.size < mostKeys) break
    keys.delete(oldest)
  }
  keys.set(scope, key)
  return key
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
