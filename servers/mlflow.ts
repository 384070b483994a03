import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { required } from './cache.ts'
import { freePort } from './free-port.ts'
import { isOk, startProcess } from './process.ts'
import { pythonEnvironment, pythonVenv } from './python-venv.ts'
import type { LiveServer, RunningServer } from './server.ts'

export interface MlflowAddress {
  readonly url: string
  /** The folder of Python's programs, with MLflow's client. `install` adds MLServer's runtime for MLflow's models. */
  readonly bin: string
}

export interface MlflowOptions {
  /** Lets in only users with a password. The first is `admin`, with this one. */
  readonly adminPassword?: string
  /** An environment of Python that has MLflow. Default: the one that `install` makes. */
  readonly venv?: string
}

/** MLflow's tracking server with its model registry and webhooks, over a SQLite file. */
export const mlflow: LiveServer<MlflowAddress, MlflowOptions> = {
  name: 'mlflow',
  version: '3.17.2',
  install() {
    const serving = ['mlserver==1.7.1', 'mlserver-mlflow==1.7.1']
    return pythonVenv(this.name, this.version, [`mlflow[auth]==${this.version}`, ...serving])
  },
  async start({ folder, adminPassword, venv: own, abortSignal }): Promise<RunningServer<MlflowAddress>> {
    const venv = own ?? required(await this.install())
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    const started = await startProcess({
      name: this.name,
      folder,
      command: join(venv, 'bin/mlflow'),
      args: [
        'server',
        ...['--host', '127.0.0.1', '--port', String(port), '--workers', '1'],
        ...['--backend-store-uri', `sqlite:///${join(folder, 'mlflow.db')}`],
        ...['--artifacts-destination', join(folder, 'artifacts')],
        ...(adminPassword === undefined ? [] : ['--app-name', 'basic-auth']),
      ],
      env: {
        ...pythonEnvironment,
        MLFLOW_DISABLE_TELEMETRY: 'true',
        // Else nine more processes wait for jobs.
        MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false',
        // Else a new webhook is seen up to a minute late, and only https to public addresses is allowed.
        MLFLOW_WEBHOOK_CACHE_TTL: '0',
        MLFLOW_WEBHOOK_ALLOWED_SCHEMES: 'http,https',
        MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS: 'true',
        // Else each process makes up a key of its own, and cannot read the secrets that others stored.
        MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY: fernetKey(),
        ...(adminPassword !== undefined && {
          MLFLOW_AUTH_ADMIN_PASSWORD: adminPassword,
          MLFLOW_FLASK_SERVER_SECRET_KEY: fernetKey(),
        }),
      },
      ready: () => isOk(`${url}/health`),
      abortSignal,
    })
    return { ...started, address: { url, bin: join(venv, 'bin') } }
  },
}

/** A key as Python's `cryptography.fernet` makes it: 32 random bytes in URL-safe base64, with its padding. */
function fernetKey(): string {
  return randomBytes(32).toString('base64').replaceAll('+', '-').replaceAll('/', '_')
}
