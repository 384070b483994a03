import { ModelspineError } from '../../errors.ts'
import type { Secret, SecretStore } from '../../security/contract.ts'

/** `env:TOKEN` is `TOKEN` of the store called `env`. Throws `secret-not-found`, and what the store throws. */
export async function resolveSecret(
  stores: Readonly<Record<string, SecretStore>>,
  reference: string,
  abortSignal: AbortSignal,
): Promise<Secret> {
  const colon = reference.indexOf(':')
  const scheme = reference.slice(0, colon)
  const store = Object.hasOwn(stores, scheme) ? stores[scheme] : undefined
  if (store === undefined) {
    throw new ModelspineError(
      'secret-not-found',
      `no secret store is called "${scheme}", which "${reference}" asks for`,
    )
  }
  return store.resolve(reference.slice(colon + 1), { abortSignal })
}
