import { join } from 'node:path'
import { required } from '../../../servers/cache.ts'
import { freePort } from '../../../servers/free-port.ts'
import { isOk, startProcess } from '../../../servers/process.ts'
import { pythonEnvironment, pythonVenv } from '../../../servers/python-venv.ts'
import type { LiveServer, RunningServer } from '../../../servers/server.ts'

export interface KserveAddress {
  readonly url: string
  /** A Python that has KServe's and Triton's clients. */
  readonly python: string
}

/** KServe's model server, with a model `mirror` that answers with its inputs, and one that stays `loading`. */
export const kserve: LiveServer<KserveAddress> = {
  name: 'kserve',
  version: '0.21.0',
  install() {
    return pythonVenv(this.name, this.version, [`kserve==${this.version}`, 'tritonclient[http]==2.73.0'])
  },
  async start({ folder }): Promise<RunningServer<KserveAddress>> {
    const python = join(required(await this.install()), 'bin/python')
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    const started = await startProcess({
      name: this.name,
      folder,
      command: python,
      env: pythonEnvironment,
      args: [join(import.meta.dirname, 'kserve/mirror_server.py'), String(port)],
      ready: () => isOk(`${url}/v2/health/ready`),
    })
    return { ...started, address: { url, python } }
  },
}
