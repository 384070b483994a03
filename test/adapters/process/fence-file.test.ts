import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readFence, writeFence } from '../../../adapters/process/state/fence-file.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'modelspine-fence-'))
})

afterEach(() => rm(folder, { recursive: true }))

describe('the fence file of a key', () => {
  it('is read as it was written, and leaves no other file', async () => {
    expect(await readFence(folder)).toBeUndefined()
    for (const record of [{ fence: 7 }, { fence: 9, store: 'a' }]) {
      await writeFence(folder, record)
      expect(await readFence(folder)).toEqual(record)
    }
    expect(await readdir(folder)).toEqual(['.fence'])
  })

  it('of an older version is a fence whose store is not known', async () => {
    await writeFile(join(folder, '.fence'), '7\n')
    expect(await readFence(folder)).toEqual({ fence: 7 })
  })

  it('stays readable for an older version while no store was named', async () => {
    await writeFence(folder, { fence: 7 })
    expect(await readFile(join(folder, '.fence'), 'utf8')).toBe('7\n')
  })

  it.each(['', 'rubbish', '-1', '1.5', '{"fence":1}', '{"store":"a"}', '{"fence":"1","store":"a"}', 'null'])(
    'that holds %j is never taken for a fence',
    async (text) => {
      await writeFile(join(folder, '.fence'), text)
      await expect(readFence(folder)).rejects.toMatchObject({
        code: 'target-unavailable',
        message: expect.stringContaining('does not hold a fence'),
      })
    },
  )
})
