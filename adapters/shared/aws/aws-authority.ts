import type { Clock } from 'modelspine/adapter'
import type { Authority } from '../vendor-authority.ts'
import { type AwsCredentialsOption, awsCredentials, type CredentialContext } from './aws-credentials.ts'
import { failureIn, mayBeSkew, refusesCredentials } from './aws-failure.ts'
import { type SigningContext, signRequest } from './sign-request.ts'
import type { AwsCredentials } from './signing-key.ts'
import { decodedQuery } from './uri-encoding.ts'

export interface AwsSigning
  extends Pick<SigningContext, 'region' | 'service' | 'rules'>,
    Omit<CredentialContext, 'now' | 'clock'> {
  readonly baseUrl: string
  readonly credentials: AwsCredentialsOption
  readonly clock: Clock
}

/** AWS takes signatures that are some minutes old or early, S3 a quarter of an hour. */
const skewMs = 4 * 60_000

/**
 * Signs the requests of one client. Where AWS refuses a signature, and its `Date` is minutes away from the time that
 * was signed, the difference is remembered. Where it refuses the credentials, others are looked up. Each happens once
 * a call.
 */
export function awsAuthority(signing: AwsSigning): Authority {
  const { baseUrl, clock, region, service, rules = 'common' } = signing
  let clockOffsetMs = 0
  const now = (): number => clock.now() + clockOffsetMs
  const source = awsCredentials(signing.credentials, { ...signing, now })

  return () => {
    let used: AwsCredentials | undefined
    let signedAtMs = 0
    let clockIsSet = false
    let areNew = false

    return {
      async authorize({ method, path: target, headers = {}, body }, limits) {
        used = await source.current(limits)
        signedAtMs = now()
        const [path = '', query = ''] = target.split('?', 2)
        const { host, pathname } = new URL(baseUrl)
        const request = {
          method,
          path: pathname.replace(/\/+$/, '') + path,
          query: decodedQuery(query),
          headers: { ...headers, host },
          body,
        }
        const context = { credentials: used, region, service, rules, nowMs: clock.now(), clockOffsetMs }
        const signed = signRequest(request, context)
        return { headers: signed, secrets: secretsIn(signed.authorization ?? '', used) }
      },

      async again(refusal, limits) {
        const failure = failureIn(refusal)
        if (failure === undefined || used === undefined) return false
        if (!clockIsSet && mayBeSkew(failure)) {
          const theirsMs = Date.parse(refusal.header('date') ?? '')
          if (Math.abs(theirsMs - signedAtMs) >= skewMs) {
            clockIsSet = true
            clockOffsetMs = theirsMs - clock.now()
            return true
          }
        }
        if (areNew || !refusesCredentials(failure)) return false
        areNew = true
        return source.hasOthers(used, limits)
      },
    }
  }
}

function secretsIn(authorization: string, credentials: AwsCredentials): readonly string[] {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials
  const signature = authorization.slice(authorization.lastIndexOf('=') + 1)
  return [
    authorization,
    signature,
    accessKeyId,
    secretAccessKey.reveal(),
    ...(sessionToken === undefined ? [] : [sessionToken.reveal()]),
  ]
}
