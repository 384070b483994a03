import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { required } from '../../../servers/cache.ts'
import { freePort } from '../../../servers/free-port.ts'
import { isOk, startProcess } from '../../../servers/process.ts'
import { pythonEnvironment, pythonVenv } from '../../../servers/python-venv.ts'
import type { LiveServer, RunningServer } from '../../../servers/server.ts'

export interface MlserverAddress {
  readonly url: string
}

/** Seldon's MLServer, with a model `mirror` that answers with its inputs. */
export const mlserver: LiveServer<MlserverAddress> = {
  name: 'mlserver',
  version: '1.7.1',
  install() {
    return pythonVenv(this.name, this.version, [`mlserver==${this.version}`])
  },
  async start({ folder }): Promise<RunningServer<MlserverAddress>> {
    const venv = required(await this.install())
    const models = join(folder, 'models')
    // A copy, because Python writes compiled code beside a model's source.
    await cp(join(import.meta.dirname, 'mlserver'), models, { recursive: true })
    const [port, grpc, metrics] = [await freePort(), await freePort(), await freePort()]
    const url = `http://127.0.0.1:${port}`
    const started = await startProcess({
      name: this.name,
      folder,
      command: join(venv, 'bin/mlserver'),
      args: ['start', models],
      env: {
        ...pythonEnvironment,
        MLSERVER_HOST: '127.0.0.1',
        MLSERVER_HTTP_PORT: String(port),
        MLSERVER_GRPC_PORT: String(grpc),
        MLSERVER_METRICS_PORT: String(metrics),
        MLSERVER_PARALLEL_WORKERS: '0',
      },
      ready: () => isOk(`${url}/v2/health/ready`),
    })
    return { ...started, address: { url } }
  },
}
