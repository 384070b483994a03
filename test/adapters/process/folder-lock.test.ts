import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { lockFolder } from '../../../adapters/process/folder-lock.ts'
import {
  formatIdentity,
  identityOf,
  isAlive,
  parseIdentity,
} from '../../../adapters/process/process-identity.ts'

let folder = ''

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'modelspine-lock-'))
})

afterEach(() => rm(folder, { recursive: true }))

describe('the lock of a folder', () => {
  it('is taken over from a process that is gone, also when its number is in use again', async () => {
    const self = await identityOf(process.pid)
    await writeFile(join(folder, `.lock ${formatIdentity({ ...self, started: '1' })} a`), '')
    const release = await lockFolder(folder, 'b')
    expect(await readdir(folder)).toEqual([`.lock ${formatIdentity(self)} b`])
    await release()
    expect(await readdir(folder)).toEqual([])
  })

  it('is not given twice, and the one refused leaves nothing', async () => {
    const release = await lockFolder(folder, 'a')
    await expect(lockFolder(folder, 'b')).rejects.toThrow('in use by this process')
    expect(await readdir(folder)).toHaveLength(1)
    await release()
    await (await lockFolder(folder, 'b'))()
  })

  it('is never had by two of many who try at once', async () => {
    const tries = await Promise.allSettled(['a', 'b', 'c', 'd'].map((token) => lockFolder(folder, token)))
    expect(tries.filter(({ status }) => status === 'fulfilled').length).toBeLessThanOrEqual(1)
  })
})

describe('the identity of a process', () => {
  it('is not alive in another boot, or under another start time', async () => {
    const self = await identityOf(process.pid)
    expect(await isAlive(self)).toBe(true)
    expect(await isAlive({ ...self, started: '1' })).toBe(false)
    expect(await isAlive({ ...self, boot: 'another' })).toBe(false)
  })

  it('is read back as it was written, and not from anything else', async () => {
    const self = await identityOf(process.pid)
    expect(parseIdentity(formatIdentity(self))).toEqual(self)
    for (const text of ['', 'void', '12', '-1 2 3', '0 2 3']) expect(parseIdentity(text)).toBeUndefined()
  })
})
