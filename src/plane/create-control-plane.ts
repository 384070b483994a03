import { requireNode } from '../node-version.ts'
import { checkOptions } from './check-options.ts'
import type { ControlPlane } from './control-plane.ts'
import type { DeclaredNames } from './declared-names.ts'
import type { PlaneHealth } from './health.ts'
import { type ControlPlaneOptions, namesOf } from './options.ts'
import type { PlaneCalls } from './plane-calls.ts'
import { createRequestSide } from './wiring/request-side.ts'

/**
 * Makes a control plane of the given parts. It opens, reads and starts nothing before the first call. The
 * compiler infers the names of registries, targets, providers, policies, metric sources and secret stores,
 * and `deploy` and `route` accept no other names. Throws `invalid-options`, and `unsupported` when Node is
 * too old.
 */
export function createControlPlane<
  Registries extends string = never,
  Targets extends DeclaredNames['targets'] = Readonly<Record<never, never>>,
  Providers extends string = never,
  Policies extends string = never,
  Metrics extends string = never,
  Secrets extends string = never,
>(
  options: ControlPlaneOptions<Registries, Targets, Providers, Policies, Metrics, Secrets> = {},
): ControlPlane<{
  registries: Registries
  targets: Targets
  providers: Providers
  policies: Policies
  metrics: Metrics | 'plane'
  secrets: Secrets
}> {
  requireNode()
  checkOptions(options)
  const requestSide = createRequestSide(options)
  const { router, feedback, audit, emitter, telemetry } = requestSide
  let opened: PlaneCalls | undefined
  let opening: Promise<PlaneCalls> | undefined

  const control = (): Promise<PlaneCalls> => {
    opening ??= import('./plane-calls.ts').then(({ createPlaneCalls }) => {
      opened = createPlaneCalls(options, requestSide)
      return opened
    })
    return opening
  }

  const plane: ControlPlane = {
    names: namesOf(options),
    router,
    usage: () => router.usage(),
    feedback,
    audit: {
      read: (asked) => audit.read(asked),
      verify: async (asked) => (await control()).verifyAudit(asked),
    },
    continueAudit: async (call) => (await control()).continueAudit(call),
    deploy: async (name, spec, call) => (await control()).deploy(name, spec, call),
    route: async (name, spec, call) => (await control()).route(name, spec, call),
    apply: async (resource, call) => (await control()).apply(resource, call),
    plan: async (resource, call) => (await control()).plan(resource, call),
    get: async (key) => (await control()).get(key),
    async *list() {
      yield* (await control()).list()
    },
    getRoute: async (key) => (await control()).getRoute(key),
    async *listRoutes() {
      yield* (await control()).listRoutes()
    },
    delete: async (key, call) => (await control()).delete(key, call),
    wait: async (key, call) => (await control()).wait(key, call),
    approve: async (key, call) => (await control()).approve(key, call),
    promote: async (key, call) => (await control()).promote(key, call),
    pause: async (key, call) => (await control()).pause(key, call),
    resume: async (key, call) => (await control()).resume(key, call),
    abort: async (key, call) => (await control()).abort(key, call),
    retry: async (key, call) => (await control()).retry(key, call),
    takeOver: async (key, call) => (await control()).takeOver(key, call),
    giveUp: async (key, call) => (await control()).giveUp(key, call),
    explain: async (key) => (await control()).explain(key),
    health: () => opened?.health() ?? idle,
    start: async () => (await control()).start(),
    stop: async ({ drainMs = 10_000 } = {}) => (await control()).stop(drainMs),
    reconcileOnce: async (key) => (await control()).reconcileOnce(key),
    on(name, listener) {
      emitter.on(name, listener as () => void)
      return () => emitter.off(name, listener as () => void)
    },
  }
  telemetry.joined(plane.health)
  // The inferred names exist for the compiler alone, so the running plane needs no other form.
  return plane as never
}

/** The plane's health before its first call. */
const idle: PlaneHealth = { leading: false, queued: 0, faults: [] }
