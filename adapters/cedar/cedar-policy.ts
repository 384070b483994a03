import { type PolicyAction, sha256 } from 'modelspine/adapter'
import { createLoadedPolicy, type ReloadablePolicy } from '../shared/policy/loaded-policy.ts'
import { checkNamedActions } from '../shared/policy/policy-options.ts'
import { decisionOf } from './cedar-decision.ts'
import { openLibrary } from './cedar-library.ts'
import { type CedarModule, openModule } from './cedar-module.ts'
import { readPolicies } from './cedar-policies.ts'
import { cedarRequest } from './cedar-request.ts'
import { type CedarSource, readSources } from './cedar-source.ts'

export interface CedarPolicyOptions<Name extends string = string> {
  /** Default `cedar`. */
  readonly name?: Name
  /** The actions that the policies are about. Of these, what no policy permits is denied. For others they are not asked. */
  readonly actions: readonly PolicyAction[]
  readonly policies: CedarSource | readonly CedarSource[]
  /**
   * Whether policies that do not follow `cedarSchema` are refused. Default true. With false, a misspelt name is an
   * error of each decision that comes to it.
   */
  readonly validate?: boolean
}

export interface CedarPolicy<Name extends string = string>
  extends ReloadablePolicy<Name, CedarSource | readonly CedarSource[]> {}

interface Loaded {
  readonly module: CedarModule
  readonly revision: string
}

/**
 * Policies in Cedar, evaluated in this process. Loads at `load` or at the first question, and then answers at once.
 * Throws `invalid-options`.
 */
export function cedarPolicy<const Name extends string = 'cedar'>(
  options: CedarPolicyOptions<Name>,
): CedarPolicy<Name> {
  const { name = 'cedar' as Name, policies, validate = true } = options
  const actions = [...options.actions]
  checkNamedActions({ name, actions })
  return createLoadedPolicy({
    name,
    actions,
    first: policies,
    async open(sources): Promise<Loaded> {
      const texts = await readSources(sources)
      const library = openLibrary()
      const module = openModule(readPolicies(library, texts, { validate }), actions, library)
      return { module, revision: sha256(texts.map(({ text }) => text).join('')) }
    },
    evaluate: (request, { module, revision }) =>
      decisionOf(request, module.authorize(cedarRequest(request)), { name, revision }),
  })
}
