import type { PolicyAction } from 'modelspine/adapter'
import { checkNamedActions } from '../shared/policy/policy-options.ts'
import { wrongOption } from '../shared/wrong-option.ts'

/** What both ways of asking a policy have in common. */
export interface OpaDecisionOptions<Name extends string = string> {
  /** Default `opa`. */
  readonly name?: Name
  /** The actions that the policies have rules for. For other actions they are not asked. */
  readonly actions: readonly PolicyAction[]
  /** The document that decides, as `opa build` names an entrypoint. Default `modelspine/decision`. */
  readonly path?: string
  /**
   * What it means that the document is undefined: that the policy has nothing to say, or that something is wrong,
   * such as the path. Default `error`.
   */
  readonly undefinedResult?: 'error' | 'not-applicable'
}

export interface CheckedOptions<Name extends string> extends Required<OpaDecisionOptions<Name>> {}

/** Letters, digits, `_` and `-`: nothing that an address or a file name gives another meaning. */
const segment = /^[A-Za-z0-9_][A-Za-z0-9_-]*$/

/** The options with their defaults. Throws `invalid-options`. */
export function checkedOptions<Name extends string>(options: OpaDecisionOptions<Name>): CheckedOptions<Name> {
  const { name = 'opa' as Name, path = 'modelspine/decision', undefinedResult = 'error' } = options
  checkNamedActions({ name, actions: options.actions })
  if (!path.split('/').every((each) => segment.test(each))) {
    throw wrongOption(
      'path',
      `is "${path}": write names of letters, digits, "_" and "-" with "/" between them, such as modelspine/decision`,
    )
  }
  if (undefinedResult !== 'error' && undefinedResult !== 'not-applicable') {
    throw wrongOption('undefinedResult', `is "${String(undefinedResult)}": write error or not-applicable`)
  }
  return { name, actions: [...options.actions], path, undefinedResult }
}
