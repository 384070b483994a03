import type { HttpClientOptions, OptionKinds } from 'modelspine/adapter'
import type { AwsConnection } from '../aws/aws-client.ts'
import type { GoogleConnection } from '../google/google-client.ts'
import type { VendorConnection } from '../vendor-client.ts'

/** How the shared options of adapters are checked. The HTTP client checks the numbers, and each cloud its credentials. */
const vendorKinds: OptionKinds<Omit<VendorConnection, 'baseUrl' | 'token' | 'basic'>> = {
  dispatcher: 'any',
  headers: 'object',
  connections: 'any',
  tls: 'object',
  timeoutMs: 'any',
  maxReplyBytes: 'any',
}

export const awsKinds: OptionKinds<AwsConnection> = {
  ...vendorKinds,
  region: 'any',
  endpoint: 'string',
  credentials: 'any',
}

export const googleKinds: OptionKinds<GoogleConnection> = {
  ...vendorKinds,
  endpoint: 'string',
  credentials: 'any',
  quotaProject: 'any',
}

/** Of providers that pass them on to the HTTP client. */
export const httpKinds: OptionKinds<
  Omit<HttpClientOptions, 'baseUrl' | 'tls' | 'connectTimeoutMs' | 'bodyTimeoutMs'>
> = {
  headers: 'object',
  dispatcher: 'any',
  connections: 'any',
  maxWaiting: 'any',
  waitTimeoutMs: 'any',
  headersTimeoutMs: 'any',
  maxBodyBytes: 'any',
}
