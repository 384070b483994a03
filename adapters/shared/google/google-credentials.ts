import { type Clock, checkOption, type ErrorCode, type Secret, secretOf } from 'modelspine/adapter'
import { missingLibrary } from '../missing-library.ts'
import { checkSecret, gotSecret } from '../options/check-secret.ts'
import { type CredentialSource, renewedCredentials } from '../renewed-credentials.ts'
import { lateCredentials, type SecretSource } from '../vendor-authority.ts'
import { withinLimits } from '../within-limits.ts'

/** A client of `google-auth-library`, such as `Impersonated`, `JWT` or `ExternalAccountClient`. */
export interface GoogleAuthClient {
  getAccessToken(): Promise<{ readonly token?: string | null | undefined }>
  /** Read after the token, which it describes. */
  readonly credentials?: { readonly expiry_date?: number | null | undefined }
  readonly quotaProjectId?: string | undefined
}

/**
 * Whose requests these are. `default`: as Google's libraries find them (the variable GOOGLE_APPLICATION_CREDENTIALS,
 * gcloud's own file, the metadata server), which needs `google-auth-library`. A `token` is an access token; a function
 * is asked before each request, so that a rotated value is used at once.
 */
export type GoogleCredentialsOption = 'default' | { readonly token: Secret | SecretSource } | GoogleAuthClient

/** They go as one object, so that others can be told from them. */
export interface GoogleToken {
  readonly token: Secret
  /** The project that pays for the requests, where the credentials name one. */
  readonly quotaProject?: string | undefined
}

export interface GoogleCredentialContext {
  readonly vendor: string
  readonly unavailable: ErrorCode
  /** The function that the user called. */
  readonly owner: string
  readonly clock?: Clock
}

/** Loads and reads nothing before the first call. */
export function googleCredentials(
  option: GoogleCredentialsOption,
  context: GoogleCredentialContext,
): CredentialSource<GoogleToken> {
  if (option === 'default') return foundTokens(() => openDefault(context.owner), context)
  checkOption('credentials', option, 'object!')
  if ('getAccessToken' in option) return foundTokens(async () => option, context)
  return givenTokens(option.token, context)
}

function givenTokens(
  source: Secret | SecretSource,
  context: GoogleCredentialContext,
): CredentialSource<GoogleToken> {
  checkSecret('credentials.token', source, 'key')
  let held: GoogleToken | undefined

  async function read(): Promise<GoogleToken> {
    const token = { token: typeof source === 'function' ? gotSecret(await source(), 'the token') : source }
    if (held === undefined || !sameToken(held, token)) held = token
    return held
  }

  const current: CredentialSource<GoogleToken>['current'] = (limits) =>
    withinLimits(read, limits, () => lateCredentials(context), context.clock)

  return {
    current,
    hasOthers: async (refused, limits) => !sameToken(await current(limits), refused),
  }
}

/** A client remembers its token. So for another token another client is opened, where we opened the first. */
function foundTokens(
  open: () => Promise<GoogleAuthClient>,
  context: GoogleCredentialContext,
): CredentialSource<GoogleToken> {
  return renewedCredentials(
    {
      async look() {
        const client = await open()
        const { token } = await client.getAccessToken()
        if (!token) throw new TypeError('no token')
        return {
          credentials: { token: secretOf(token), quotaProject: client.quotaProjectId },
          // A client that does not say until when is asked each time: it renews its token by itself.
          expiresAtMs: client.credentials?.expiry_date ?? 0,
        }
      },
      same: sameToken,
      failure: authFailure,
    },
    { ...context, giver: 'Google' },
  )
}

function sameToken(one: GoogleToken, other: GoogleToken): boolean {
  return one.token.reveal() === other.token.reveal()
}

/** What all APIs of Google Cloud take. What the credentials may do, their roles say. */
const scope = 'https://www.googleapis.com/auth/cloud-platform'

/** The library would run gcloud and ask several servers for a project. Nothing uses this one. */
const projectId = 'none'

async function openDefault(owner: string): Promise<GoogleAuthClient> {
  const { GoogleAuth } = await loadLibrary(owner)
  return new GoogleAuth({ scopes: scope, projectId }).getClient()
}

async function loadLibrary(owner: string): Promise<typeof import('google-auth-library')> {
  try {
    return await import('google-auth-library')
  } catch (cause) {
    throw missingLibrary(`${owner} without credentials.token`, 'google-auth-library', cause)
  }
}

/** Of the library's messages only these, because others may quote a file. */
const harmless =
  /^(Could not load the default credentials|No refresh token or refresh handler callback is set)\./

/** What a failed search may tell: a known message, or the name of the error with the words of OAuth. */
export function authFailure(error: unknown): string {
  if (!(error instanceof Error)) return 'Error'
  if (harmless.test(error.message)) return error.message
  const { code, status, response } = error as {
    readonly code?: unknown
    readonly status?: unknown
    readonly response?: { readonly data?: { readonly error?: unknown } }
  }
  const words = [
    /^[A-Za-z]{1,80}$/.test(error.name) ? error.name : 'Error',
    status,
    code,
    response?.data?.error,
  ]
  return [...new Set(words.filter(isWord))].join(' ')
}

function isWord(value: unknown): value is string | number {
  return typeof value === 'number' || (typeof value === 'string' && /^[A-Za-z_]{1,80}$/.test(value))
}
