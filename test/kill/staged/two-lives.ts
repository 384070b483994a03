import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'

/** A process that is killed at most once, and then lives again to its end. */
export interface TwoLives {
  readonly killed: boolean
  /** Kills it in a while, unless it has ended by then. */
  killIn(delayMs: number): void
  /** Plays it to its end. Throws what it wrote when it ends in another way. */
  play(): Promise<void>
  /** Ends what still runs. */
  end(): void
}

export interface LivesOptions {
  /** Where the script of the process is. It gets the orders as its argument. */
  readonly script: string
  readonly orders: unknown
  /** A life that is not at its end by then has failed. */
  readonly limitMs: number
  readonly abortSignal?: AbortSignal | undefined
}

export function twoLives({ script, orders, limitMs, abortSignal }: LivesOptions): TwoLives {
  let victim: ChildProcess | undefined
  let killed = false

  async function live(): Promise<boolean> {
    const output: Buffer[] = []
    victim = fork(script, [JSON.stringify(orders)], {
      execArgv: ['--conditions=modelspine/source'],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      timeout: limitMs,
      ...(abortSignal && { signal: abortSignal }),
    })
    // The signal's error comes beside the exit.
    victim.on('error', () => {})
    victim.stderr?.on('data', (chunk: Buffer) => output.push(chunk))
    const [code, signal] = (await once(victim, 'exit')) as [number | null, string | null]
    if (code === 0) return true
    if (signal === 'SIGKILL' && killed) return false
    const said = Buffer.concat(output).toString().slice(-2000)
    throw new Error(`the plane ended with ${code ?? signal}: ${said}`)
  }

  return {
    get killed() {
      return killed
    },
    killIn(delayMs) {
      setTimeout(() => {
        killed = victim?.kill('SIGKILL') === true
      }, delayMs)
    },
    async play() {
      if (!(await live())) await live()
    },
    end() {
      victim?.kill('SIGKILL')
    },
  }
}
