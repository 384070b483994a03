import { missingLibrary } from '../missing-library.ts'

/** Credentials as the AWS SDK gives them. */
export interface AwsIdentity {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
  readonly expiration?: Date | undefined
}

/** As the AWS SDK's `fromTemporaryCredentials` and its like. `forceRefresh` asks for others than those remembered. */
export type AwsIdentityProvider = (options?: { readonly forceRefresh?: boolean }) => Promise<AwsIdentity>

export interface ChainOptions {
  /** The function that needs the library. */
  readonly owner: string
  readonly region: string
  /** A profile of the files in `~/.aws`. Default: as the variable AWS_PROFILE says. */
  readonly profile?: string | undefined
}

/**
 * The AWS SDK's own search: environment, files, SSO, web identity, container and instance. Throws `unsupported` where
 * the library is not installed.
 */
export async function openChain({ owner, region, profile }: ChainOptions): Promise<AwsIdentityProvider> {
  const { defaultProvider } = await loadLibrary(owner)
  return defaultProvider({
    clientConfig: { region },
    // The library prints warnings on the console where it has no logger.
    logger: silent,
    ...(profile !== undefined && { profile }),
  })
}

const silent = { trace() {}, debug() {}, info() {}, warn() {}, error() {} }

async function loadLibrary(owner: string): Promise<typeof import('@aws-sdk/credential-provider-node')> {
  try {
    return await import('@aws-sdk/credential-provider-node')
  } catch (cause) {
    throw missingLibrary(
      `${owner} without accessKeyId and secretAccessKey`,
      '@aws-sdk/credential-provider-node',
      cause,
    )
  }
}

/** Of the library's messages only these, because others may quote what a command printed. */
const harmless = [
  /^Could not load credentials from any providers/,
  /^Could not resolve credentials using profile: \[[\w.@-]+\]/,
  /^(Token is expired|The SSO session)[^"{}]*aws sso login[^"{}]*$/,
]

/** What a failed search may tell. */
export function chainFailure(error: unknown): string {
  const { name, message } = error instanceof Error ? error : new Error('')
  if (harmless.some((text) => text.test(message))) return message
  return /^[A-Za-z]{1,80}$/.test(name) ? name : 'Error'
}
