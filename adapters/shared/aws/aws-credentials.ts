import { type Clock, checkOption, type ErrorCode, type Secret, secretOf } from 'modelspine/adapter'
import { checkSecret, gotSecret } from '../options/check-secret.ts'
import { type CredentialSource, renewedCredentials } from '../renewed-credentials.ts'
import { lateCredentials, type SecretSource } from '../vendor-authority.ts'
import { type CallerLimits, withinLimits } from '../within-limits.ts'
import { type AwsIdentity, type AwsIdentityProvider, chainFailure, openChain } from './credential-chain.ts'
import type { AwsCredentials } from './signing-key.ts'

/** Keys of a user or of a session. A function is asked before each request, so that a rotated value is used at once. */
export interface AwsKeys {
  readonly accessKeyId: string | Secret | SecretSource
  readonly secretAccessKey: Secret | SecretSource
  readonly sessionToken?: Secret | SecretSource
}

/**
 * Whose requests these are. `default`: as the AWS SDK finds them; this and a profile need
 * `@aws-sdk/credential-provider-node`. A function is one of the AWS SDK's providers, such as
 * `fromTemporaryCredentials()`.
 */
export type AwsCredentialsOption = 'default' | { readonly profile: string } | AwsKeys | AwsIdentityProvider

export type AwsCredentialSource = CredentialSource<AwsCredentials>

export interface CredentialContext {
  readonly vendor: string
  readonly unavailable: ErrorCode
  readonly owner: string
  readonly region: string
  readonly clock?: Clock
  /** AWS's time, by which credentials expire. Default: the clock's. */
  readonly now?: () => number
}

/** Loads and reads nothing before the first call. Throws `invalid-options`. */
export function awsCredentials(
  option: AwsCredentialsOption,
  context: CredentialContext,
): AwsCredentialSource {
  if (typeof option === 'function') return foundCredentials(async () => option, context)
  if (option !== 'default') checkOption('credentials', option, 'object!')
  if (option !== 'default' && 'accessKeyId' in option) return givenKeys(option, context)
  const profile = option === 'default' ? undefined : option.profile
  return foundCredentials(() => openChain({ ...context, profile }), context)
}

function givenKeys(keys: AwsKeys, context: CredentialContext): AwsCredentialSource {
  if (typeof keys.accessKeyId !== 'string') checkSecret('credentials.accessKeyId', keys.accessKeyId, 'key')
  checkSecret('credentials.secretAccessKey', keys.secretAccessKey, 'key')
  checkSecret('credentials.sessionToken', keys.sessionToken, 'key', false)
  let held: AwsCredentials | undefined

  async function read(): Promise<AwsCredentials> {
    const { accessKeyId, secretAccessKey, sessionToken } = keys
    const [id, secret, token] = await Promise.all([
      typeof accessKeyId === 'string' ? secretOf(accessKeyId) : secretIn(accessKeyId),
      secretIn(secretAccessKey),
      sessionToken && secretIn(sessionToken),
    ])
    const read = { accessKeyId: id.reveal(), secretAccessKey: secret, sessionToken: token }
    if (held === undefined || !sameKeys(held, read)) held = read
    return held
  }

  function current(limits: CallerLimits): Promise<AwsCredentials> {
    return withinLimits(read, limits, () => lateCredentials(context), context.clock)
  }

  return {
    current,
    hasOthers: async (refused, limits) => !sameKeys(await current(limits), refused),
  }
}

async function secretIn(source: Secret | SecretSource): Promise<Secret> {
  return typeof source === 'function' ? gotSecret(await source(), 'the credentials') : source
}

function sameKeys(one: AwsCredentials, other: AwsCredentials): boolean {
  return (
    one.accessKeyId === other.accessKeyId &&
    one.secretAccessKey.reveal() === other.secretAccessKey.reveal() &&
    one.sessionToken?.reveal() === other.sessionToken?.reveal()
  )
}

function foundCredentials(
  open: () => Promise<AwsIdentityProvider>,
  context: CredentialContext,
): AwsCredentialSource {
  let provider: AwsIdentityProvider | undefined
  return renewedCredentials(
    {
      async look(held) {
        provider ??= await open()
        const identity = await provider(held === undefined ? undefined : { forceRefresh: true })
        return { credentials: credentialsFrom(identity), expiresAtMs: identity.expiration?.getTime() }
      },
      same: sameKeys,
      failure: chainFailure,
    },
    { ...context, giver: 'AWS' },
  )
}

function credentialsFrom({ accessKeyId, secretAccessKey, sessionToken }: AwsIdentity): AwsCredentials {
  if (!accessKeyId || !secretAccessKey) throw new TypeError('no keys')
  return {
    accessKeyId,
    secretAccessKey: secretOf(secretAccessKey),
    ...(sessionToken && { sessionToken: secretOf(sessionToken) }),
  }
}
