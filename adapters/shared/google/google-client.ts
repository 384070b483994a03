import { type Clock, systemClock } from 'modelspine/adapter'

import { type AddressingClient, createVendorClient, type VendorConnection } from '../vendor-client.ts'
import { namingEndpoint, wrongOption } from '../wrong-option.ts'
import { googleAuthority } from './google-authority.ts'
import type { GoogleCredentialsOption } from './google-credentials.ts'
import { type GoogleWords, vendorWords } from './google-words.ts'

/** How Google is reached. Options of every adapter over a service of Google Cloud. A proxy is a `dispatcher`. */
export interface GoogleConnection extends Omit<VendorConnection, 'baseUrl' | 'token' | 'basic'> {
  /** Default `default`. */
  readonly credentials?: GoogleCredentialsOption
  /** The address of the service, such as that of Private Service Connect. Default: the public one. */
  readonly endpoint?: string
  /** The project that pays for the requests and whose quotas they use. Default: that of the credentials. */
  readonly quotaProject?: string
}

export interface GoogleService {
  /** The public address: `monitoring.googleapis.com`. */
  readonly host: string
}

/**
 * A client whose requests show an access token. Paths are made with `resourcePath`. Connects, loads and reads nothing
 * before the first call. Throws `invalid-options`.
 */
export function createGoogleClient(
  connection: GoogleConnection,
  { host }: GoogleService,
  words: GoogleWords,
  clock: Clock = systemClock,
): AddressingClient {
  const { credentials = 'default', endpoint = `https://${host}`, quotaProject, ...rest } = connection
  const { vendor, unavailable, owner } = words
  if (quotaProject !== undefined && !isProject(quotaProject)) {
    throw wrongOption(
      'quotaProject',
      `is "${quotaProject}": write the id or the number of a project, such as my-team-prod`,
    )
  }
  return namingEndpoint(() =>
    createVendorClient(
      { ...rest, baseUrl: endpoint },
      vendorWords(words),
      googleAuthority({ credentials, quotaProject, vendor, unavailable, owner, clock }),
    ),
  )
}

/** The id or the number of a project. Old ids begin with a domain: `example.com:my-project`. */
export function isProject(text: string): boolean {
  return /^([a-z0-9][a-z0-9.-]{0,62}:)?[a-z0-9][a-z0-9-]{0,61}$/.test(text)
}
