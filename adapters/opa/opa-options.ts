import { ModelspineError, type PolicyAction } from 'modelspine/adapter'

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

const actions = {
  deploy: true,
  promote: true,
  invoke: true,
  'query-data': true,
  command: true,
  delete: true,
} satisfies Readonly<Record<PolicyAction, true>>

/** Letters, digits, `_` and `-`: nothing that an address or a file name gives another meaning. */
const segment = /^[A-Za-z0-9_][A-Za-z0-9_-]*$/

/** The options with their defaults. Throws `invalid-options`. */
export function checkedOptions<Name extends string>(options: OpaDecisionOptions<Name>): CheckedOptions<Name> {
  const { name = 'opa' as Name, path = 'modelspine/decision', undefinedResult = 'error' } = options
  if (name === '') throw wrong('name', 'is empty: give the engine a name')
  if (options.actions.length === 0) {
    throw wrong('actions', 'is empty: name the actions that the policies have rules for')
  }
  for (const [index, action] of options.actions.entries()) {
    if (!Object.hasOwn(actions, action)) {
      throw wrong('actions', `has "${action}": write ${Object.keys(actions).join(', ')}`)
    }
    if (options.actions.indexOf(action) < index) throw wrong('actions', `has ${action} twice: write it once`)
  }
  if (!path.split('/').every((each) => segment.test(each))) {
    throw wrong(
      'path',
      `is "${path}": write names of letters, digits, "_" and "-" with "/" between them, such as modelspine/decision`,
    )
  }
  if (undefinedResult !== 'error' && undefinedResult !== 'not-applicable') {
    throw wrong('undefinedResult', `is "${String(undefinedResult)}": write error or not-applicable`)
  }
  return { name, actions: [...options.actions], path, undefinedResult }
}

export function wrong(field: string, fault: string): ModelspineError {
  return new ModelspineError('invalid-options', `${field} ${fault}`, { details: { field } })
}
