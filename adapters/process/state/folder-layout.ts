import { readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Key, ModelspineError, splitKey } from 'modelspine/adapter'

/*
 * folder/.target.….lock                   the process that uses the folder
 * folder/<namespace>/<name>/.fence        the highest fence seen for the key
 * folder/<namespace>/<name>/<revision>/
 *   revision.json                         the record; written first: a folder without it never had a process
 *   was-ready, failed.json, stopping      facts that must outlive the supervising process
 *   log, log.1                            the output of the process, bounded
 *   runs/<id>/intent.json, pid            one start each: its intent, and the process that has it
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

/** The folders of all revisions, also of those that were not finished or are half removed. */
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

/** All that is on disk of a key's revisions, also what is half removed. */
export async function foldersOfKey(folder: string, key: Key): Promise<readonly string[]> {
  const path = keyFolder(folder, key)
  const names = await foldersIn(path, (name) => label.test(name) || name.startsWith(gone))
  return names.map((name) => join(path, name))
}

/** The keys of which more than a fence is on disk. */
export async function keysOnDisk(folder: string): Promise<readonly Key[]> {
  const keys: Key[] = []
  for (const namespace of await labelsIn(folder)) {
    for (const name of await labelsIn(join(folder, namespace))) {
      const key: Key = `${namespace}/${name}`
      if ((await foldersOfKey(folder, key)).length > 0) keys.push(key)
    }
  }
  return keys
}

/** The folders of a revision's runs. Ids sort by time, so the newest run comes last. */
export async function runFolders(revisionPath: string): Promise<readonly string[]> {
  return (await labelsIn(join(revisionPath, 'runs'))).map((id) => join(revisionPath, 'runs', id))
}

/**
 * Moves the folder away first, then removes it. A kill in between leaves nothing that looks alive, and a
 * shell that comes late finds no folder. A shell that writes meanwhile may put a file there that the removal
 * did not list, so the removal is tried again. A folder that is already gone is no error, because a caller
 * that failed after the removal tries it again.
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

/** Removes folders that were moved away by a process that died before it removed them. */
export async function removeLeftovers(folder: string): Promise<void> {
  for (const file of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (file.isDirectory() && file.name.startsWith(gone)) await removeAll(join(file.parentPath, file.name))
  }
}

function removeAll(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 })
}

function labelsIn(path: string): Promise<readonly string[]> {
  return foldersIn(path, (name) => label.test(name))
}

async function foldersIn(path: string, isWanted: (name: string) => boolean): Promise<readonly string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true })
    return entries
      .filter((each) => each.isDirectory() && isWanted(each.name))
      .map((each) => each.name)
      .sort()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
