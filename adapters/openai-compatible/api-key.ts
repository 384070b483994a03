import { isModelspineError, ModelspineError, type Secret } from 'modelspine/adapter'

/** A secret, or how to get it at each call, so that a rotated one is used at once. */
export type ApiKey = Secret | (() => Promise<Secret>)

/** The key's text for one call. Throws `auth` when there is no such secret, `unavailable` when it cannot be had now. */
export async function revealKey(key: ApiKey): Promise<string> {
  if (typeof key !== 'function') return key.reveal()
  try {
    return (await key()).reveal()
  } catch (cause) {
    const gone = isModelspineError(cause, 'secret-not-found')
    throw new ModelspineError(gone ? 'auth' : 'unavailable', 'the API key cannot be had from its store', {
      cause,
    })
  }
}
