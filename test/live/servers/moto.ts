import { join } from 'node:path'
import { required } from '../../../servers/cache.ts'
import { freePort } from '../../../servers/free-port.ts'
import { isOk, startProcess } from '../../../servers/process.ts'
import { pythonEnvironment, pythonVenv } from '../../../servers/python-venv.ts'
import type { LiveServer, RunningServer } from '../../../servers/server.ts'
import { createMotoUser, motoUserCalls } from './moto/moto-user.ts'

export interface MotoAddress {
  readonly url: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/**
 * moto, which emulates parts of AWS and keeps them in memory. It checks signatures and policies from the first call
 * after the user was made whose keys it gives. Each region is an AWS of its own, whatever its name.
 */
export const moto: LiveServer<MotoAddress> = {
  name: 'moto',
  version: '5.2.5',
  install() {
    return pythonVenv(this.name, this.version, [`moto[server]==${this.version}`])
  },
  async start({ folder, abortSignal }): Promise<RunningServer<MotoAddress>> {
    const venv = required(await this.install())
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    const started = await startProcess({
      name: this.name,
      folder,
      command: join(venv, 'bin/moto_server'),
      args: ['-H', '127.0.0.1', '-p', String(port)],
      env: {
        ...pythonEnvironment,
        INITIAL_NO_AUTH_ACTION_COUNT: String(motoUserCalls),
        MOTO_ALLOW_NONEXISTENT_REGION: 'true',
      },
      ready: () => isOk(`${url}/moto-api/data.json`),
      abortSignal,
    })
    return { ...started, address: { url, ...(await createMotoUser(url)) } }
  },
}
