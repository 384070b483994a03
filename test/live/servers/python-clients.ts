import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { required } from '../../../servers/cache.ts'
import { pythonVenv } from '../../../servers/python-venv.ts'
import type { LiveServer, RunningServer } from '../../../servers/server.ts'

export interface PythonClientsAddress {
  /** A Python that has the clients. */
  readonly python: string
}

/** The exact versions of the clients. */
export const pythonClientVersions = {
  openai: '3.57.0',
  anthropic: '2.14.0',
  'langchain-openai': '1.7.4',
} as const

/** Clients for Python. They are no server, so nothing runs between the scripts that use them. */
export const pythonClients: LiveServer<PythonClientsAddress> = {
  name: 'python-clients',
  version: pythonClientVersions.openai,
  install() {
    const packages = Object.entries(pythonClientVersions).map(([name, version]) => `${name}==${version}`)
    return pythonVenv(this.name, this.version, packages)
  },
  async start({ folder }): Promise<RunningServer<PythonClientsAddress>> {
    const python = join(required(await this.install()), 'bin/python')
    const log = join(folder, 'log')
    await writeFile(log, 'Nothing ran: these are clients.\n')
    return { address: { python }, log, stop: async () => {} }
  },
}
