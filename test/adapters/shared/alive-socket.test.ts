import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { answers, openAliveSocket } from '../../../adapters/shared/alive-socket.ts'
import { temporaryFolder } from '../../temporary-folder.ts'

const child = fileURLToPath(new URL('cluster-child.ts', import.meta.url))
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe.runIf(existsSync('/proc/self/fd'))('the socket of a living process', () => {
  it('belongs to the worker of a cluster and not to its primary process', async () => {
    const folder = temporaryFolder()
    const node = ['--conditions=modelspine/source', '--no-warnings', child, folder]
    const primary = spawn(process.execPath, node, { stdio: ['pipe', 'pipe', 'inherit'] })
    try {
      const [chunk] = await once(primary.stdout, 'data')
      const [pid, inPlace] = String(chunk).trim().split(' ')
      expect(inPlace).toBe('true')
      expect(await answers(folder, 'worker.alive')).toBe(true)
      process.kill(Number(pid), 'SIGKILL')
      while (await answers(folder, 'worker.alive')) await nextTurn()
      expect(primary.exitCode).toBeNull()
    } finally {
      primary.kill('SIGKILL')
    }
  })

  it('is not opened under a name that is too long, and a question to such a name counts as alive', async () => {
    const folder = temporaryFolder()
    const file = `.${'x'.repeat(120)}.alive`
    expect(await openAliveSocket(folder, file)).toBeUndefined()
    expect(readdirSync(folder)).toEqual([])
    expect(await answers(folder, file)).toBe(true)
  })
})
