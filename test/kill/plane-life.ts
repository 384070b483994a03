import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { layoutOf } from './layout.ts'
import type { Answer, Call, Orders, Question } from './victim/protocol.ts'
import { type KilledAt, killedFile } from './victim/reach.ts'

const script = fileURLToPath(new URL('./victim/plane-process.ts', import.meta.url))

/** A third of the CPU of a run went into reading the same modules again. */
const compiled = fileURLToPath(new URL('../../node_modules/.cache/compiled', import.meta.url))

/** The plane was killed as planned, so it will not answer. */
export class Killed extends Error {}

/** Another process has the lease, so this one cannot say when all is settled. */
export class LeadsElsewhere extends Error {}

/** One process with a plane, from its start to its end. */
export class PlaneLife {
  readonly #child: ChildProcess
  readonly #open = new Map<number, PromiseWithResolvers<unknown>>()
  #asked = 0
  #endedBy: Error | undefined
  /** Settles when the plane has started. */
  readonly started: Promise<unknown>

  /** `onEnded` is called at its end, with the planned kill if it was one. */
  constructor(orders: Orders, onEnded: (killed: KilledAt | undefined) => void) {
    const { folder, life } = orders
    const log = openSync(layoutOf(folder).log, 'a')
    this.#child = fork(script, [JSON.stringify(orders)], {
      execArgv: ['--conditions=modelspine/source'],
      env: { NODE_COMPILE_CACHE: compiled, ...process.env },
      stdio: ['ignore', log, log, 'ipc'],
    })
    closeSync(log)
    const hello = Promise.withResolvers<unknown>()
    this.#open.set(0, hello)
    this.started = hello.promise
    this.started.catch(() => {})
    this.#child.on('message', (answer: Answer) => {
      const asked = this.#open.get(answer.id)
      this.#open.delete(answer.id)
      if (answer.ok) asked?.resolve(answer.value)
      else if ('elsewhere' in answer) asked?.reject(new LeadsElsewhere('another process leads now'))
      else asked?.reject(new Error(`the plane answered: ${answer.message}`))
    })
    this.#child.once('exit', (code, signal) => {
      const path = killedFile(folder, life)
      const killed =
        signal === 'SIGKILL' && existsSync(path)
          ? (JSON.parse(readFileSync(path, 'utf8')) as KilledAt)
          : undefined
      onEnded(killed)
      const endedBy =
        killed === undefined
          ? new Error(`the plane's process ended by itself: code ${code}, signal ${signal}`)
          : new Killed('it was killed as planned')
      this.#endedBy = endedBy
      for (const asked of this.#open.values()) asked.reject(endedBy)
      this.#open.clear()
    })
  }

  async ask(asked: Call): Promise<unknown> {
    if (this.#endedBy !== undefined) throw this.#endedBy
    this.#asked += 1
    const question: Question = { id: this.#asked, asked }
    const answered = Promise.withResolvers<unknown>()
    this.#open.set(question.id, answered)
    // After a failure to send, the exit of the process explains the failure.
    this.#child.send(question, () => {})
    return answered.promise
  }

  /** Ends the process at once, even while it works. */
  kill(): void {
    this.#child.kill('SIGKILL')
  }

  async exit(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    await once(this.#child, 'exit')
  }
}
