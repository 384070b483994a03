import { AssertionError } from 'node:assert'
import { sleep } from '../../../../src/clock.ts'
import type { DeploymentTarget } from '../../../../src/deployment-target/contract.ts'
import { isModelspineError, ModelspineError } from '../../../../src/errors.ts'
import type { HeldLease } from '../../../../src/reconcile/lease-term.ts'
import { type Result, resultOfThrow } from '../../../../src/reconcile/result.ts'
import type { ModelRegistry } from '../../../../src/registry/contract.ts'
import type { DeploymentStatus } from '../../../../src/resources/deployment/deployment-status.ts'
import { createKnownSecrets } from '../../../../src/rollout/shell/known-secrets.ts'
import { createDeploymentReconciler } from '../../../../src/rollout/shell/reconcile-deployment.ts'
import type { ReconcileDeployment } from '../../../../src/rollout/shell/reconciler-options.ts'
import type { Lease } from '../../../../src/store/contract.ts'
import { type TypedStore, typedStore } from '../../../../src/store/typed-store.ts'
import type { MetricSource } from '../../../../src/telemetry/contract.ts'
import { silentLogger } from '../../../../src/telemetry/logger.ts'
import { readingOf } from './gate-source.ts'
import { Died, type Interruption } from './interruption.ts'
import { Run, type Sent } from './run.ts'
import { key, resyncMs, type World } from './world.ts'

/** How a call without an answer fails. A permit always has an answer. */
type LostCode = 'store-unavailable' | 'target-unavailable' | 'registry-unavailable' | 'metric-error'

interface Call<Answer> {
  readonly name: string
  readonly lost?: LostCode
  /** The process makes the call. */
  made?(run: Run): void
  /** The call arrives. */
  act(run: Run): Answer | Promise<Answer>
  /** The answer arrives. */
  told?(run: Run, answer: Answer): void
}

/**
 * One process of a plane: the real reconciler, with a store, targets, a registry and a metric source that
 * record what they are told. At each call the process can be interrupted.
 */
export class LoopProcess {
  readonly lease: Lease
  readonly #world: World
  readonly #reconcile: ReconcileDeployment
  #dead = false
  #leftMs = Number.POSITIVE_INFINITY
  #run: Run | undefined

  constructor(world: World, lease: Lease) {
    this.#world = world
    this.lease = lease
    this.#reconcile = createDeploymentReconciler({
      store: this.#store(world.store),
      clock: world.clock,
      logger: silentLogger,
      registries: { memory: this.#registry(world.registry) },
      targets: Object.fromEntries(
        world.targetNames.map((name) => [name, this.#target(name, world.targetNamed(name))]),
      ),
      metrics: { plane: this.#source() },
      check: () => [],
      permit: ({ revision, weight }, approvals) =>
        this.#call({
          name: 'permit',
          act: () => world.permit(revision, weight, approvals.length > 0),
        }),
      secret: async () => {
        throw new Error('no revision has secrets')
      },
      knownSecrets: createKnownSecrets(),
      sent: () => {},
      committed: () => {},
      resyncMs,
    })
  }

  /** One look. Returns `died` when the process ended on the way. */
  async look(interruption?: Interruption): Promise<Result | 'died'> {
    const { witness } = this.#world
    const run = new Run(this.lease, interruption)
    this.#run = run
    const held: HeldLease = { ...this.lease, remainingMs: () => this.#leftMs }
    const { signal } = new AbortController()
    const looking = this.#reconcile(key, { held, abortSignal: signal }).catch((error: unknown) => {
      if (!(error instanceof Died || isModelspineError(error))) throw error
      return resultOfThrow(error)
    })
    const isSlow = interruption?.event === 'slow' || interruption?.event === 'slow-abort'
    const result = await (isSlow ? this.#inTime(looking) : looking)
    if (witness.broken !== undefined) throw witness.broken
    if (this.#dead) return 'died'
    witness.ended(run, result)
    return result
  }

  /** Time passes for as long as the look takes. */
  async #inTime(looking: Promise<Result>): Promise<Result> {
    let ended = false
    const end = (): void => {
      ended = true
    }
    looking.then(end, end)
    for (let seconds = 0; !ended && seconds < 600; seconds += 5) await this.#world.pass(5_000)
    return looking
  }

  /** The shell takes a broken law for a fault of the call. So the witness keeps it. */
  async #call<Answer>(call: Call<Answer>): Promise<Answer> {
    try {
      return await this.#make(call)
    } catch (error) {
      if (error instanceof AssertionError) this.#world.witness.broken ??= error
      throw error
    }
  }

  async #make<Answer>(call: Call<Answer>): Promise<Answer> {
    const run = this.#run
    if (this.#dead || run === undefined) throw new Died()
    const place = run.calls.push(call.name) - 1
    const { interruption } = run
    const mine = interruption?.call === place ? timely(interruption, call.name, this.#world) : undefined
    call.made?.(run)
    if (mine?.when === 'before') await this.#interrupt(run, mine, call.lost)
    const answer = await call.act(run)
    if (mine?.when === 'after') await this.#interrupt(run, mine, call.lost)
    call.told?.(run, answer)
    return answer
  }

  async #interrupt(run: Run, { event }: Interruption, lost: LostCode | undefined): Promise<void> {
    const world = this.#world
    switch (event) {
      case 'die':
        this.#dead = true
        throw new Died()
      case 'lose-answer':
        if (lost !== undefined) throw new ModelspineError(lost, 'no answer')
        return
      case 'lose':
      case 'lose-blindly':
        run.lost = true
        run.knowsLost = event === 'lose' || !world.checksFences
        if (run.knowsLost) this.#leftMs = 0
        await world.takeOver()
        await world.look()
        await world.look()
        return
      case 'slow':
      case 'slow-abort':
        await sleep(world.clock, 20_000)
        if (event === 'slow-abort') await world.person({ kind: 'abort' })
        return sleep(world.clock, 20_000)
      case 'edit':
        return world.annotate()
      default:
        await world.person(event)
    }
  }

  #store(store: TypedStore): TypedStore {
    const world = this.#world
    return typedStore({
      ...store,
      get: (_kind, at) =>
        this.#call({
          name: 'get',
          lost: 'store-unavailable',
          act: () => store.get('ModelDeployment', at),
          told(run, stored) {
            if (stored === null) return
            run.read ??= stored
            run.known = stored
          },
        }),
      putStatus: (_kind, at, given, options) => {
        const status = given as DeploymentStatus
        return this.#call({
          name: 'putStatus',
          lost: 'store-unavailable',
          made: (run) => world.witness.asksToWrite(run, status, options),
          async act(run) {
            const before = run.known
            const written = await store
              .putStatus('ModelDeployment', at, status, options)
              .catch((error: unknown) => {
                run.conflicted ||= isModelspineError(error, 'conflict')
                throw error
              })
            if (before === undefined) throw new Error('an object is written that was never read')
            world.stored = written
            run.writes += 1
            run.known = written ?? before
            world.witness.wrote(world, run, before, status, options.events)
            if (written === null) world.forgetAll()
            return written
          },
        })
      },
    })
  }

  #registry(registry: ModelRegistry): ModelRegistry {
    return {
      ...registry,
      resolve: (reference, options) =>
        this.#call({
          name: 'resolve',
          lost: 'registry-unavailable',
          act: () => registry.resolve(reference, options),
          told(run, version) {
            run.resolved = version
          },
        }),
    }
  }

  #source(): MetricSource {
    const world = this.#world
    return {
      capabilities: () => ({ counts: true, routerMeasured: false, delayMs: 0 }),
      query: (query) => {
        const { metric, interval, labels } = query
        const { revision = '' } = labels
        const mode = world.modeOf(revision)
        return this.#call({
          name: 'query',
          lost: 'metric-error',
          act: () => readingOf(mode, query, world.metricsSinceMs),
          told: (run) => void run.readings.push({ metric, revision, ...interval, mode }),
        })
      },
    }
  }

  #target(name: string, target: DeploymentTarget): DeploymentTarget {
    const world = this.#world
    const lost = 'target-unavailable'
    const call = <Answer>(each: Call<Answer>): Promise<Answer> => this.#call(each)
    return {
      ...target,
      observe: (at, options) =>
        this.#call({
          name: 'observe',
          lost,
          act: () => target.observe(at, options),
          told: (run, observed) => world.witness.observed(world, run, name, observed),
        }),
      apply(at, want, options) {
        const sent: Sent = { ...options, target: name, want }
        return call({
          name: 'apply',
          lost,
          made: (run) => world.witness.sends(world, run, sent),
          act: () => target.apply(at, want, options),
          told: (run, answer) => world.witness.answered(run, sent, answer, world.now),
        })
      },
      destroy(at, options) {
        const sent: Sent = { ...options, target: name, want: undefined }
        return call({
          name: 'destroy',
          lost,
          made: (run) => world.witness.sends(world, run, sent),
          act: () => target.destroy(at, options),
          told: (run, answer) => world.witness.answered(run, sent, answer, world.now),
        })
      },
      list: (options) => this.#call({ name: 'list', lost, act: () => target.list(options) }),
    }
  }
}

/**
 * A call that is on its way when the lease ends cannot be called back. Only a target that checks fences stops
 * it. For other targets, the lease ends once the call has arrived.
 */
function timely(interruption: Interruption, name: string, { checksFences }: World): Interruption {
  const { event } = interruption
  const isEffect = name === 'apply' || name === 'destroy'
  const loses = event === 'lose' || event === 'lose-blindly'
  return isEffect && loses && !checksFences ? { ...interruption, when: 'after' } : interruption
}
