import { isModelspineError, ModelspineError, type Secret } from 'modelspine/adapter'
import { gotSecret } from '../options/check-secret.ts'

/** A secret, or a function that gets it for each call, so that a rotated secret is used at once. */
export type ApiKey = Secret | (() => Promise<Secret>)

/**
 * The key's text for one call. Throws `auth` when there is no such secret, and when the function gave something else, and
 * `unavailable` when the secret store fails.
 */
export async function revealKey(key: ApiKey): Promise<string> {
  if (typeof key !== 'function') return key.reveal()
  let got: Secret
  try {
    got = await key()
  } catch (cause) {
    const gone = isModelspineError(cause, 'secret-not-found')
    throw new ModelspineError(gone ? 'auth' : 'unavailable', 'the API key could not be read from its store', {
      cause,
    })
  }
  return gotSecret(got, 'the API key').reveal()
}

/** The headers of one call that proves itself by a key, and what must not stand in an error. None without a key. */
export async function bearerKey(
  key: ApiKey | undefined,
): Promise<{ readonly headers: Readonly<Record<string, string>>; readonly secrets: readonly string[] }> {
  if (key === undefined) return { headers: {}, secrets: [] }
  const text = await revealKey(key)
  return { headers: { authorization: `Bearer ${text}` }, secrets: [text] }
}
