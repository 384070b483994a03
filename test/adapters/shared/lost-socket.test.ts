import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { tryLock } from '../../../adapters/shared/process-lock.ts'
import { temporaryFolder } from '../../temporary-folder.ts'

const lost: string[] = []

vi.mock('../../../adapters/shared/alive-socket.ts', async (load) => {
  const real = await load<typeof import('../../../adapters/shared/alive-socket.ts')>()
  return {
    ...real,
    /** The first socket loses its file, as when another process takes it for that of a dead one. */
    async openAliveSocket(folder: string, file: string) {
      const opened = await real.openAliveSocket(folder, file)
      if (lost.length === 0) rmSync(join(folder, file))
      lost.push(file)
      return opened
    },
  }
})

describe('a lock whose socket another process removed', () => {
  it.runIf(existsSync('/proc/self/ns/pid'))(
    'is acquired only with a socket that others can find',
    async () => {
      const folder = temporaryFolder()
      expect((await tryLock(folder, 'writer', 'mine')).kind).toBe('acquired')
      expect(lost).toHaveLength(2)
      expect(readdirSync(folder)).toContain(lost[1])
    },
  )
})
