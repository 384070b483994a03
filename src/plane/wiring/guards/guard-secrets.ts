import type { SecretStore } from '../../../security/contract.ts'
import type { GuardedPart } from './guarded-part.ts'
import { fieldsIn } from './shapes/shape.ts'

/** The same secret store, with a limit on its calls. */
export function guardSecrets(
  part: GuardedPart,
  secrets: SecretStore,
  { secretMs }: { readonly secretMs: number },
): SecretStore {
  return {
    resolve: (name, options) =>
      part.call({
        verb: 'resolve',
        limitMs: secretMs,
        abortSignal: options?.abortSignal,
        run: (abortSignal) => secrets.resolve(name, { abortSignal }),
        wrong: (secret) =>
          typeof fieldsIn(secret)?.reveal === 'function' ? undefined : 'it is not a secret',
      }),
  }
}
