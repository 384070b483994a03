import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { cached, cacheFolder, installation } from '../../../servers/cache.ts'
import { temporaryFolder } from '../../temporary-folder.ts'

const entry = { name: 'thing', version: '1.0.0', recipe: ['a'] }

let cache: string
beforeEach(() => {
  cache = temporaryFolder()
  vi.stubEnv('MODELSPINE_LIVE_CACHE', cache)
  onTestFinished(() => void vi.unstubAllEnvs())
})

/** A process that begins to fill the entry, and ends it when it is told so. */
async function installer(): Promise<ChildProcess> {
  const child = spawn(
    process.execPath,
    ['--conditions=modelspine/source', join(import.meta.dirname, 'cache-child.ts')],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout as NonNullable<typeof child.stdout>, 'data')
  return child
}

describe('cached', () => {
  it('fills an entry once', async () => {
    let fills = 0
    const fill = async (folder: string): Promise<void> => {
      fills += 1
      writeFileSync(join(folder, 'program'), 'x')
    }
    const first = await cached(entry, fill)
    const second = await cached(entry, fill)
    expect([first.isNew, second.isNew, fills]).toEqual([true, false, 1])
    expect(second).toEqual({ ...first, isNew: false })
    expect(readFileSync(join(second.folder, 'program'), 'utf8')).toBe('x')
  })

  it('has another entry for another version and for another recipe', async () => {
    const folders = new Set<string>()
    for (const other of [entry, { ...entry, version: '1.0.1' }, { ...entry, recipe: ['b'] }]) {
      const { folder, isNew } = await cached(other, async () => {})
      expect(isNew).toBe(true)
      folders.add(folder)
    }
    expect(folders.size).toBe(3)
  })

  it('fills once although several ask at the same time', async () => {
    let fills = 0
    const all = await Promise.all(
      Array.from({ length: 5 }, () =>
        cached(entry, async () => {
          fills += 1
        }),
      ),
    )
    expect([fills, all.filter(({ isNew }) => isNew).length]).toEqual([1, 1])
  })

  it('begins again with an empty folder after a fill failed', async () => {
    const broken = cached(entry, async (folder) => {
      writeFileSync(join(folder, 'half'), 'x')
      throw new Error('no network')
    })
    await expect(broken).rejects.toThrow('no network')
    const { folder, isNew } = await cached(entry, async (again) => {
      expect(readdirSync(again)).toEqual([])
    })
    expect([isNew, readdirSync(folder)]).toEqual([true, []])
  })

  it('waits for another process, and uses what that one made', async () => {
    const child = await installer()
    const waiting = cached(entry, async () => {
      throw new Error('filled a second time')
    })
    child.stdin?.end()
    const { folder, isNew } = await waiting
    expect([isNew, readdirSync(folder)]).toEqual([false, ['half', 'whole']])
  })

  it('throws away what a killed process left', async () => {
    const child = await installer()
    const exit = once(child, 'exit')
    child.kill('SIGKILL')
    await exit
    const { folder, isNew } = await cached(entry, async (again) => {
      expect(readdirSync(again)).toEqual([])
    })
    expect([isNew, existsSync(join(folder, 'half'))]).toEqual([true, false])
  })
})

describe('installation', () => {
  it('gives the reason when a server cannot be had', async () => {
    const failed = await installation('thing', '1.0.0', () => Promise.reject(new Error('there is no go')))
    expect(failed).toEqual({ missing: 'thing 1.0.0 cannot be installed: there is no go' })
  })
})

describe('cacheFolder', () => {
  it('is the one of the environment, else below the caches of the system or of the user', () => {
    expect(cacheFolder()).toBe(cache)
    vi.stubEnv('MODELSPINE_LIVE_CACHE', '')
    vi.stubEnv('XDG_CACHE_HOME', '/caches')
    expect(cacheFolder()).toBe('/caches/modelspine-live')
    vi.stubEnv('XDG_CACHE_HOME', '')
    expect(cacheFolder()).toBe(join(homedir(), '.cache/modelspine-live'))
  })
})
