import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { identityOf } from '../../../adapters/shared/process-identity.ts'
import { lockFile, tryLock } from '../../../adapters/shared/process-lock.ts'
import { temporaryFolder } from '../../temporary-folder.ts'

/** `f_type` of NFS, statfs(2). */
const nfs = 0x6969

vi.mock('node:fs/promises', async (load) => {
  const real = await load<typeof import('node:fs/promises')>()
  return { ...real, statfs: async () => ({ type: nfs }) }
})

afterEach(() => vi.restoreAllMocks())

describe('a lock on a network share', () => {
  it.each([
    ['another namespace', { namespace: '1' }],
    ['another boot', { boot: 'another' }],
    ['another host', { host: 'elsewhere', boot: 'another', namespace: '1' }],
  ])(
    'stays with a process of %s that does not answer, because it cannot be seen',
    async (_what, difference) => {
      const folder = temporaryFolder()
      const holder = { ...(await identityOf(process.pid)), ...difference }
      const file = lockFile('writer', holder, 'a', true)
      writeFileSync(join(folder, file), '')
      expect(await tryLock(folder, 'writer', 'mine')).toMatchObject({
        kind: 'held',
        holder: { path: join(folder, file) },
      })
    },
  )
})
