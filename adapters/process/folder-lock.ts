import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ModelspineError } from 'modelspine/adapter'
import { formatIdentity, identityOf, isAlive, parseIdentity } from './process-identity.ts'

const prefix = '.lock '

/**
 * One target a folder. Everyone who tries makes a file of their own, named after their process, and has the lock when
 * there is none of another living process; else they take their file back. So nobody ever removes the claim of
 * somebody alive, and of two who try at the same moment both may be refused. Gives the way to let go.
 */
export async function lockFolder(folder: string, token: string): Promise<() => Promise<void>> {
  const own = `${prefix}${formatIdentity(await identityOf(process.pid))} ${token}`
  await writeFile(join(folder, own), '', { flag: 'wx' })
  const release = (): Promise<void> => rm(join(folder, own), { force: true })
  try {
    for (const file of await readdir(folder)) {
      if (!file.startsWith(prefix) || file === own) continue
      const holder = parseIdentity(file.slice(prefix.length, file.lastIndexOf(' ')))
      if (holder !== undefined && (await isAlive(holder))) {
        const who = holder.pid === process.pid ? 'this process already' : `process ${holder.pid}`
        throw new ModelspineError(
          'target-unavailable',
          `${folder} is in use by ${who}: give each process target a folder of its own, or close the other one`,
        )
      }
      await rm(join(folder, file), { force: true })
    }
  } catch (error) {
    await release()
    throw error
  }
  return release
}
