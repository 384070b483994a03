import { createRequire } from 'node:module'
import { messageOf } from 'modelspine/adapter'
import { missingLibrary } from '../shared/missing-library.ts'
import type { CedarRequest } from './cedar-request.ts'
import type { CedarUid } from './cedar-values.ts'

/** The part of `@cedar-policy/cedar-wasm` that is used here. */
export interface CedarLibrary {
  policySetTextToParts(text: string): Answer<{
    /** In the order of their ids as texts: `policy0`, `policy1`, `policy10`, `policy2` … */
    readonly policies: readonly string[]
    readonly policy_templates: readonly string[]
  }>
  policyToJson(policy: string): Answer<{ readonly json: CedarPolicyJson }>
  validate(call: {
    readonly schema: string
    readonly policies: { readonly staticPolicies: string }
  }): Answer<{
    readonly validationErrors: readonly PolicyFault[]
    readonly validationWarnings: readonly PolicyFault[]
  }>
  preparsePolicySet(
    id: string,
    policies: { readonly staticPolicies: Readonly<Record<string, string>> },
  ): Answer<unknown>
  statefulIsAuthorized(call: CedarRequest & { readonly preparsedPolicySetId: string }): Answer<{
    readonly response: CedarResponse
  }>
}

type Answer<Success> =
  | ({ readonly type: 'success' } & Success)
  | { readonly type: 'failure'; readonly errors: readonly CedarFault[] }

export interface CedarPolicyJson {
  readonly effect: 'permit' | 'forbid'
  /** The actions that the head names: all of them, one, or several. */
  readonly action:
    | { readonly op: 'All' }
    | { readonly op: '==' | 'in'; readonly entity: ActionUid }
    | { readonly op: 'in'; readonly entities: readonly ActionUid[] }
  readonly annotations?: Readonly<Record<string, string | null>>
}

type ActionUid = CedarUid | { readonly __entity: CedarUid }

export interface CedarResponse {
  readonly decision: 'allow' | 'deny'
  readonly diagnostics: {
    /** Ids of the policies that decided. */
    readonly reason: readonly string[]
    /** Policies that were skipped, because they could not be evaluated. */
    readonly errors: readonly PolicyFault[]
  }
}

export interface PolicyFault {
  readonly policyId: string
  readonly error: CedarFault
}

export interface CedarFault {
  readonly message: string
  readonly help?: string | null
  /** Places in the text, in bytes. */
  readonly sourceLocations?: readonly { readonly start: number }[]
}

const nodeEntry = '@cedar-policy/cedar-wasm/nodejs'

/**
 * An instance of the library with a memory of its own. One instance is shared by all who load it in the usual way, is
 * of no use any more after WebAssembly broke off in it, and never forgets a policy set. Throws `unsupported` where the
 * library is not installed.
 */
export function openLibrary(): CedarLibrary {
  const load = createRequire(import.meta.url)
  try {
    const file = load.resolve(nodeEntry)
    const usual = load.cache[file]
    delete load.cache[file]
    try {
      return load(file) as CedarLibrary
    } finally {
      if (usual === undefined) delete load.cache[file]
      else load.cache[file] = usual
    }
  } catch (cause) {
    // Node lists who asked for it on further lines.
    const [why] = messageOf(cause).split('\n')
    throw missingLibrary('cedarPolicy', '@cedar-policy/cedar-wasm', cause, why)
  }
}

export function faultText({ message, help }: CedarFault): string {
  return help ? `${message} (${help})` : message
}
