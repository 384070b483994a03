import {
  type ErrorCode,
  type HttpReply,
  type HttpRequest,
  ModelspineError,
  type Secret,
} from 'modelspine/adapter'
import { checkSecret, gotSecret } from './options/check-secret.ts'
import { type CallerLimits, withinLimits } from './within-limits.ts'

/**
 * Asked before each request, so that a rotated value is used at once. Errors that it throws pass unchanged. It
 * is waited for no longer than the vendor.
 */
export type SecretSource = () => Secret | Promise<Secret>

/** What one request shows to the vendor. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>
  /** All texts in them that must not be shown. */
  readonly secrets: readonly string[]
}

/** How the requests of one call get their credentials. */
export interface CallAuthority {
  /** The request is as it will be sent, without these credentials. */
  authorize(wire: HttpRequest, limits: CallerLimits): Promise<Credentials>
  /** Asked about each refusal of the vendor. True: the same request, authorized anew, may do better. */
  again?(refusal: HttpReply, limits: CallerLimits): Promise<boolean>
}

/** Begins the authority of one call. */
export type Authority = () => CallAuthority

interface Asking {
  readonly vendor: string
  readonly unavailable: ErrorCode
}

/** Options of a client that shows a credential. */
interface Shown {
  readonly token?: SecretSource | undefined
  readonly basic?: { readonly user: string; readonly password: SecretSource } | undefined
}

/** The authority that options ask for. Throws `invalid-options` for two of them, and for a plain text. */
export function authorityOf({ token, basic }: Shown, asking: Asking): Authority {
  if (token !== undefined && basic !== undefined) {
    throw new ModelspineError('invalid-options', 'token and basic are both given: give one of them')
  }
  checkSecret('token', token, 'source', false)
  if (basic !== undefined) checkSecret('basic.password', basic.password, 'source')
  if (token !== undefined) return bearerAuthority(token, asking)
  return basic === undefined ? withoutAuthority : basicAuthority(basic.user, basic.password, asking)
}

export function withoutAuthority(): CallAuthority {
  return { authorize: async () => ({ headers: {}, secrets: [] }) }
}

export function bearerAuthority(token: SecretSource, asking: Asking): Authority {
  return () => ({
    async authorize(_wire, limits) {
      const value = await revealed(token, limits, asking)
      return { headers: { authorization: `Bearer ${value}` }, secrets: [value] }
    },
  })
}

export function basicAuthority(user: string, password: SecretSource, asking: Asking): Authority {
  return () => ({
    async authorize(_wire, limits) {
      const value = await revealed(password, limits, asking)
      const pair = `${user}:${value}`
      const encoded = Buffer.from(pair).toString('base64')
      return { headers: { authorization: `Basic ${encoded}` }, secrets: [pair, encoded, value] }
    },
  })
}

/** The secret's text. Throws the unavailable-code when it is not there within the limits. */
async function revealed(source: SecretSource, limits: CallerLimits, asking: Asking): Promise<string> {
  const secret = await withinLimits(
    async () => source(),
    limits,
    () => lateCredentials(asking),
  )
  return gotSecret(secret, 'the credentials').reveal()
}

export function lateCredentials({ vendor, unavailable }: Asking): ModelspineError {
  return new ModelspineError(unavailable, `${vendor}: its credentials were not there in time`, {
    retryable: true,
    details: { phase: 'connecting' },
  })
}
