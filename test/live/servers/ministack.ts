import { join } from 'node:path'
import { required } from '../../../servers/cache.ts'
import { freePort } from '../../../servers/free-port.ts'
import { isOk, startProcess } from '../../../servers/process.ts'
import { pythonEnvironment, pythonVenv } from '../../../servers/python-venv.ts'
import type { LiveServer, RunningServer } from '../../../servers/server.ts'

export interface MinistackAddress {
  readonly url: string
}

/**
 * ministack, which emulates parts of AWS. Its Bedrock answers every model with a made text, and sends streams as AWS frames
 * them, but whole and with a length. It checks no signature.
 */
export const ministack: LiveServer<MinistackAddress> = {
  name: 'ministack',
  version: '1.5.33',
  install() {
    return pythonVenv(this.name, this.version, [`ministack==${this.version}`])
  },
  async start({ folder, abortSignal }): Promise<RunningServer<MinistackAddress>> {
    const venv = required(await this.install())
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    const started = await startProcess({
      name: this.name,
      folder,
      command: join(venv, 'bin/ministack'),
      args: [],
      env: {
        ...pythonEnvironment,
        BIND_HOST: '127.0.0.1',
        GATEWAY_PORT: String(port),
        IOT_MTLS_ENABLED: '0',
      },
      ready: () => isOk(`${url}/_ministack/health`),
      abortSignal,
    })
    return { ...started, address: { url } }
  },
}
