import type { ObservedTarget } from '../../deployment-target/contract.ts'
import { isModelspineError, ModelspineError, throwIfAborted } from '../../errors.ts'
import type { Result } from '../../reconcile/result.ts'
import { formatReference } from '../../resources/deployment/reference.ts'
import { UnreadGates } from '../gates/unread-gates.ts'
import { servingPlacement, targetOf } from '../machine/placement.ts'
import { knownOf } from '../machine/status-edits.ts'
import { askAndDecide, type Decided, type Sight } from './ask-and-decide.ts'
import { carryOut } from './carry-out.ts'
import { createDamping, type Damping, noteChange } from './damping.ts'
import { DeploymentRun } from './deployment-run.ts'
import { faultOf } from './fault.ts'
import { afterFault } from './hindered.ts'
import { keepingSafe } from './keep-safe.ts'
import { aliasTimes, createLookups, type Lookups } from './lookups.ts'
import type { ReconcileDeployment, ReconcilerOptions } from './reconciler-options.ts'
import { pinOf, type Resolved, recordResolved, resolveModel, unresolved } from './resolve-model.ts'

/**
 * Reconciles one deployment once: resolve and observe, decide, write the ledger, send, write the outcome. The
 * process may die at any line. The next run starts from the stored status and the observed target. While any
 * call outside takes its time, the deployment is kept safe by its last known state.
 */
export function createDeploymentReconciler(given: ReconcilerOptions): ReconcileDeployment {
  const { clock } = given
  const options = { ...given, unreadGates: new UnreadGates(() => clock.now()) }
  const memory = {
    lookups: createLookups(clock),
    aliases: createLookups(clock, aliasTimes),
    damping: createDamping(clock),
  }
  return async (key, context) => {
    const stored = await options.store.get('ModelDeployment', key)
    if (stored === null) {
      forget(options, memory, key)
      return { kind: 'done' }
    }
    const run = new DeploymentRun(options, context, stored)
    try {
      const result = await reconcile(run, memory)
      if (result.kind === 'done') forget(options, memory, key)
      return result
    } catch (error) {
      // Another writer changed the object in between, so the next run decides again.
      if (isModelspineError(error, 'conflict')) return { kind: 'requeue', afterMs: 0 }
      throw error
    }
  }
}

/** What this process remembers of calls of registries. */
interface LookupMemory {
  readonly lookups: Lookups
  readonly aliases: Lookups
  readonly damping: Damping
}

function forget(
  { knownSecrets, unreadGates }: ReconcilerOptions,
  { lookups, aliases, damping }: LookupMemory,
  key: DeploymentRun['key'],
): void {
  knownSecrets.forget(key)
  unreadGates?.forget(key)
  lookups.forget(key)
  aliases.forget(key)
  damping.forget(key)
}

async function reconcile(
  run: DeploymentRun,
  memory: LookupMemory,
  quick: boolean = isQuick(run),
): Promise<Result> {
  const { options, context } = run
  const deleting = run.stored.deletion !== undefined
  const looking = look(run)
  const resolving = deleting || quick ? undefined : lookUp(run, memory)
  const usedBy = deleting ? await options.usedBy?.(run.key) : undefined
  const [first, found] = await keepingSafe(run, Promise.all([looking, resolving]))
  const { stored } = run
  const status =
    found === undefined
      ? run.status
      : recordResolved(noteChange(run, found.resolved), found.resolved, stored.generation, run.now)
  const pin = deleting ? undefined : pinOf(run.deployment.spec, run.status)
  const desired = found === undefined ? pin : found.resolved.desired
  const problems = deleting ? [] : await keepingSafe(run, problemsOf(run, status, desired))
  const sight = {
    stored,
    status,
    ...(desired !== undefined && { desired }),
    ...(found?.resolved.kind === 'resolved' && { model: found.resolved.version }),
    ...(problems.length > 0 && { hindered: true }),
    ...(usedBy !== undefined && { usedBy }),
  }
  const { instruction, analysis, seen } = await decideBy(run, sight, first)
  // A policy must know the registry's record of the version.
  if (quick && analysis.permit !== undefined) return reconcile(run, memory, false)
  // Something was written while answers were waited for. The instruction speaks of an older status.
  if (run.stored.version !== stored.version) return { kind: 'requeue', afterMs: 0 }
  // After an abort, a missing answer of a registry or a metric source says nothing. It must not be written
  // down.
  throwIfAborted(context.abortSignal, `reconciling ${run.key}`)
  const hindrance = seen.error ?? problemsFault(problems)
  const result = await carryOut(run, {
    instruction,
    observed: seen.observed,
    aliases: memory.aliases,
    ...(analysis.look !== undefined && { look: analysis.look }),
    ...(hindrance !== undefined && { hindrance }),
  })
  if (hindrance !== undefined && result.kind === 'requeue' && instruction.effect === undefined) {
    options.logger.warn({ key: run.key, ...faultOf(hindrance) }, 'a reconcile was hindered')
    // What happens at other targets goes on at its own pace.
    const elsewhere = run.status.placements.some(({ role }) => role !== 'serving')
    return afterFault(run, hindrance, elsewhere ? result.afterMs : instruction.requeueAfterMs)
  }
  if (quick && result.kind === 'requeue') return { ...result, afterMs: Math.min(result.afterMs, quickMs) }
  return found?.postponedMs === undefined ? result : soon(result, found)
}

/** Why this plane cannot run what is declared, or could not call it. */
async function problemsOf(
  { options, deployment }: DeploymentRun,
  status: Sight['status'],
  desired: Sight['desired'],
): Promise<readonly string[]> {
  const problems = options.check(deployment)
  if (problems.length > 0) return problems
  const uncallable = await options.checkCallable?.(deployment, status, desired)
  return uncallable === undefined ? [] : [uncallable]
}

/** After a quick run, a whole one comes this soon. */
const quickMs = 1000

/** Decides by the look, or by a new one when the answers to the machine's questions came late. */
async function decideBy(
  run: DeploymentRun,
  sight: Omit<Sight, 'observed'>,
  seen: Seen,
): Promise<Decided & { readonly seen: Seen }> {
  const { options, context } = run
  const ask = (at: Seen, answered?: Decided['analysis']): Promise<Decided> =>
    keepingSafe(
      run,
      askAndDecide(options, { ...sight, observed: at.observed }, context.abortSignal, answered),
    )
  const decided = await ask(seen)
  const oldMs = options.clock.monotonic() - seen.atMs
  if (seen.observed === undefined || oldMs <= freshMs) return { ...decided, seen }
  const again = await keepingSafe(run, look(run))
  return { ...(await ask(again, decided.analysis)), seen: again }
}

/**
 * Whether the run only does what is due where room was kept for it. Others wait for that room, so it asks no
 * registry. The last answer is good enough for what is due.
 */
function isQuick({ context, deployment, stored, status }: DeploymentRun): boolean {
  if (stored.deletion !== undefined || context.inRoom !== true) return false
  if (status.observedGeneration !== stored.generation) return false
  return pinOf(deployment.spec, status) !== undefined
}

/** A look-up that failed is made again at its own time. Nothing else waits for it. */
function soon(result: Result, { postponedMs = 0, resolved }: LookedUp): Result {
  if (result.kind !== 'requeue' || resolved.kind !== 'unresolved') return result
  return { ...result, afterMs: Math.min(result.afterMs, postponedMs), cause: resolved.cause }
}

/** How old a look at the target may be when the machine decides by it. */
const freshMs = 5000

interface Seen {
  readonly observed: ObservedTarget | undefined
  /** When the target answered, on the monotonic clock. */
  readonly atMs: number
  /** Why there is no observation. */
  readonly error?: unknown
}

async function look(run: DeploymentRun): Promise<Seen> {
  const { options, key, status, deployment, context } = run
  const name = targetOf(deployment, status)
  const target = options.targets[name]
  if (target === undefined) {
    const error = new ModelspineError('plan-refused', `no target is called "${name}"`)
    return { observed: undefined, atMs: options.clock.monotonic(), error }
  }
  try {
    const observed = await target.observe(key, {
      ...knownOf(status, servingPlacement(status)),
      abortSignal: context.abortSignal,
    })
    return { observed, atMs: options.clock.monotonic() }
  } catch (error) {
    return { observed: undefined, atMs: options.clock.monotonic(), error }
  }
}

interface LookedUp {
  readonly resolved: Resolved
  /** Milliseconds until the next look-up; absent when this one succeeded. */
  readonly postponedMs?: number
}

async function lookUp(run: DeploymentRun, { lookups, damping }: LookupMemory): Promise<LookedUp> {
  const { options, key, status, deployment, context } = run
  const { spec } = deployment
  const from = formatReference(spec.model)
  const postponed = lookups.postponed(key, from)
  if (postponed !== undefined) {
    const { cause, notBeforeMs } = postponed
    return { resolved: unresolved(spec, status, cause), postponedMs: notBeforeMs - run.now }
  }
  const registry = options.registries[spec.model.registry]
  const resolved = await resolveModel(registry, spec, status, context.abortSignal)
  if (resolved.kind !== 'unresolved') {
    lookups.forget(key)
    const { generation } = run.stored
    return { resolved: damping.judge({ key, generation, spec, status }, resolved) }
  }
  if (context.abortSignal.aborted) return { resolved }
  const { notBeforeMs } = lookups.failed(key, from, resolved.cause)
  return { resolved, postponedMs: notBeforeMs - run.now }
}

function problemsFault(problems: readonly string[]): ModelspineError | undefined {
  return problems.length === 0 ? undefined : new ModelspineError('plan-refused', problems.join('; '))
}
