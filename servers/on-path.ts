import { dirname } from 'node:path'
import { run } from './run.ts'
import type { Installed } from './server.ts'

/** A program that the system has already. */
export async function onPath(program: string): Promise<Installed | undefined> {
  const found = await run('sh', ['-c', `command -v ${program}`]).catch(() => '')
  return found === '' ? undefined : { folder: dirname(found.trim()), tookMs: 0, isNew: false }
}
