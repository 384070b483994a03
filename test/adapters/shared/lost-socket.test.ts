import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { identityOf } from '../../../adapters/shared/process-identity.ts'
import { lockFile, tryLock } from '../../../adapters/shared/process-lock.ts'
import { temporaryFolder } from '../../temporary-folder.ts'

const opened: string[] = []
/** How many of the next sockets lose their files. */
let losing = 0

vi.mock('../../../adapters/shared/alive-socket.ts', async (load) => {
  const real = await load<typeof import('../../../adapters/shared/alive-socket.ts')>()
  return {
    ...real,
    /** A socket loses its file, as when another process takes it for that of a dead one. */
    async openAliveSocket(folder: string, file: string) {
      const socket = await real.openAliveSocket(folder, file)
      if (losing > 0) rmSync(join(folder, file))
      losing -= 1
      opened.push(file)
      return socket
    },
  }
})

describe.runIf(existsSync('/proc/self/ns/pid'))('a lock whose socket another process removed', () => {
  it('is acquired only with a socket that others can find', async () => {
    const folder = temporaryFolder()
    opened.length = 0
    losing = 1
    expect((await tryLock(folder, 'writer', 'mine')).kind).toBe('acquired')
    expect(opened).toHaveLength(2)
    expect(readdirSync(folder)).toContain(opened[1])
  })

  it('is acquired without a socket when no socket stays, so that others find it held', async () => {
    const folder = temporaryFolder()
    opened.length = 0
    losing = 100
    expect((await tryLock(folder, 'writer', 'mine')).kind).toBe('acquired')
    expect(opened).toHaveLength(4)
    expect(readdirSync(folder)).toEqual([lockFile('writer', await identityOf(process.pid), 'mine', false)])
  })
})
