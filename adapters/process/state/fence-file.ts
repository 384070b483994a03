import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type FenceRecord, ModelspineError } from 'modelspine/adapter'
import { z } from 'zod'
import { writeJson } from './json-file.ts'
import { makeFolder } from './revision-files.ts'

export const fenceFileName = '.fence'

const fenceNumber = z.int().nonnegative()
/** A number alone is a fence whose store is not known. */
const fenceFile: z.ZodType<FenceRecord> = z.union([
  fenceNumber.transform((fence) => ({ fence })),
  z.object({ fence: fenceNumber, store: z.string() }),
])

/**
 * The newest fence that the key has seen, and its store. Undefined before any. Throws `target-unavailable` for
 * a file that cannot be read, because then any fence may be too old.
 */
export async function readFence(keyPath: string): Promise<FenceRecord | undefined> {
  const path = join(keyPath, fenceFileName)
  try {
    return fenceFile.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    if (!(cause instanceof SyntaxError) && !(cause instanceof z.ZodError)) throw cause
    throw new ModelspineError(
      'target-unavailable',
      `${path} does not hold a fence: remove the file while only one plane uses this folder`,
      { details: { path }, cause },
    )
  }
}

export async function writeFence(keyPath: string, { fence, store }: FenceRecord): Promise<void> {
  await makeFolder(keyPath)
  await writeJson(join(keyPath, fenceFileName), store === undefined ? fence : { fence, store })
}
