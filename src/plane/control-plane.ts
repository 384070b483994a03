/**
 * The plane: wires registry, policy, rollout, target, store, audit and router together, and decides nothing
 * itself.
 */

import type { UsageReport } from '../cost/contract.ts'
import type { Impossible } from '../deployment-target/contract.ts'
import type { Feedback } from '../feedback/contract.ts'
import type { PlaneNames } from '../resources/plane-names.ts'
import type { ModelRoute } from '../resources/route/model-route.ts'
import type { Router } from '../routing/router.ts'
import type { AuditHead, AuditLog } from '../security/contract.ts'
import type { Applied, AskedBy, DeclareOptions, ResourceInput } from './calls/apply.ts'
import type { Deployment } from './calls/deployment.ts'
import type { Explanation } from './calls/explain.ts'
import type { Plan } from './calls/plan.ts'
import type { RemoveOptions } from './calls/remove.ts'
import type { WaitOptions } from './calls/wait.ts'
import type { DeclaredNames } from './declared-names.ts'
import type { PlaneEvents } from './events.ts'
import type { PlaneHealth } from './health.ts'
import type { DeploymentSpecFor, RouteSpecFor } from './typed-specs.ts'

/**
 * `Names` are the names that `deploy` and `route` accept. `createControlPlane` infers them from its options.
 */
export interface ControlPlane<Names extends DeclaredNames = DeclaredNames> {
  /** The names that resources of this plane may use, for `jsonSchema` and `loadResources`. */
  readonly names: PlaneNames
  /** Sends requests to deployments and to vendors, as the ModelRoutes say. */
  readonly router: Router
  /** The tokens and the cost of all requests since this plane was made, in this process. */
  usage(): UsageReport
  /**
   * Takes labels, ratings and outcomes and joins them to the replies. Gates read them as metrics of `plane`.
   */
  readonly feedback: Feedback
  /**
   * The audit log. `verify` also compares it with the head that the plane keeps in its store, so that records
   * which were deleted at the end are missed.
   */
  readonly audit: Pick<AuditLog, 'read' | 'verify'>
  /**
   * Goes on with an audit log that lost its end, or with a new one in its place. Until then nothing is appended.
   * The log's next record names the actor and what was lost. Throws `audit-broken` for a log that is broken inside,
   * and `lease-held` when another process writes the log.
   */
  continueAudit(options: AskedBy): Promise<AuditHead>
  /**
   * Declares a deployment; the compiler checks its names. `name` is a name or `namespace/name`. Throws the
   * same errors as `apply`.
   */
  deploy<const Gate extends string = 'analysis declares no gate' & Impossible>(
    name: string,
    spec: DeploymentSpecFor<Names, Gate>,
    options: DeclareOptions,
  ): Promise<Applied>
  /** Declares a route; the compiler checks its providers. Throws the same errors as `apply`. */
  route(name: string, spec: RouteSpecFor<Names>, options: DeclareOptions): Promise<Applied>
  /**
   * Declares a resource, such as one from a file. Throws `invalid-resource`, `plan-refused`, `policy-denied`,
   * `conflict`.
   */
  apply(resource: ResourceInput, options: AskedBy): Promise<Applied>
  /** Tells what `apply` would change and why. Changes nothing. Throws `invalid-resource`. */
  plan(resource: ResourceInput, options: AskedBy): Promise<Plan>
  get(key: string): Promise<Deployment | null>
  /** In ascending order of keys. */
  list(): AsyncIterable<Deployment>
  getRoute(key: string): Promise<ModelRoute | null>
  listRoutes(): AsyncIterable<ModelRoute>
  /**
   * Throws `not-found`, and `in-use` for a deployment that a route refers to. With `force`, also gives up what
   * the deployment has at targets that the plane does not have any more; the audit log names what may remain
   * there.
   */
  delete(key: string, options: RemoveOptions): Promise<void>
  /**
   * Resolves when the deployment is in the state `until`. Throws `timeout`, and `wrong-phase` when the
   * deployment will not become ready by itself.
   */
  wait(key: string, options?: WaitOptions): Promise<Deployment | null>
  /**
   * Meets an approval obligation of the revision that is wanted now. With `overrideSoft`, soft findings pass
   * too. Throws `conflict` when the rollout does not stand at the named `revision` and `step`.
   */
  approve(
    key: string,
    options: AskedBy & {
      readonly revision?: string
      /** Counts from 0, as in the status. */
      readonly step?: number
      readonly overrideSoft?: boolean
    },
  ): Promise<Deployment>
  /**
   * Ends the pause, analysis or hold of a rollout. With `full`, the revision takes all traffic and becomes
   * stable; gates that are left are skipped, and the audit log names them. `revision` and `step` say what the caller saw; without them, the call takes them from its first look. Throws
   * `conflict` when the rollout is not there any more, so that nobody ends a step that they did not see.
   */
  promote(
    key: string,
    options: AskedBy & {
      readonly revision?: string
      /** Counts from 0, as in the status. */
      readonly step?: number
      readonly full?: boolean
    },
  ): Promise<Deployment>
  pause(key: string, options: AskedBy): Promise<Deployment>
  resume(key: string, options: AskedBy): Promise<Deployment>
  /**
   * Turns a rollout back. Traffic returns to the stable revision at once, when that revision was seen ready.
   * The loop tries the aborted revision again only after `retry`. Throws `conflict` when the
   * named revision is not the candidate.
   */
  abort(
    key: string,
    options: AskedBy & { readonly revision?: string; readonly reason?: string },
  ): Promise<Deployment>
  /** Lets an aborted or stopped revision be tried again. Throws `conflict` when it is not the named one. */
  retry(key: string, options: AskedBy & { readonly revision?: string }): Promise<Deployment>
  /**
   * Gives the deployment's targets to this plane's store. For targets that refuse the plane with
   * `fence-foreign` or `fence-stale`, because they obeyed another store before, such as one that was lost.
   * Make sure that no other plane reconciles the deployment. It holds for the next accepted change, and for ten
   * minutes at most.
   */
  takeOver(key: string, options: AskedBy): Promise<Deployment>
  /**
   * Gives up what the deployment has at a target that the plane does not have any more. The audit log names
   * what may remain there. Throws `wrong-phase` while the plane has the target, and when the deployment has
   * nothing there.
   */
  giveUp(key: string, options: AskedBy & { readonly target: string }): Promise<Deployment>
  /**
   * Tells what a deployment waits for, since when, what comes next, and each gate's numbers. Throws
   * `not-found`.
   */
  explain(key: string): Promise<Explanation>
  health(): PlaneHealth
  /** Loads the routes and seeks the lease. Reconciles while this process holds the lease. */
  start(): Promise<void>
  /**
   * Lets running work finish, releases the lease and closes all that it was given. Ends by `drainMs` (default
   * 10,000) whatever the parts do. When `drainMs` is below 1,000, the last work under the lease may still take
   * a second. Throws the first failure of closing.
   */
  stop(options?: { readonly drainMs?: number }): Promise<void>
  /**
   * Does the work that is due for one deployment now, for apps with a schedule of their own. Unless
   * this process leads, the targets are stood down at the end. Throws `lease-held`, `not-found`, and the error
   * that hindered the loop, such as `target-unavailable`.
   */
  reconcileOnce(key: string): Promise<Explanation>
  /**
   * Hears events after their commit: one kind by its name, all kinds as `event`. Returns a function that
   * stops listening.
   */
  on<Name extends keyof PlaneEvents>(name: Name, listener: PlaneEvents[Name]): () => void
}
