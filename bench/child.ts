import { type ChildProcess, fork } from 'node:child_process'

/** A process of a benchmark that answers one message at a time. */
export interface Child {
  ask<Reply>(message: unknown): Promise<Reply>
  stop(): void
}

/**
 * Starts `bench/<name>.ts`. The first message of the process is its address, or empty when it has none.
 * `execArgv` are options of Node, besides those of this process.
 */
export async function start(
  name: string,
  args: readonly string[] = [],
  execArgv: readonly string[] = [],
): Promise<Child & { readonly url: string }> {
  const child = fork(new URL(`./${name}.ts`, import.meta.url), args, {
    execArgv: [...process.execArgv, ...execArgv],
  })
  const url = await next<string>(child)
  return {
    url,
    ask: (message) => {
      child.send(message as object)
      return next(child)
    },
    stop: () => void child.kill(),
  }
}

function next<Reply>(child: ChildProcess): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void => reject(new Error(`a benchmark's process ended with ${code}`))
    child.once('exit', ended)
    child.once('message', (reply) => {
      child.off('exit', ended)
      resolve(reply as Reply)
    })
  })
}

/** Runs in a child process. Sends the address, then answers every message until the parent has ended. */
export function serve(url: string, answer: (message: unknown) => unknown): void {
  process.on('message', async (message) => process.send?.(await answer(message)))
  process.on('disconnect', () => process.exit())
  process.send?.(url)
}
