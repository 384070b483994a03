import type { Finding, PolicyAction, PolicyRequest } from './contract.ts'
import type { Ruling } from './ruling.ts'

export type RequestOf<A extends PolicyAction> = Extract<PolicyRequest, { readonly action: A }>

export interface RuleDefinition<A extends PolicyAction> {
  readonly on: A | readonly A[]
  /** The effect of a broken rule: only reported, denied unless overridden, or denied. Default `hard`. */
  readonly level?: Finding['level']
  /** Must be pure or only read. A throw is the verdict `error`. */
  check(request: RequestOf<A>, options: { readonly abortSignal?: AbortSignal }): Ruling | Promise<Ruling>
}

export interface Rule {
  readonly name: string
  readonly on: readonly PolicyAction[]
  readonly level: Finding['level']
  readonly check: (
    request: PolicyRequest,
    options: { readonly abortSignal?: AbortSignal },
  ) => Ruling | Promise<Ruling>
}

/**
 * One rule of a `rulesPolicy`. `check` sees only requests of the actions named in `on`, and has their type.
 */
export function rule<const A extends PolicyAction>(name: string, definition: RuleDefinition<A>): Rule {
  const { level = 'hard', check } = definition
  const on: readonly PolicyAction[] = typeof definition.on === 'string' ? [definition.on] : definition.on
  if (on.length === 0) throw new TypeError(`the rule ${name} has no action in "on": name at least one`)
  return { name, on, level, check: check as Rule['check'] }
}
