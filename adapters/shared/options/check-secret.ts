import { ModelspineError, type Secret } from 'modelspine/adapter'
import { wrongOption } from '../wrong-option.ts'

/**
 * Throws `invalid-options` for a credential that is a plain text, or nothing that gets a secret. No message shows it. Absent
 * ones are checked by `needed`.
 */
export function checkSecret(option: string, given: unknown, form: 'key' | 'source', needed = true): void {
  if (given === undefined && !needed) return
  if (typeof given === 'function' || (form === 'key' && isSecret(given))) return
  const store = "envSecrets().resolve('NAME')"
  const right =
    form === 'key'
      ? `a secret, such as await ${store}, or a function that gets one`
      : `a function that gets a secret, such as () => ${store}`
  throw wrongOption(option, `is ${sortOf(given)}: give ${right}`)
}

/** What a function of the app gave. Throws `auth` when it is no secret. */
export function gotSecret(given: unknown, whose: string): Secret {
  if (isSecret(given)) return given
  const message = `the function that gets ${whose} gave ${sortOf(given)}: let it give a secret, as a secret store does`
  throw new ModelspineError('auth', message)
}

function isSecret(given: unknown): given is Secret {
  return (
    typeof given === 'object' && given !== null && 'reveal' in given && typeof given.reveal === 'function'
  )
}

function sortOf(given: unknown): string {
  if (given === undefined) return 'missing'
  if (given === null) return 'null'
  return typeof given === 'object' ? 'an object' : `a ${typeof given}`
}
