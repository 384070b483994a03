import type { ErrorCode } from 'modelspine/adapter'
import type { VendorMeaning, VendorWords } from './vendor-client.ts'

/** How an adapter speaks of a service of a cloud. */
export interface CloudWords<Failure> extends Pick<VendorWords, 'vendor' | 'unavailable' | 'oneAttempt'> {
  /** The function that the user called, for a message that says what is missing: `sagemakerTarget`. */
  readonly owner: string
  /** The code for too many requests, or a quota that is used up. Default: that for a service that cannot answer now. */
  readonly throttled?: ErrorCode
  /** The code for a change of somebody else's in between. Default: that for a service that cannot answer now. */
  readonly conflict?: ErrorCode
  /** The code for what the cloud takes for a mistake in the request: `target-refused`. Never retryable. */
  readonly refused: ErrorCode
  /** The code for credentials that may not do this. Default `auth`. Never retryable. */
  readonly denied?: ErrorCode
  /** What an error of this service means, where its kind does not tell. `message` is complete. */
  readonly meaning?: (failure: Failure, message: string) => VendorMeaning | undefined
}

/**
 * - `throttled`: too many requests for now, or a quota that is used up. Each service has its own way to say which.
 * - `unavailable`: the cloud cannot answer now.
 * - `conflict`: something else changed what was read, before it was written. Google alone says so.
 * - `denied`: the credentials are missing, wrong, expired or not allowed to do this.
 * - `refused`: a mistake in the request, or something that is not there, there already, or not in the state for this.
 */
export type CloudFailureKind = 'throttled' | 'unavailable' | 'conflict' | 'denied' | 'refused'

/** What an error means by its kind alone. */
export function meaningOfKind(
  kind: CloudFailureKind,
  message: string,
  words: Omit<CloudWords<never>, 'meaning'>,
): VendorMeaning {
  const { unavailable, throttled = unavailable, conflict = unavailable, denied = 'auth', refused } = words
  const codes = { throttled, unavailable, conflict, denied, refused }
  return { code: codes[kind], message, retryable: kind !== 'denied' && kind !== 'refused' }
}
