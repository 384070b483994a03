import type { ModelReference } from 'modelspine/adapter'
import { type MlflowRegistry, type MlflowRegistryOptions, mlflowRegistry } from 'modelspine/adapters/mlflow'
import { createFakeClock, type FakeClock } from 'modelspine/testing'
import { onTestFinished } from 'vitest'
import { type ScriptedMlflow, scriptedMlflow } from './scripted-mlflow.ts'

export interface MlflowScene {
  readonly mlflow: ScriptedMlflow
  readonly registry: MlflowRegistry
  readonly clock: FakeClock
}

/** A scripted MLflow and a registry over it, until the test ends. */
export async function mlflowScene(options: Partial<MlflowRegistryOptions> = {}): Promise<MlflowScene> {
  const mlflow = await scriptedMlflow()
  const clock = createFakeClock()
  const registry = mlflowRegistry({ baseUrl: mlflow.url, clock, ...options })
  onTestFinished(async () => {
    await registry.close()
    await mlflow.close()
  })
  return { mlflow, registry, clock }
}

export const run = 'ac033634760e4f32aec722698ee2224e'
export const loggedModel = 'm-dec622d31641429fa7603385a7f7295f'

/** A model with one version, which a run of this server logged, as MLflow 3 does it. */
export function logModel({ world }: ScriptedMlflow, name: string, status = 'FINISHED'): void {
  const root = `mlflow-artifacts:/1/models/${loggedModel}/artifacts`
  world.runs.set(run, {
    info: { run_id: run, status, artifact_uri: `mlflow-artifacts:/1/${run}/artifacts` },
    data: {
      metrics: [{ key: 'accuracy', value: 0.5 }],
      tags: [{ key: 'mlflow.source.git.commit', value: 'abc123' }],
    },
    inputs: {
      dataset_inputs: [{ dataset: { name: 'iris', digest: '8f9eb48c' } }, { dataset: { name: 'iris' } }],
    },
  })
  world.loggedModels.set(loggedModel, {
    info: { model_id: loggedModel, artifact_uri: root, source_run_id: run },
    data: {
      metrics: [
        { key: 'accuracy', value: 0.97, step: '1', timestamp: '1795527354361' },
        { key: 'accuracy', value: 0.91, step: '0', timestamp: '1795527354361' },
        { key: 'loss', value: 'NaN' },
      ],
    },
  })
  world.files.set(`1/models/${loggedModel}/artifacts/MLmodel`, mlmodel)
  world.createModel(name)
  world.createVersion({ name, source: `models:/${loggedModel}`, run_id: run })
}

/** As MLflow 3.17.2 wrote it, without the parts that nobody reads. */
export const mlmodel: string = `artifact_path: mlflow-artifacts:/1/models/${loggedModel}/artifacts
flavors:
  sklearn:
    code: null
signature:
  inputs: '[{"type": "double", "name": "sepal length (cm)", "required": true}, {"type":
    "long", "name": "petals", "required": false}]'
  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1]}}]'
  params: null
`

export function byVersion(name: string, version = '1'): ModelReference {
  return { registry: 'plane', name, version }
}
