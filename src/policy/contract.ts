/**
 * Who may do what. An engine answers one question at a time, at once or as a promise, and never mutates anything.
 *
 * Asked when: `deploy` before a declared resource is stored; `promote` before a revision is first created at the
 * target and before each rise of its share; `invoke` before a request is routed; `query-data` before a data set is
 * read. An engine is asked only for the actions it declares; asked for another all the same, it answers
 * `not-applicable`. Something it cannot evaluate is the verdict `error`, never a throw; a throw is taken as `error` all
 * the same. Aborted, it settles soon, with `error` or by rejecting with `aborted`. A deny says why in a soft or hard
 * finding; one that does not is hard. Engines are combined by `combineDecisions`.
 */

import type { ModelVersion } from '../registry/contract.ts'
import type { ModelDeployment } from '../resources/deployment/model-deployment.ts'
import type { Revision } from '../resources/deployment/revision.ts'
import type { Actor, Key } from '../resources/metadata.ts'
import type { ModelRoute, Operation } from '../resources/route/model-route.ts'

export type PolicyAction = 'deploy' | 'promote' | 'invoke' | 'query-data'

export type PolicyRequest = DeployRequest | PromoteRequest | InvokeRequest | QueryDataRequest

export interface DeployRequest {
  readonly action: 'deploy'
  readonly actor: Actor
  readonly resource: ModelDeployment | ModelRoute
  /** What is stored under that key now. */
  readonly previous?: ModelDeployment | ModelRoute
}

export interface PromoteRequest {
  readonly action: 'promote'
  /** Who wrote the generation that is being rolled out. */
  readonly actor: Actor
  readonly deployment: ModelDeployment
  readonly revision: Revision
  /** The registry's record at this reconcile; absent while the registry cannot be reached. */
  readonly model?: ModelVersion
  /** The share asked for; 0 asks for the revision's first creation. */
  readonly weight: number
  /** Who approved this revision so far. */
  readonly approvals: readonly Actor[]
}

export interface InvokeRequest {
  readonly action: 'invoke'
  readonly actor: Actor
  readonly route: Key
  readonly operation: Operation
  readonly requestId: string
}

export interface QueryDataRequest {
  readonly action: 'query-data'
  readonly actor: Actor
  readonly deployment: Key
  readonly dataset: string
}

export interface Finding {
  readonly policy: string
  readonly rule: string
  /** Advisory never denies; soft denies unless a named approver overrides it; hard denies. */
  readonly level: 'advisory' | 'soft' | 'hard'
  readonly message: string
}

/** What must be done for an "allow" to hold. One that nobody can meet is a deny. */
export type Obligation =
  /** Somebody must approve the revision: one of these actors or roles if named, and not its author if said so. */
  | { readonly kind: 'approval'; readonly by?: readonly string[]; readonly notAuthor?: boolean }
  /** No more output tokens than this may be asked of the backend. */
  | { readonly kind: 'cap-tokens'; readonly maxOutputTokens: number }
  | { readonly kind: 'guardrail'; readonly name: string }
  | { readonly kind: 'redact'; readonly entities: readonly string[] }

export interface Decision {
  readonly verdict: 'allow' | 'deny' | 'not-applicable' | 'error'
  readonly findings: readonly Finding[]
  readonly obligations: readonly Obligation[]
  /** Which text of the policy decided: a digest, a bundle revision, a version. */
  readonly policyRevision: string
  /** SHA-256 of the canonical input, so that a decision can be traced to what it saw. */
  readonly inputDigest: string
}

/** `Name` lets the compiler check `spec.policies`; `string` where the name is not known before the program runs. */
export interface PolicyEngine<Name extends string = string> {
  /** Shown in findings, audit records and telemetry. */
  readonly name: Name
  readonly actions: readonly PolicyAction[]
  decide(
    request: PolicyRequest,
    options?: { readonly abortSignal?: AbortSignal },
  ): Decision | Promise<Decision>
  /** Lets go of connections; the plane calls it when it stops. */
  close?(): Promise<void>
}
