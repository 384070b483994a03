/**
 * The plane: wires registry, policy, rollout, target, store, audit and router together, and decides nothing itself.
 */

import type { Feedback } from '../feedback/contract.ts'
import type { PlaneNames } from '../resources/plane-names.ts'
import type { ModelRoute } from '../resources/route/model-route.ts'
import type { Router } from '../routing/router.ts'
import type { AuditLog } from '../security/contract.ts'
import type { Applied, AskedBy, DeclareOptions, RemoveOptions, ResourceInput } from './calls/apply.ts'
import type { Deployment } from './calls/deployment.ts'
import type { Explanation } from './calls/explain.ts'
import type { Plan } from './calls/plan.ts'
import type { WaitOptions } from './calls/wait.ts'
import type { DeclaredNames } from './declared-names.ts'
import type { PlaneEvents } from './events.ts'
import type { PlaneHealth } from './health.ts'
import type { DeploymentSpecFor, Impossible, RouteSpecFor } from './typed-specs.ts'

/** `Names` are what `deploy` and `route` accept; `createControlPlane` infers them from its options. */
export interface ControlPlane<Names extends DeclaredNames = DeclaredNames> {
  /** The names that resources of this plane may use, for `jsonSchema` and `loadResources`. */
  readonly names: PlaneNames
  /** Sends requests to what is deployed and to the vendors, by ModelRoute. */
  readonly router: Router
  /** Labels, ratings and outcomes, joined to what was answered; gates read them as metrics of `plane`. */
  readonly feedback: Feedback
  readonly audit: Pick<AuditLog, 'read' | 'verify'>
  /**
   * Declares a deployment, its names checked by the compiler. `name` is `name` or `namespace/name`. Throws what `apply`
   * throws.
   */
  deploy<const Gate extends string = 'analysis declares no gate' & Impossible>(
    name: string,
    spec: DeploymentSpecFor<Names, Gate>,
    options: DeclareOptions,
  ): Promise<Applied>
  /** Declares a route, its providers checked by the compiler. Throws what `apply` throws. */
  route(name: string, spec: RouteSpecFor<Names>, options: DeclareOptions): Promise<Applied>
  /** Declares a resource, as it is read from a file. Throws `invalid-resource`, `plan-refused`, `policy-denied`, `conflict`. */
  apply(resource: ResourceInput, options: AskedBy): Promise<Applied>
  /** What `apply` would change and why; nothing is done. Throws `invalid-resource`. */
  plan(resource: ResourceInput, options: AskedBy): Promise<Plan>
  get(key: string): Promise<Deployment | null>
  /** By key, ascending. */
  list(): AsyncIterable<Deployment>
  getRoute(key: string): Promise<ModelRoute | null>
  listRoutes(): AsyncIterable<ModelRoute>
  /** Throws `not-found`, and `in-use` for a deployment that a route refers to. */
  delete(key: string, options: RemoveOptions): Promise<void>
  /** Resolves when a deployment is what `until` says. Throws `timeout`, and `wrong-phase` when it will not come by itself. */
  wait(key: string, options?: WaitOptions): Promise<Deployment | null>
  /** Meets an approval obligation; `overrideSoft` lets soft findings pass, too. */
  approve(
    key: string,
    options: AskedBy & { readonly revision?: string; readonly overrideSoft?: boolean },
  ): Promise<Deployment>
  /** Ends the pause, analysis or hold that a rollout stands in; with `full`, all that remain. */
  promote(key: string, options: AskedBy & { readonly full?: boolean }): Promise<Deployment>
  pause(key: string, options: AskedBy): Promise<Deployment>
  resume(key: string, options: AskedBy): Promise<Deployment>
  /** Turns a rollout back. Its revision is not tried again until `retry`. */
  abort(key: string, options: AskedBy & { readonly reason?: string }): Promise<Deployment>
  retry(key: string, options: AskedBy): Promise<Deployment>
  /** What it waits for, since when, what happens next, each gate with its numbers. Throws `not-found`. */
  explain(key: string): Promise<Explanation>
  health(): PlaneHealth
  /** Loads the routes, then seeks the lease and reconciles while it holds it. */
  start(): Promise<void>
  /** Finishes what runs for up to `drainMs` (default 10,000), releases the lease and closes all it was given. */
  stop(options?: { readonly drainMs?: number }): Promise<void>
  /**
   * Does what is due for one deployment now; for people who run their own schedule. Throws `lease-held`, `not-found` and
   * what hindered the loop, such as `target-unavailable`.
   */
  reconcileOnce(key: string): Promise<Explanation>
  /** Events after they were committed, by name or all under `event`. Returns how to stop listening. */
  on<Name extends keyof PlaneEvents>(name: Name, listener: PlaneEvents[Name]): () => void
}
