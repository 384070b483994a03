import { join } from 'node:path'
import type { MlflowAddress } from '../../../servers/mlflow.ts'
import { run } from '../../../servers/run.ts'

export interface LoggedVersion {
  readonly version: string
  readonly run: string
  readonly model: string
  readonly accuracy: number
  /** For the first three irises. */
  readonly prediction: readonly number[]
}

export interface LoggedModels {
  readonly commit: string
  readonly dataset: string
  /** A good classifier of tables, and a poor one. */
  readonly frame1: LoggedVersion
  readonly frame2: LoggedVersion
  readonly tensor1: LoggedVersion
  readonly bare1: LoggedVersion
  readonly classic1: Pick<LoggedVersion, 'version' | 'run'>
}

/** Lets MLflow's own client train and log real models, with names of their own. */
export async function logModels({ url, bin }: MlflowAddress, prefix: string): Promise<LoggedModels> {
  const printed = await run(join(bin, 'python'), [join(import.meta.dirname, 'log_models.py'), url, prefix], {
    env: { MLFLOW_DISABLE_TELEMETRY: 'true' },
  })
  return JSON.parse(printed.trim().split('\n').at(-1) ?? '') as LoggedModels
}

/** Calls MLflow's API past the adapter. */
export async function mlflowCall(
  { url }: Pick<MlflowAddress, 'url'>,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  const response = await fetch(`${url}/api/2.0/mlflow${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`)
  return response.json()
}
