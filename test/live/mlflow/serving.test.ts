import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createControlPlane } from 'modelspine'
import { fetchMlflowArtifacts, mlflowRegistry } from 'modelspine/adapters/mlflow'
import { openInference, openInferenceProvider } from 'modelspine/adapters/open-inference'
import { processTarget } from 'modelspine/adapters/process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withServer } from '../support/with-server.ts'
import { type LoggedModels, logModels } from './logged-models.ts'

const actor = { name: 'tester' }
const columns = ['sepal length', 'sepal width', 'petal length', 'petal width'].map((name) => `${name} (cm)`)
/** The first three irises. */
const rows = [
  [5.1, 3.5, 1.4, 0.2],
  [4.9, 3, 1.4, 0.2],
  [4.7, 3.2, 1.3, 0.2],
]

withServer('mlflow', (server) => {
  let logged: LoggedModels
  const registry = mlflowRegistry({ baseUrl: server.url, pollMs: 500 })
  const folder = mkdtempSync(join(tmpdir(), 'modelspine-mlflow-'))

  beforeAll(async () => {
    logged = await logModels(server, 'served')
  })
  afterAll(async () => {
    await registry.close()
    rmSync(folder, { recursive: true, force: true })
  })

  describe('the artifacts of a model that MLflow’s own client logged', () => {
    it('can be fetched into a folder, byte for byte', async () => {
      const { artifact } = await registry.resolve({ registry: 'mlflow', text: 'served-frame@champion' })
      const uri = artifact.kind === 'files' ? (artifact.files[0]?.uri ?? '') : ''
      const target = join(folder, 'fetched')
      const fetched = await fetchMlflowArtifacts({ baseUrl: server.url, uri, folder: target })
      expect(fetched.files.map(({ path }) => path)).toEqual(
        expect.arrayContaining(['MLmodel', 'model.skops', 'requirements.txt']),
      )
      for (const { path, digest, bytes } of fetched.files) {
        const content = readFileSync(join(target, path))
        expect([content.byteLength, `sha256:${createHash('sha256').update(content).digest('hex')}`]).toEqual([
          bytes,
          digest,
        ])
      }
      const again = await fetchMlflowArtifacts({ baseUrl: server.url, uri, folder: target })
      expect(again).toEqual({ ...fetched, isNew: false })
    })
  })

  describe('a process of `mlflow models serve`', () => {
    it('serves the address of a version', async () => {
      const model = await registry.resolve({ registry: 'mlflow', text: 'served-frame:1' })
      const target = processTarget({
        folder: join(folder, 'scoring'),
        command: [
          join(server.bin, 'mlflow'),
          ...['models', 'serve', '-m', '{uri}', '--host', '127.0.0.1', '--port', '{port}'],
          ...['--env-manager', 'local'],
        ],
        env: { MLFLOW_TRACKING_URI: server.url, PATH: `${server.bin}:${process.env.PATH}` },
        health: { path: '/ping', startTimeoutMs: 300_000, timeoutMs: 5000 },
        drainMs: 0,
      })
      const runtime = { env: {}, secrets: {}, resources: {} }
      const revision = { name: 'r1', model, runtime, settings: {} }
      const want = { revisions: [revision], split: [], scale: { min: 1, max: 1 } }
      const secret = () => Promise.reject(new Error('there are no secrets'))
      try {
        await target.apply('default/scored', want, { operationId: 'one', fence: 1, secret })
        const ready = async (): Promise<string | undefined> => {
          const { revisions } = await target.observe('default/scored', { handles: [] })
          return revisions[0]?.state === 'ready' ? revisions[0].endpoint?.address : undefined
        }
        let address = await ready()
        while (address === undefined) {
          await new Promise((resolve) => setTimeout(resolve, 500))
          address = await ready()
        }
        const asked = await fetch(`${address}/invocations`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ dataframe_split: { columns, data: rows } }),
        })
        expect(await asked.json()).toEqual({ predictions: logged.frame1.prediction })
      } finally {
        await target.stopAll()
        await target.close()
      }
    }, 600_000)
  })

  describe('a plane over MLflow and processes of MLServer', () => {
    it('serves the version of an alias, and another one when the alias moves', async () => {
      const [state, work] = ['state', 'work'].map((name) => join(folder, name))
      mkdirSync(work ?? '')
      const here = processTarget({
        folder: state ?? '',
        command: [join(server.bin, 'mlserver'), 'start', '.'],
        workingFolder: work ?? '',
        env: {
          MLFLOW_TRACKING_URI: server.url,
          MLSERVER_MODEL_IMPLEMENTATION: 'mlserver_mlflow.MLflowRuntime',
          MLSERVER_MODEL_NAME: '{name}',
          MLSERVER_MODEL_URI: '{uri}',
          MLSERVER_HOST: '127.0.0.1',
          MLSERVER_HTTP_PORT: '{port}',
          MLSERVER_GRPC_PORT: '0',
          MLSERVER_METRICS_PORT: '0',
          MLSERVER_PARALLEL_WORKERS: '0',
        },
        health: { startTimeoutMs: 300_000, timeoutMs: 5000 },
      })
      const plane = createControlPlane({
        registries: { mlflow: registry },
        targets: { here },
        connect: { 'open-inference': openInference },
      })
      const predicted = async (): Promise<unknown> => {
        const inputs = columns.map((name, place) => {
          const data = rows.map((row) => row[place] ?? 0)
          return { name, datatype: 'FP64', shape: [rows.length, 1], data }
        })
        const { reply } = await plane.router.infer('irises', { kind: 'tensors', inputs })
        return reply.kind === 'tensors' ? reply.outputs[0]?.data : undefined
      }
      await plane.start()
      try {
        const spec = { model: 'mlflow/served-frame@champion', target: 'here', deadline: '10m' } as const
        await plane.deploy('irises', spec, { actor })
        await plane.route(
          'irises',
          { operations: ['infer'], backends: [{ deployment: 'irises' }] },
          { actor },
        )
        await plane.wait('irises')
        expect(await predicted()).toEqual(logged.frame1.prediction)
        // The registry's signature is what MLServer's runtime says of the same model.
        const { revisions } = await here.observe('default/irises', { handles: [] })
        const provider = openInferenceProvider({ baseUrl: revisions[0]?.endpoint?.address ?? '' })
        const { inputs, outputs } = await provider.metadata({ name: 'served-frame' })
        await provider.close()
        const { signature } = await registry.resolve({ registry: 'mlflow', text: 'served-frame:1' })
        expect({ inputs, outputs }).toEqual(signature)
        await registry.setAlias('served-frame', 'champion', '2', { expect: '1' })
        while (JSON.stringify(await predicted()) !== JSON.stringify(logged.frame2.prediction)) {
          await new Promise((resolve) => setTimeout(resolve, 500))
        }
        await plane.wait('irises')
      } finally {
        await plane.stop()
        const last = processTarget({ folder: state ?? '', command: ['true', '{port}'], drainMs: 0 })
        await last.stopAll()
        await last.close()
      }
    }, 600_000)
  })
})
