import {
  type CedarFault,
  type CedarLibrary,
  type CedarResponse,
  faultText,
  openLibrary,
} from './cedar-library.ts'
import type { CedarPolicyText } from './cedar-policies.ts'
import type { CedarRequest } from './cedar-request.ts'

/** What Cedar said of a request. Policies are in their order, because Cedar's own changes from call to call. */
export interface CedarAnswer {
  /** The policies that forbid it, of every level. */
  readonly forbids: readonly CedarPolicyText[]
  /** No policy permits it, and none that is hard forbids it. */
  readonly nothingPermits: boolean
  /** The policies that could not be evaluated. */
  readonly failed: readonly { readonly policy: CedarPolicyText; readonly message: string }[]
}

/** Policies that can be asked at once. */
export interface CedarModule {
  /** Throws when the question cannot be asked. */
  authorize(request: CedarRequest): CedarAnswer
}

/** A set that Cedar is asked: policies by their place in the whole list. */
interface PolicySet {
  readonly name: string
  readonly members: Readonly<Record<string, string>>
}

/** The policies that can be about an action. */
interface ActionSets {
  readonly every: PolicySet
  /** Those that nobody overrides, where there are others. */
  readonly binding?: PolicySet
}

/** Parses the policies once for each action. */
export function openModule(
  policies: readonly CedarPolicyText[],
  actions: readonly string[],
  first: CedarLibrary = openLibrary(),
): CedarModule {
  const setsOf = new Map(actions.map((action) => [action, setsAbout(action, policies)]))
  let prepared: CedarLibrary | undefined = prepare(first, setsOf.values())
  return {
    authorize(request) {
      const sets = setsOf.get(request.action.id)
      if (sets === undefined) throw new Error(`there are no policies about ${request.action.id}`)
      try {
        const library = prepared ?? prepare(openLibrary(), setsOf.values())
        prepared = library
        return answerOf(policies, sets, ({ name }) => ask(library, name, request))
      } catch (error) {
        // WebAssembly that broke off answers nothing more. The next question gets a new instance.
        prepared = undefined
        throw error
      }
    },
  }
}

function setsAbout(action: string, policies: readonly CedarPolicyText[]): ActionSets {
  const about = policies.flatMap((policy, index) =>
    policy.actions?.includes(action) === false ? [] : [{ policy, index }],
  )
  const setOf = (name: string, members: typeof about): PolicySet => ({
    name: `${action} ${name}`,
    members: Object.fromEntries(members.map(({ policy, index }) => [String(index), policy.text])),
  })
  const hard = about.filter(({ policy }) => isHard(policy))
  return {
    every: setOf('every', about),
    ...(hard.length < about.length && { binding: setOf('binding', hard) }),
  }
}

function isHard({ level }: CedarPolicyText): boolean {
  return level === 'hard'
}

function prepare(library: CedarLibrary, all: Iterable<ActionSets>): CedarLibrary {
  const sets = [...all].flatMap(({ every, binding }) => [every, ...(binding ? [binding] : [])])
  for (const { name, members } of sets) {
    const answer = library.preparsePolicySet(name, { staticPolicies: members })
    if (answer.type !== 'success') throw new Error(told(answer.errors))
  }
  return library
}

function ask(library: CedarLibrary, set: string, request: CedarRequest): CedarResponse {
  const answer = library.statefulIsAuthorized({ ...request, preparsedPolicySetId: set })
  if (answer.type !== 'success') throw new Error(told(answer.errors))
  return answer.response
}

/**
 * Cedar names the policies that forbid, or else those that permit. So where only policies forbid that may be overridden,
 * it is asked again without them: they must not hide that nothing permits.
 */
function answerOf(
  policies: readonly CedarPolicyText[],
  { every, binding }: ActionSets,
  response: (set: PolicySet) => CedarResponse,
): CedarAnswer {
  const { decision, diagnostics } = response(every)
  const deciding = new Set(diagnostics.reason)
  const forbids = decision === 'allow' ? [] : policies.filter((_, index) => deciding.has(String(index)))
  const onlyOthers = binding !== undefined && forbids.length > 0 && !forbids.some(isHard)
  const failures = new Map(diagnostics.errors.map(({ policyId, error }) => [policyId, faultText(error)]))
  return {
    forbids,
    nothingPermits: onlyOthers
      ? response(binding).decision !== 'allow'
      : decision !== 'allow' && forbids.length === 0,
    failed: policies.flatMap((policy, index) => {
      const message = failures.get(String(index))
      return message === undefined ? [] : [{ policy, message }]
    }),
  }
}

function told(errors: readonly CedarFault[]): string {
  return errors.map(faultText).join('; ')
}
