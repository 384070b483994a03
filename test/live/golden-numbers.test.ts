import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { compute, fixtures } from './golden-numbers/compute.ts'
import { withServer } from './support/with-server.ts'

withServer('golden-numbers', ({ python }) => {
  const title = 'confseq, expectation and scipy give the golden numbers that the unit tests have'
  it(title, { timeout: 600_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'modelspine-golden-'))
    try {
      await compute(python, folder)
      const names = (await readdir(fixtures)).sort()
      expect((await readdir(folder)).sort()).toEqual(names)
      for (const name of names) {
        const [computed, kept] = await Promise.all([read(folder, name), read(fixtures, name)])
        expect(differences(computed, kept, name)).toEqual([])
      }
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

async function read(folder: string, name: string): Promise<unknown> {
  return JSON.parse(await readFile(join(folder, name), 'utf8'))
}

/** Where two documents differ by more than the last digits, which another processor may round otherwise. */
function differences(computed: unknown, kept: unknown, path: string): readonly string[] {
  if (typeof computed === 'number' && typeof kept === 'number') {
    const apart = Math.abs(computed - kept)
    return apart <= 1e-9 * Math.max(1, Math.abs(kept)) ? [] : [`${path}: ${computed}, was ${kept}`]
  }
  if (!isTree(computed) || !isTree(kept))
    return computed === kept ? [] : [`${path}: ${computed}, was ${kept}`]
  const keys = new Set([...Object.keys(computed), ...Object.keys(kept)])
  return [...keys].flatMap((key) => differences(computed[key], kept[key], `${path}.${key}`))
}

function isTree(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
