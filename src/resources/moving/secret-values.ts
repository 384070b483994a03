/** What of a foreign config may be shown. In doubt it may not: a secret can stand in any field. */
import { isRecord } from '../../json.ts'
import type { FieldPath } from '../problems/field-path.ts'

const secretField =
  /key|secret|passw|credential|token|auth|cookie|header|dsn|salt|license|cert|private|environment_variables|webhook|(database|redis)_url/i

const countsTokens = /tokens$|_per_token$/

/** How vendors' keys begin, with enough behind it to be no name of a model; and addresses with a password. */
const secretText =
  /^([spr]k[-_][\w-]{12,}|(gsk_|hf_|xai-|ghp_|pplx-)[A-Za-z0-9]{16,}|(AKIA|ASIA)[A-Z0-9]{12,}|AIza[\w-]{20,}|eyJ[\w-]{12,})|:\/\/[^/\s]*@/

/** Fields whose texts are names: of models, vendors and kinds. */
const nameFields: ReadonlySet<string> = new Set([
  'model',
  'model_name',
  'mode',
  'base_model',
  'routing_strategy',
  'custom_llm_provider',
  'provider',
  'then',
  'fallbacks',
  'default_fallbacks',
  'context_window_fallbacks',
  'content_policy_fallbacks',
  'model_group_alias',
])

export function looksSecret(text: string): boolean {
  return secretText.test(text)
}

/** A name for a sentence. */
export function quoted(name: string): string {
  return looksSecret(name) ? '[secret]' : JSON.stringify(name)
}

/** A variable that the config names in place of a value: `os.environ/NAME`. */
export function variableOf(value: unknown): string | undefined {
  return typeof value === 'string' ? /^os\.environ\/(\w+)$/.exec(value)?.[1] : undefined
}

/** All variables that a config names: in place of values, and as those that the gateway sets itself. */
export function variablesIn(config: unknown): ReadonlySet<string> {
  const found = new Set<string>()
  const visit = (value: unknown): void => {
    if (typeof value === 'string')
      for (const [, name = ''] of value.matchAll(/os\.environ\/(\w+)/g)) found.add(name)
    if (typeof value !== 'object' || value === null) return
    for (const [name, child] of Object.entries(value)) {
      if (name === 'environment_variables' && isRecord(child))
        for (const variable of Object.keys(child)) found.add(variable)
      visit(child)
    }
  }
  visit(config)
  return found
}

/** The value as it may be shown; undefined when it is a text that may be anything. */
export function shownValue(value: unknown, path: FieldPath): string | undefined {
  if (value === undefined) return undefined
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (typeof value === 'object' && value !== null) return 'an object'
  if (variableOf(value) !== undefined) return String(value)
  const names = path.filter((step) => typeof step === 'string')
  if (names.some((name) => secretField.test(name) && !countsTokens.test(name))) return '[secret]'
  if (typeof value !== 'string') return String(value)
  if (looksSecret(value)) return '[secret]'
  return names.some((name) => nameFields.has(name)) ? JSON.stringify(value.slice(0, 80)) : undefined
}
