import { join } from 'node:path'
import { cacheFolder } from './cache.ts'
import { run } from './run.ts'

/**
 * Runs `go` so that it leaves the machine to others: at low priority, with two packages at once. A larger heap before
 * each collection saves the compiler a sixth of its work.
 */
export async function go(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd?: string,
): Promise<void> {
  await run('go', args, {
    ...(cwd !== undefined && { cwd }),
    env: { GOCACHE: join(cacheFolder(), 'go-build'), CGO_ENABLED: '0', GOGC: '400', ...env },
    nice: true,
  })
}
