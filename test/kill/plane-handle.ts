import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { KillAt } from './kill-plan.ts'
import { layoutOf } from './layout.ts'
import type { Answer, Call, Orders, Question } from './victim/protocol.ts'
import { type KilledAt, killedFile } from './victim/reach.ts'

export interface PlaneHandleOptions {
  readonly folder: string
  /** One for each life. Later lives are not killed. */
  readonly kills: readonly KillAt[]
  /** Called at each kill. */
  onKilled(killed: KilledAt): void
}

const script = fileURLToPath(new URL('./victim/plane-process.ts', import.meta.url))

/** The plane was killed as planned while it had a call to answer. */
class Killed extends Error {}

/** A plane in a process of its own. It is started again after each kill. */
export class PlaneHandle {
  readonly #options: PlaneHandleOptions
  readonly #open = new Map<number, PromiseWithResolvers<unknown>>()
  #child: ChildProcess | undefined
  #starting: Promise<void> | undefined
  #lives = 0
  #asked = 0
  #ended = false

  constructor(options: PlaneHandleOptions) {
    this.#options = options
  }

  /** Asks again after each kill until the plane answers, as a caller would who lost the answer. */
  async ask(asked: Call): Promise<unknown> {
    for (;;) {
      try {
        this.#starting ??= this.#start()
        await this.#starting
        return await this.#askOnce(asked)
      } catch (error) {
        if (!(error instanceof Killed)) throw error
      }
    }
  }

  /** Stops the plane and waits until its process has ended by itself. */
  async stop(): Promise<void> {
    await this.ask({ call: 'stop' })
    await this.#exit()
  }

  /** Ends the process for good, even while it works. */
  async end(): Promise<void> {
    this.#ended = true
    this.#child?.kill('SIGKILL')
    await this.#exit()
  }

  async #exit(): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    await once(child, 'exit')
  }

  #askOnce(asked: Call): Promise<unknown> {
    this.#asked += 1
    const question: Question = { id: this.#asked, asked }
    const answered = Promise.withResolvers<unknown>()
    this.#open.set(question.id, answered)
    // After a failure to send, the exit of the process explains the failure.
    this.#child?.send(question, () => {})
    return answered.promise
  }

  async #start(): Promise<void> {
    if (this.#ended) throw new Error('the run is over')
    const { folder, kills } = this.#options
    const life = this.#lives
    this.#lives += 1
    const kill = kills[life]
    const orders: Orders = { folder, life, ...(kill !== undefined && { kill }) }
    const log = openSync(layoutOf(folder).log, 'a')
    const child = fork(script, [JSON.stringify(orders)], {
      execArgv: ['--conditions=modelspine/source'],
      stdio: ['ignore', log, log, 'ipc'],
    })
    closeSync(log)
    this.#child = child
    const hello = Promise.withResolvers<unknown>()
    this.#open.set(0, hello)
    child.on('message', (answer: Answer) => {
      const asked = this.#open.get(answer.id)
      this.#open.delete(answer.id)
      if (answer.ok) asked?.resolve(answer.value)
      else asked?.reject(new Error(`the plane answered: ${answer.message}`))
    })
    child.once('exit', (code, signal) => this.#exited(life, code, signal))
    await hello.promise
  }

  #exited(life: number, code: number | null, signal: NodeJS.Signals | null): void {
    const { folder, onKilled } = this.#options
    const path = killedFile(folder, life)
    const planned = signal === 'SIGKILL' && existsSync(path)
    if (planned) onKilled(JSON.parse(readFileSync(path, 'utf8')) as KilledAt)
    this.#starting = undefined
    const error = planned
      ? new Killed('it was killed as planned')
      : new Error(`the plane's process ended by itself: code ${code}, signal ${signal}`)
    for (const asked of this.#open.values()) asked.reject(error)
    this.#open.clear()
  }
}
