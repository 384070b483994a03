import {
  type Clock,
  type ErrorCode,
  isModelspineError,
  ModelspineError,
  type Secret,
  secretOf,
  systemClock,
} from 'modelspine/adapter'
import { askTogether, mostAtOnce } from '../ask-together.ts'
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

export interface AwsCredentialSource {
  /** The same object from call to call, until there are others. */
  current(limits: CallerLimits): Promise<AwsCredentials>
  /** After AWS refused credentials: looks anew, and says whether there are others now. */
  hasOthers(refused: AwsCredentials, limits: CallerLimits): Promise<boolean>
}

export interface CredentialContext {
  readonly vendor: string
  readonly unavailable: ErrorCode
  readonly owner: string
  readonly region: string
  readonly clock?: Clock
  /** AWS's time, by which credentials expire. Default: the clock's. */
  readonly now?: () => number
}

/** Loads and reads nothing before the first call. */
export function awsCredentials(
  option: AwsCredentialsOption,
  context: CredentialContext,
): AwsCredentialSource {
  if (typeof option === 'function') return foundCredentials(async () => option, context)
  if (option !== 'default' && 'accessKeyId' in option) return givenKeys(option, context)
  const profile = option === 'default' ? undefined : option.profile
  return foundCredentials(() => openChain({ ...context, profile }), context)
}

function givenKeys(keys: AwsKeys, context: CredentialContext): AwsCredentialSource {
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
  return typeof source === 'function' ? source() : source
}

function sameKeys(one: AwsCredentials, other: AwsCredentials): boolean {
  return (
    one.accessKeyId === other.accessKeyId &&
    one.secretAccessKey.reveal() === other.secretAccessKey.reveal() &&
    one.sessionToken?.reveal() === other.sessionToken?.reveal()
  )
}

/** With less than this left, others are looked for while these still serve. */
const earlyMs = 5 * 60_000
/** With less than this left, requests wait for others. */
const lastMs = 30_000
/** How long the next look waits after one that failed while credentials still serve. */
const pauseMs = 10_000

function foundCredentials(
  open: () => Promise<AwsIdentityProvider>,
  context: CredentialContext,
): AwsCredentialSource {
  const { clock = systemClock, now = () => clock.now() } = context
  let provider: AwsIdentityProvider | undefined
  let held: AwsCredentials | undefined
  let expiresAtMs = Number.POSITIVE_INFINITY
  let isRefused = false
  let notBeforeMs = Number.NEGATIVE_INFINITY

  async function look(): Promise<AwsCredentials> {
    try {
      provider ??= await open()
      const identity = await provider(held === undefined ? undefined : { forceRefresh: true })
      const found = credentialsFrom(identity)
      if (held === undefined || !sameKeys(held, found)) held = found
      expiresAtMs = identity.expiration?.getTime() ?? Number.POSITIVE_INFINITY
      isRefused = false
      return held
    } catch (error) {
      throw isModelspineError(error) ? error : without(`AWS gave no credentials: ${chainFailure(error)}`)
    }
  }

  const ask = askTogether(
    look,
    {
      late: () => lateCredentials(context),
      hanging: () => without(`AWS was asked for credentials ${mostAtOnce} times, and all of them still hang`),
    },
    clock,
  )

  function without(why: string): ModelspineError {
    return new ModelspineError(context.unavailable, `${context.vendor}: ${why}`, {
      retryable: true,
      details: { phase: 'connecting' },
    })
  }

  function lookAside(): void {
    if (clock.monotonic() < notBeforeMs) return
    notBeforeMs = clock.monotonic() + pauseMs
    ask({ timeoutMs: 0, abortSignal: undefined }).catch(() => {})
  }

  return {
    async current(limits) {
      if (held === undefined || isRefused) return ask(limits)
      const leftMs = expiresAtMs - now()
      if (leftMs < lastMs) return ask(limits)
      if (leftMs < earlyMs) lookAside()
      return held
    },
    async hasOthers(refused, limits) {
      if (held === refused) isRefused = true
      const next = held === undefined || isRefused ? await ask(limits) : held
      return !sameKeys(next, refused)
    },
  }
}

function credentialsFrom({ accessKeyId, secretAccessKey, sessionToken }: AwsIdentity): AwsCredentials {
  if (!accessKeyId || !secretAccessKey) throw new TypeError('no keys')
  return {
    accessKeyId,
    secretAccessKey: secretOf(secretAccessKey),
    ...(sessionToken && { sessionToken: secretOf(sessionToken) }),
  }
}
