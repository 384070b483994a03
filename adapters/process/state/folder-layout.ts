import { readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Key, ModelspineError, splitKey } from 'modelspine/adapter'

/*
 * folder/.target.….lock                   who uses the folder
 * folder/<namespace>/<name>/.fence        the highest fence seen for the key
 * folder/<namespace>/<name>/<revision>/
 *   revision.json                         what runs there; written first, so a folder without it never ran anything
 *   was-ready, failed.json, stopping      what must outlive the supervising process
 *   log, log.1                            what the process printed, bounded
 *   runs/<id>/intent.json, pid            one start each: what was meant, and whose it is
 */

const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

const gone = '.gone-'

export function keyFolder(folder: string, key: Key): string {
  const { namespace, name } = splitKey(key)
  for (const part of [namespace, name]) {
    if (!label.test(part)) {
      throw new ModelspineError('invalid-options', `key "${key}": namespace and name must be DNS labels`)
    }
  }
  return join(folder, namespace, name)
}

export function revisionFolder(folder: string, key: Key, revision: string): string {
  if (!label.test(revision)) {
    throw new ModelspineError('invalid-options', `revision "${revision}": the name must be a DNS label`)
  }
  return join(keyFolder(folder, key), revision)
}

/** Every revision's folder, also those that were not finished or are half removed. */
export async function revisionFolders(
  folder: string,
): Promise<readonly { readonly key: Key; readonly revision: string; readonly path: string }[]> {
  const found = []
  for (const namespace of await labelsIn(folder)) {
    for (const name of await labelsIn(join(folder, namespace))) {
      for (const revision of await labelsIn(join(folder, namespace, name))) {
        found.push({
          key: `${namespace}/${name}` as Key,
          revision,
          path: join(folder, namespace, name, revision),
        })
      }
    }
  }
  return found
}

/** Ids are sortable by time: the newest comes last. */
export async function runFolders(revisionPath: string): Promise<readonly string[]> {
  return (await labelsIn(join(revisionPath, 'runs'))).map((id) => join(revisionPath, 'runs', id))
}

/**
 * Out of the way first, so that a kill in between leaves nothing that looks alive, and a shell that comes late finds no
 * folder. One that was just writing may make the removal see a file it did not list, so that is tried again. A folder
 * that is gone stays so: whoever could not go on after removing it tries the same again.
 */
export async function removeFolder(path: string, token: string): Promise<void> {
  const away = join(path, '..', `${gone}${token}`)
  try {
    await rename(path, away)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  await removeAll(away)
}

/** What someone moved out of the way and was killed before removing. */
export async function removeLeftovers(folder: string): Promise<void> {
  for (const file of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (file.isDirectory() && file.name.startsWith(gone)) await removeAll(join(file.parentPath, file.name))
  }
}

function removeAll(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 })
}

async function labelsIn(path: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true })
    return entries
      .filter((each) => each.isDirectory() && label.test(each.name))
      .map((each) => each.name)
      .sort()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
