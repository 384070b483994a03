import { ModelspineError } from '../../errors.ts'
import type { Secret, SecretStore } from '../../security/contract.ts'

/**
 * Resolves `env:TOKEN` to the secret `TOKEN` of the store `env`. Throws `secret-not-found`, and the errors of
 * the store.
 */
export async function resolveSecret(
  stores: Readonly<Record<string, SecretStore>>,
  reference: string,
  abortSignal?: AbortSignal,
): Promise<Secret> {
  const colon = reference.indexOf(':')
  const scheme = reference.slice(0, colon)
  const store = Object.hasOwn(stores, scheme) ? stores[scheme] : undefined
  if (store === undefined) {
    throw new ModelspineError(
      'secret-not-found',
      `the secret reference "${reference}" needs a secret store called "${scheme}", but there is none`,
    )
  }
  return store.resolve(reference.slice(colon + 1), abortSignal && { abortSignal })
}
