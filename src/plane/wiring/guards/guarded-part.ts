import type { Clock } from '../../../clock.ts'
import { isModelspineError, type ModelspineError, unlessAborted } from '../../../errors.ts'
import type { Priority } from '../../../reconcile/priority.ts'
import { TurnLine } from '../../../reconcile/turn-line.ts'
import type { Key } from '../../../resources/metadata.ts'
import type { PlaneFault } from '../../health.ts'
import { answerInTime, type WaitEnd } from './answer-in-time.ts'
import { Circuit } from './circuit.ts'
import type { Deadlines } from './deadlines.ts'
import { type GuardedCall, type LoopHooks, readAnswer, type Said } from './guarded-call.ts'
import { PartErrors } from './part-errors.ts'
import { PartFaults } from './part-faults.ts'
import { type PartKind, partKinds } from './part-kinds.ts'
import type { PartLine } from './room/part-line.ts'
import type { Rooms } from './room/rooms.ts'
import { timeToLearn } from './time-to-learn.ts'

export interface GuardedPartOptions extends Pick<PlaneFault, 'part' | 'name'> {
  readonly clock: Clock
  readonly deadlines: Deadlines
  /** How many deployments may have calls under way. */
  readonly concurrency: number
  /** Left out: the loop's calls are not limited. */
  readonly line?: PartLine | undefined
  readonly hooks: LoopHooks
  /** Called when a fault begins and when it ends. */
  changed(began: boolean, error: unknown): void
}

/** A run that failed is tried again within a minute. So a fault that still exists is noted again before. */
const retriedWithinMs = 120_000

interface Sort {
  readonly name: string
  readonly circuit: Circuit
  /** Declared deployments whose last call failed with the part. */
  readonly failed: Set<Key>
  /** Those of them that were called back for a probe and have not made such a call yet. */
  readonly probed: Set<Key>
}

/**
 * Stands between the plane and one of its parts: an answer that does not come, comes late or has a wrong form
 * becomes an error in time, and calls that would wait for nothing are not made.
 */
export class GuardedPart {
  readonly faults: PartFaults
  readonly #errors: PartErrors
  readonly #options: GuardedPartOptions
  readonly #kind: PartKind
  readonly #line: PartLine | undefined
  readonly #sorts = new Map<string, Sort>()
  /** Calls that the part has not ended, also those that nobody waits for. */
  #open = 0
  readonly #comers = new TurnLine()
  readonly #atRest = new Set<() => void>()

  constructor(options: GuardedPartOptions) {
    this.#options = options
    this.#kind = partKinds[options.part]
    this.#errors = new PartErrors(options)
    this.faults = new PartFaults(options.clock, options.changed)
    this.#line = options.line
  }

  /**
   * Rejects with the part's own error, with the part's unavailable-code when there is no right answer in time,
   * and with `aborted` as soon as the caller's signal fires. Waits first while too many deployments call the
   * part, as long as it answers them. The limit counts from the turn.
   */
  call<Answer>(call: GuardedCall<Answer>): Promise<Answer> {
    try {
      return Promise.resolve(this.ask(call))
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** Like `call`, but answers and throws at once when the part does. */
  ask<Answer>(call: GuardedCall<Answer>): Answer | Promise<Answer> {
    const { key } = call
    if (call.abortSignal?.aborted === true) throw this.#errors.aborted(call, call.abortSignal.reason)
    const sort = this.#sortOf(call.sort ?? call.verb)
    const line = this.#line
    if (key === undefined) line?.bulkhead.pass()
    else sort.probed.delete(key)
    if (key === undefined || line === undefined || line.bulkhead.enter(key, this.priorityOf(key))) {
      return this.#make(sort, call)
    }
    if (sort.circuit.isOpen) throw this.#unmade(sort, call)
    if (call.atOnce === true) throw this.#errors.full()
    const { abortSignal } = call
    const aborted = (reason: unknown): ModelspineError => this.#errors.aborted(call, reason)
    const stopped = (): ModelspineError => this.#errors.stopped(call)
    return line.turns.wait({ key, abortSignal, aborted, stopped }, () => this.#make(sort, call))
  }

  /**
   * An answer for which others wait too. Until it is there, the run of the deployment takes no place in the loop.
   * Those that waited go on a few in each turn.
   */
  async aside<Answer>(
    verb: string,
    key: Key,
    answer: Promise<Answer>,
    abortSignal: AbortSignal | undefined,
  ): Promise<Answer> {
    const back = this.#options.hooks.aside(key)
    try {
      return await this.unlessAborted(verb, answer, abortSignal)
    } finally {
      await this.#comers.turn()
      back()
    }
  }

  /** An answer that others get too: an abort ends only this caller's wait. */
  unlessAborted<Answer>(
    verb: string,
    answer: Promise<Answer>,
    abortSignal: AbortSignal | undefined,
  ): Promise<Answer> {
    return unlessAborted(answer, abortSignal, (reason) => this.#errors.aborted({ verb }, reason))
  }

  priorityOf(key: Key): Priority {
    return this.#options.hooks.priorityOf(key)
  }

  /** The part as messages show it: `target "prod"`, `the store`. */
  get label(): string {
    return this.#errors.label
  }

  /** Room for what the loop sends. */
  get rooms(): Rooms | undefined {
    return this.#line?.rooms
  }

  /** Makes a call for which there is room. */
  #make<Answer>(sort: Sort, call: GuardedCall<Answer>): Answer | Promise<Answer> {
    if (!sort.circuit.admits()) {
      this.#left(call.key)
      throw this.#unmade(sort, call)
    }
    const cancel = new AbortController()
    let answer: PromiseLike<Answer> | Answer
    try {
      answer = call.run(cancel.signal)
    } catch (error) {
      throw this.#failed(sort, call, error)
    }
    if (!isPromise(answer)) return this.#answered(sort, call, answer)
    this.#open += 1
    const end: WaitEnd<Answer> = {
      answered: (given) => this.#learnt(call, { answer: given }, () => this.#answered(sort, call, given)),
      failed: async (error) =>
        this.#learnt(call, { error }, () => {
          throw this.#failed(sort, call, error)
        }),
      late: () => this.#late(sort, call),
      aborted: (reason) => this.#gaveUp(sort, call, this.#errors.aborted(call, reason)),
      stopped: () => this.#gaveUp(sort, call, this.#errors.stopped(call)),
      settled: () => this.#settled(),
    }
    return answerInTime(this.#options.deadlines, answer, call, end, cancel)
  }

  /** Resolves when no call is under way any more, also none that nobody waits for, or when the time is up. */
  async quiet(limitMs: number): Promise<void> {
    if (this.#open === 0) return
    await new Promise<void>((resolve) => {
      const deadline = this.#options.deadlines.begin(limitMs, () => {
        this.#atRest.delete(rest)
        resolve()
      })
      const rest = (): void => {
        deadline.met()
        resolve()
      }
      this.#atRest.add(rest)
    })
  }

  /** A run of the loop has ended. */
  ended(key: Key): void {
    this.#line?.rooms.ended(key)
    for (const { failed, probed } of this.#sorts.values()) {
      // It came and did not need such a call.
      if (probed.delete(key)) failed.delete(key)
    }
  }

  /** The deployment is more urgent now. If it waits in line, it moves up. */
  raised(key: Key, priority: Priority): void {
    this.#line?.bulkhead.raise(key, priority)
  }

  /** The deployment is gone. */
  forget(key: Key): void {
    this.#line?.rooms.forget(key)
    for (const { failed, probed } of this.#sorts.values()) {
      failed.delete(key)
      probed.delete(key)
    }
  }

  close(): void {
    this.#line?.turns.close()
    this.#line?.bulkhead.close()
    this.faults.close()
    for (const { circuit } of this.#sorts.values()) circuit.close()
  }

  #settled(): void {
    this.#open -= 1
    if (this.#open > 0 || this.#atRest.size === 0) return
    const resting = [...this.#atRest]
    this.#atRest.clear()
    for (const rest of resting) rest()
  }

  /** Called after the circuit was told, because the next in line is let in now and asks the circuit. */
  #left(key: Key | undefined): void {
    if (key !== undefined) this.#line?.bulkhead.leave(key)
  }

  /** Goes on when the secrets that the words may hold are known, or at once when none are missing. */
  #learnt<Answer, Shown>(
    call: GuardedCall<Answer>,
    said: Said<Answer>,
    goOn: () => Shown,
  ): Shown | Promise<Shown> {
    const learning = this.#learning(call, said)
    if (learning === undefined) return goOn()
    return timeToLearn(this.#options.deadlines, learning, call.abortSignal).then(goOn)
  }

  #learning<Answer>(call: GuardedCall<Answer>, said: Said<Answer>): Promise<void> | undefined {
    try {
      return call.learn?.(said)
    } catch {
      // What was not learnt is withheld.
      return undefined
    }
  }

  #answered<Answer>(sort: Sort, call: GuardedCall<Answer>, answer: Answer): Answer {
    const read = readAnswer(call, answer)
    if (read.problem !== undefined) {
      throw this.#failed(sort, call, this.#errors.wrong(call.verb, read.problem))
    }
    if (read.failure === undefined) this.#works(sort, call.key)
    else this.#fails(sort, call, read.failure)
    this.#left(call.key)
    return read.shown
  }

  /** Gives the error for the caller. */
  #failed<Answer>(sort: Sort, call: GuardedCall<Answer>, thrown: unknown): unknown {
    const error = this.#judged(sort, call, thrown)
    this.#left(call.key)
    return error
  }

  #judged<Answer>(sort: Sort, call: GuardedCall<Answer>, thrown: unknown): unknown {
    const error = this.#cleaned(call, thrown)
    if (this.#kind.isOwnFailure(error)) this.#fails(sort, call, error)
    else this.#works(sort, call.key)
    return error
  }

  #cleaned<Answer>(call: GuardedCall<Answer>, thrown: unknown): unknown {
    if (call.clean === undefined) return thrown
    try {
      return call.clean(thrown)
    } catch {
      return this.#errors.unshowable(call.verb)
    }
  }

  #late<Answer>(sort: Sort, call: GuardedCall<Answer>): ModelspineError {
    const error = this.#errors.silence(call)
    markFailed(sort, call)
    sort.circuit.late()
    this.#left(call.key)
    this.#noted(sort, call, error, true)
    return error
  }

  /** The error of a call that was not made, because the part answered none before. */
  #unmade<Answer>(sort: Sort, call: GuardedCall<Answer>): ModelspineError {
    markFailed(sort, call)
    return this.#errors.silence(call, false)
  }

  #gaveUp<Answer>(sort: Sort, call: GuardedCall<Answer>, error: ModelspineError): ModelspineError {
    sort.circuit.givenUp()
    this.#left(call.key)
    return error
  }

  #sortOf(name: string): Sort {
    let sort = this.#sorts.get(name)
    if (sort === undefined) {
      const circuit = new Circuit(this.#options.clock, this.#kind.circuit, () => this.#probe(made))
      const made: Sort = { name, circuit, failed: new Set(), probed: new Set() }
      this.#sorts.set(name, made)
      sort = made
    }
    return sort
  }

  /** One deployment finds out whether the part answers again; the next time it is another one. */
  #probe({ failed, probed }: Sort): boolean {
    const { hooks } = this.#options
    for (const key of failed) {
      failed.delete(key)
      failed.add(key)
      const comes = hooks.callBack(key, hooks.priorityOf(key))
      if (comes) probed.add(key)
      return comes
    }
    return false
  }

  #works({ failed, circuit, name }: Sort, key: Key | undefined): void {
    const closed = circuit.answered()
    if (key !== undefined && failed.size > 0) failed.delete(key)
    if (!this.faults.answered(name) && !closed) return
    const { hooks } = this.#options
    if (!this.#kind.keyed) hooks.callBackFailed()
    const all = [...failed]
    failed.clear()
    for (const each of all) hooks.callBack(each, hooks.priorityOf(each))
  }

  #fails<Answer>(sort: Sort, call: GuardedCall<Answer>, error: unknown): void {
    sort.circuit.answered()
    markFailed(sort, call)
    this.#noted(sort, call, error, this.#kind.isFaultAtOnce(error))
  }

  #noted<Answer>(sort: Sort, call: GuardedCall<Answer>, error: unknown, atOnce: boolean): void {
    const calledMs = (isModelspineError(error) && error.retryAfterMs) || 0
    const staleAfterMs = retriedWithinMs + Math.max(call.limitMs, calledMs, call.everyMs ?? 0)
    this.faults.failed(sort.name, { error, atOnce, staleAfterMs })
  }
}

function markFailed<Answer>({ failed }: Sort, { key, others = [] }: GuardedCall<Answer>): void {
  if (key !== undefined) failed.add(key)
  for (const other of others) failed.add(other)
}

function isPromise<Answer>(answer: PromiseLike<Answer> | Answer): answer is PromiseLike<Answer> {
  return typeof (answer as PromiseLike<Answer> | null | undefined)?.then === 'function'
}
