import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { required } from '../../servers/cache.ts'
import { mlflow } from '../../servers/mlflow.ts'
import { opa } from '../../servers/opa.ts'
import { prometheus } from '../../servers/prometheus.ts'
import { pythonEnvironment, pythonVenv } from '../../servers/python-venv.ts'
import { run } from '../../servers/run.ts'
import type { Installation, RunningServer } from '../../servers/server.ts'

const kserve = '0.21.0'
const policies = join(import.meta.dirname, 'policies')

/** MLflow, its client, scikit-learn and KServe's model server, in one environment. */
async function python(): Promise<Installation> {
  const packages = [`mlflow==${mlflow.version}`, `kserve==${kserve}`]
  const installed = await pythonVenv('mlflow-canary', mlflow.version, packages)
  // Python compiles modules when it loads them first. That takes half a minute, which is not the first run's.
  if ('folder' in installed && installed.isNew) {
    const modules = 'mlflow.server.fastapi_app, mlflow.sklearn, mlflow.pyfunc, skops.io, kserve, sklearn.svm'
    await run(join(installed.folder, 'bin/python'), ['-c', `import ${modules}`], { env: pythonEnvironment })
  }
  return installed
}

/** What has to be installed, by its name and version. */
export const parts: Readonly<Record<string, () => Promise<Installation>>> = {
  [`MLflow ${mlflow.version} with KServe's server ${kserve}`]: python,
  [`OPA ${opa.version}`]: () => opa.install(),
  Prometheus: () => prometheus.install(),
}

/** The servers that a company has before it has Modelspine. Here they are started for one run. */
export interface Platform {
  /** A Python with MLflow's client and KServe's server. */
  python(): Promise<string>
  /** Starts all of them at once. Installs what is missing, or throws why it cannot be had. */
  start(): Promise<PlatformAddresses>
  /** Ends what was started, also a start that is under way. */
  stop(): Promise<void>
}

export interface PlatformAddresses {
  readonly mlflow: string
  readonly opa: string
  readonly prometheus: string
  /** The revision of the policies that OPA decides with. */
  readonly policyRevision: string
  /** Lets Prometheus scrape `/metrics` of a gateway, every second. */
  scrape(gateway: string): Promise<void>
}

export function createPlatform(folder: string): Platform {
  const stopping = new AbortController()
  const { signal: abortSignal } = stopping
  const starts: Promise<RunningServer>[] = []

  const started = async <Address extends object>(
    name: string,
    start: (folder: string) => Promise<RunningServer<Address>>,
  ): Promise<Address> => {
    const home = join(folder, name)
    await mkdir(home)
    abortSignal.throwIfAborted()
    const starting = start(home)
    starts.push(starting)
    return (await starting).address
  }

  return {
    python: async () => join(required(await python()), 'bin/python'),
    async start() {
      const venv = required(await python())
      const { bundle, revision } = await buildPolicies(folder)
      const [tracking, decisions, metrics] = await Promise.all([
        started('mlflow', (home) => mlflow.start({ folder: home, venv, abortSignal })),
        started('opa', (home) => opa.start({ folder: home, flags: ['--bundle', bundle], abortSignal })),
        started('prometheus', (home) => prometheus.start({ folder: home, abortSignal })),
      ])
      return {
        mlflow: tracking.url,
        opa: decisions.url,
        prometheus: metrics.url,
        policyRevision: revision,
        async scrape(gateway) {
          const target = { targets: [new URL(gateway).host], labels: { job: 'gateway' } }
          await writeFile(join(metrics.targets, 'gateway.json'), JSON.stringify([target]))
        },
      }
    },
    async stop() {
      stopping.abort()
      const ended = await Promise.allSettled(starts)
      await Promise.all(ended.map((one) => (one.status === 'fulfilled' ? one.value.stop() : undefined)))
    },
  }
}

/** Makes a bundle for OPA. Its revision names the text of the policies; a company takes the commit they come from. */
async function buildPolicies(
  folder: string,
): Promise<{ readonly bundle: string; readonly revision: string }> {
  const hash = createHash('sha256')
  for (const name of readdirSync(policies).sort())
    hash.update(name).update(readFileSync(join(policies, name)))
  const revision = hash.digest('hex').slice(0, 12)
  const bundle = join(folder, 'policies.tar.gz')
  const program = join(required(await opa.install()), 'opa')
  const args = ['build', '--ignore', '*_test.rego', '-r', revision, '-o', bundle, '-b', '.']
  await run(program, args, { cwd: policies })
  return { bundle, revision }
}
