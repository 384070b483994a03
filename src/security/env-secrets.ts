import { ModelspineError, throwIfAborted } from '../errors.ts'
import type { SecretStore } from './contract.ts'
import { secretOf } from './secret.ts'

export interface EnvSecretsOptions {
  /** Default `process.env`. It is read only when a caller asks for a secret. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

/** Secrets from environment variables. An empty variable counts as not set. */
export function envSecrets(options: EnvSecretsOptions = {}): SecretStore {
  return {
    async resolve(name, call = {}) {
      throwIfAborted(call.abortSignal, `resolving the secret "${name}"`)
      const env = options.env ?? process.env
      const value = Object.hasOwn(env, name) ? env[name] : undefined
      if (value !== undefined && value !== '') return secretOf(value)
      throw new ModelspineError(
        'secret-not-found',
        `the environment variable "${name}" is ${value === '' ? 'empty' : 'not set'}`,
        { details: { name } },
      )
    },
  }
}
