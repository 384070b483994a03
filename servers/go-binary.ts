import { join } from 'node:path'
import { cacheFolder } from './cache.ts'
import { run } from './run.ts'

/** Beside other work, low priority makes hours of ten minutes of compiling. What was compiled is kept. */
const limitMs = 3 * 3_600_000

let last: Promise<unknown> = Promise.resolve()

/**
 * Runs `go` so that it leaves the machine to others: at low priority, with two packages at once. A larger heap before
 * each collection saves the compiler a sixth of its work, and another sixth is what only debuggers read. Builds of one
 * process wait for each other, so that none compiles again what another has compiled, as Go's own library.
 */
export async function go(
  [command = '', ...args]: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd?: string,
): Promise<void> {
  const build = (): Promise<string> =>
    run('go', [command, '-p', '2', '-trimpath', '-gcflags=all=-dwarf=false', ...args], {
      ...(cwd !== undefined && { cwd }),
      env: { GOCACHE: join(cacheFolder(), 'go-build'), CGO_ENABLED: '0', GOGC: '400', ...env },
      nice: true,
      timeoutMs: limitMs,
    })
  const ended = last.then(build)
  last = ended.catch(() => {})
  await ended
}
