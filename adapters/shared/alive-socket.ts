import { once } from 'node:events'
import { type FileHandle, lstat, open, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'

/** A socket in a folder that answers as long as its process lives. The system ends it with the process. */
export interface AliveSocket {
  /** Whether others can still find it. */
  isInPlace(): Promise<boolean>
  /** The file stays, as that of a killed process. */
  stopListening(): Promise<void>
  close(): Promise<void>
}

/** Undefined when the folder's disk has no sockets, or the file's name is too long for one. */
export async function openAliveSocket(folder: string, file: string): Promise<AliveSocket | undefined> {
  const server = createServer((caller) => caller.destroy())
  server.unref()
  try {
    await inFolder(folder, async (path) => {
      // In the worker of a cluster, the primary process would open it otherwise, and would keep it alive.
      server.listen({ path: path(file), exclusive: true })
      await once(server, 'listening')
    })
  } catch {
    return undefined
  }
  server.on('error', () => {})
  return {
    isInPlace: () =>
      lstat(join(folder, file)).then(
        () => true,
        () => false,
      ),
    async stopListening() {
      server.close()
      await once(server, 'close')
    },
    async close() {
      server.close()
      await rm(join(folder, file), { force: true })
    },
  }
}

/**
 * Whether the process still lives that opened the socket. It must be on this machine. A caller that may not
 * ask, and one whose question stays open, counts the process as alive.
 */
export function answers(folder: string, file: string): Promise<boolean> {
  return inFolder(folder, async (path) => {
    const caller = connect(path(file))
    try {
      await once(caller, 'connect')
      return true
    } catch (error) {
      return !['ECONNREFUSED', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')
    } finally {
      caller.destroy()
    }
  })
}

/** A socket's path has at most 107 bytes (unix(7)), so it is named through the folder's own handle. */
async function inFolder<Result>(
  folder: string,
  run: (path: (file: string) => string) => Promise<Result>,
): Promise<Result> {
  const handle: FileHandle = await open(folder, 'r')
  try {
    return await run((file) => `/proc/self/fd/${handle.fd}/${file}`)
  } finally {
    await handle.close()
  }
}
