/**
 * Says who may do what. An engine answers one question at a time, at once or with a promise. It never changes
 * anything.
 *
 * When the plane asks:
 * - `deploy`: before a declared resource is stored.
 * - `promote`: before a revision is first created at the target, and before each rise of its weight.
 * - `invoke`: before a request is routed.
 * - `query-data`: before a data set is read.
 * - `command`: before a person's command to a rollout is stored. An abort goes on after an error and after
 *   `not-applicable`.
 * - `delete`: before a declared resource is marked for deletion.
 *
 * The plane asks an engine only for the actions that the engine declares. For any other action the engine
 * answers `not-applicable`. When it cannot evaluate a request, it answers the verdict `error` and does not
 * throw; the plane takes a throw as `error` too. An aborted question settles soon, with `error` or by
 * rejecting with `aborted`. A deny gives its reason in a soft or hard finding; a deny without one counts as
 * hard. `combineDecisions` combines engines.
 */

import type { ModelVersion } from '../registry/contract.ts'
import type { ModelDeployment } from '../resources/deployment/model-deployment.ts'
import type { Revision } from '../resources/deployment/revision.ts'
import type { Actor, Key } from '../resources/metadata.ts'
import type { ModelRoute, OperationName } from '../resources/route/model-route.ts'

export type PolicyAction = 'deploy' | 'promote' | 'invoke' | 'query-data' | 'command' | 'delete'

export type PolicyRequest =
  | DeployRequest
  | PromoteRequest
  | InvokeRequest
  | QueryDataRequest
  | CommandRequest
  | DeleteRequest

export interface DeployRequest {
  readonly action: 'deploy'
  readonly actor: Actor
  readonly resource: ModelDeployment | ModelRoute
  /** The resource that is stored under that key now. */
  readonly previous?: ModelDeployment | ModelRoute
}

export interface PromoteRequest {
  readonly action: 'promote'
  /** The author of the generation that is rolled out. */
  readonly actor: Actor
  readonly deployment: ModelDeployment
  readonly revision: Revision
  /** The registry's record at this reconcile. Absent while the registry cannot be reached. */
  readonly model?: ModelVersion
  /** The weight that the revision would get, in percent. 0 asks for the revision's first creation. */
  readonly weight: number
  /** The actors who have approved this revision so far. */
  readonly approvals: readonly Actor[]
}

export interface InvokeRequest {
  readonly action: 'invoke'
  readonly actor: Actor
  readonly route: Key
  readonly operation: OperationName
  readonly requestId: string
}

export interface QueryDataRequest {
  readonly action: 'query-data'
  readonly actor: Actor
  readonly deployment: Key
  readonly dataset: string
}

export interface CommandRequest {
  readonly action: 'command'
  /** The person who gives the command. */
  readonly actor: Actor
  readonly deployment: ModelDeployment
  readonly command: 'approve' | 'promote' | 'pause' | 'resume' | 'abort' | 'retry' | 'take-over' | 'give-up'
  /** The revision that the command is about, where there is one. */
  readonly revision?: string
  /** True when a promotion ends all steps that are left. */
  readonly full?: boolean
}

export interface DeleteRequest {
  readonly action: 'delete'
  /** The person who deletes. */
  readonly actor: Actor
  readonly resource: ModelDeployment | ModelRoute
  /** True when what a missing target still holds is given up. */
  readonly force?: boolean
}

export interface Finding {
  readonly policy: string
  readonly rule: string
  /** `advisory` never denies. `soft` denies unless a named approver overrides it. `hard` denies. */
  readonly level: 'advisory' | 'soft' | 'hard'
  readonly message: string
}

/** A condition of an "allow". When Modelspine cannot meet the condition, the decision is a deny. */
export type Obligation =
  /**
   * An actor must approve the revision: with `by`, one of these actors or roles; with `notAuthor`, not its
   * author.
   */
  | { readonly kind: 'approval'; readonly by?: readonly string[]; readonly notAuthor?: boolean }
  /** The request to the upstream may ask for at most this number of output tokens. */
  | { readonly kind: 'cap-tokens'; readonly maxOutputTokens: number }
  | { readonly kind: 'guardrail'; readonly name: string }
  | { readonly kind: 'redact'; readonly entities: readonly string[] }

export interface Decision {
  readonly verdict: 'allow' | 'deny' | 'not-applicable' | 'error'
  readonly findings: readonly Finding[]
  readonly obligations: readonly Obligation[]
  /** Identifies the policy text that decided: a digest, a bundle revision, a version. */
  readonly policyRevision: string
  /** SHA-256 of the canonical input, so that people can trace a decision to its input. */
  readonly inputDigest: string
  /**
   * The engine's own id of this decision, under which its own log has it. Each decision has another. Absent where
   * the engine keeps no such log.
   */
  readonly decisionId?: string
}

/** What audit records keep of a decision, so that people can trace a move to it. */
export type DecisionTrace = Pick<Decision, 'policyRevision' | 'findings' | 'decisionId'> &
  // Absent where the request cannot be written as JSON.
  Partial<Pick<Decision, 'inputDigest'>>

/**
 * `Name` lets the compiler check `spec.policies`; `string` where the name is not known before the program
 * runs.
 */
export interface PolicyEngine<Name extends string = string> {
  /** Shown in findings, audit records and telemetry. */
  readonly name: Name
  readonly actions: readonly PolicyAction[]
  decide(
    request: PolicyRequest,
    options?: { readonly abortSignal?: AbortSignal },
  ): Decision | Promise<Decision>
  /** Closes connections. The plane calls it when it stops. */
  close?(): Promise<void>
}
