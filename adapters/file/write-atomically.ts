import { open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { syncFolder } from '../shared/durable-names.ts'

/**
 * Writes a whole file or nothing: writes a temporary file beside it, syncs it, and renames it over the old
 * file.
 */
export async function writeAtomically(
  path: string,
  content: string | Uint8Array,
  token: string,
): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${token}.tmp`)
  try {
    const handle = await open(temporary, 'wx')
    try {
      await handle.writeFile(content)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncFolder(dirname(path))
}
