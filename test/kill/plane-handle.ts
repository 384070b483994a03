import type { KillAt } from './kill-plan.ts'
import type { Mode } from './mode.ts'
import { Killed, LeadsElsewhere, PlaneLife } from './plane-life.ts'
import type { Call, Orders } from './victim/protocol.ts'
import type { KilledAt } from './victim/reach.ts'

export interface PlaneHandleOptions {
  readonly folder: string
  readonly mode: Mode
  /** One for each life. Later lives are not killed. */
  readonly kills: readonly KillAt[]
  /** Called at each kill. */
  onKilled(killed: KilledAt): void
}

/** A plane in a process of its own. After each kill it is started again, or a standby takes over. */
export class PlaneHandle {
  readonly #options: PlaneHandleOptions
  #current: PlaneLife | undefined
  /** Waits for the lease. Only in the modes that have a standby. */
  #standby: PlaneLife | undefined
  /** The current process, when it may be asked. */
  #ready: Promise<PlaneLife> | undefined
  #lives = 0
  #ended = false

  constructor(options: PlaneHandleOptions) {
    this.#options = options
  }

  /** Asks again after each kill until a plane answers, as a caller would who lost the answer. */
  async ask(asked: Call): Promise<unknown> {
    for (;;) {
      try {
        this.#ready ??= this.#lead()
        const life = await this.#ready
        return await life.ask(asked)
      } catch (error) {
        if (error instanceof LeadsElsewhere) this.#swap()
        else if (!(error instanceof Killed)) throw error
      }
    }
  }

  /** Stops the planes, the standby first, and waits until their processes have ended by themselves. */
  async stop(): Promise<void> {
    const life = await this.#ready
    const standby = this.#standby
    await standby?.ask({ call: 'stop' })
    await standby?.exit()
    await life?.ask({ call: 'stop' })
    await life?.exit()
  }

  /** Ends the processes for good, even while they work. */
  async end(): Promise<void> {
    this.#ended = true
    const lives = [this.#current, this.#standby]
    for (const life of lives) life?.kill()
    for (const life of lives) await life?.exit()
  }

  /** The standby steps in when there is one. Then another standby begins, once this process has the lease. */
  async #lead(): Promise<PlaneLife> {
    const life = this.#standby ?? this.#begin()
    this.#current = life
    this.#standby = undefined
    await life.started
    if (this.#options.mode === 'restart') return life
    await life.ask({ call: 'lead' })
    const standby = this.#begin()
    this.#standby = standby
    await standby.started
    return life
  }

  #swap(): void {
    if (this.#standby === undefined || this.#current === undefined) return
    const [leading, standby] = [this.#standby, this.#current]
    this.#current = leading
    this.#standby = standby
    this.#ready = Promise.resolve(leading)
  }

  #begin(): PlaneLife {
    if (this.#ended) throw new Error('the run is over')
    const { folder, mode, kills, onKilled } = this.#options
    const kill = kills[this.#lives]
    const orders: Orders = { folder, mode, life: this.#lives, ...(kill !== undefined && { kill }) }
    this.#lives += 1
    const life: PlaneLife = new PlaneLife(orders, (killed) => {
      if (killed !== undefined) onKilled(killed)
      if (this.#standby === life) this.#standby = undefined
      if (this.#current !== life) return
      this.#current = undefined
      this.#ready = undefined
    })
    return life
  }
}
