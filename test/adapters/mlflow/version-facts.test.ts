import { describe, expect, it } from 'vitest'
import { byVersion, loggedModel, logModel, mlflowScene, mlmodel, run } from './scene.ts'

const signature = {
  inputs: [
    { name: 'sepal length (cm)', datatype: 'FP64', shape: [-1, 1] },
    { name: 'petals', datatype: 'INT64', shape: [-1, 1] },
  ],
  outputs: [{ name: 'output-0', datatype: 'INT64', shape: [-1] }],
}

describe('a version that a run logged', () => {
  it('has the facts of its run, its logged model and its MLmodel', async () => {
    const { mlflow, registry } = await mlflowScene()
    logModel(mlflow, 'iris')
    expect(await registry.resolve(byVersion('iris'))).toMatchObject({
      registry: 'plane',
      artifact: {
        kind: 'files',
        files: [{ uri: `mlflow-artifacts:/1/models/${loggedModel}/artifacts` }],
      },
      lineage: { run, datasets: ['iris'], commit: 'abc123' },
      // The last value of the logged model, not that of the run, and no value that is not a number.
      metrics: { accuracy: 0.97 },
      signature,
      raw: { source: `models:/${loggedModel}`, run_id: run },
    })
  })

  it('costs one call a look once its facts are known', async () => {
    const { mlflow, registry } = await mlflowScene()
    logModel(mlflow, 'iris')
    mlflow.world.setAlias('iris', 'champion', '1')
    const first = await registry.resolve(byVersion('iris'))
    expect(mlflow.calls).toHaveLength(4)
    expect(await registry.resolve(byVersion('iris'))).toEqual(first)
    await registry.resolve({ registry: 'plane', name: 'iris', alias: 'champion' })
    mlflow.world.version('iris', '1').tags.set('modelspine.approval', 'approved')
    await registry.resolve({ registry: 'plane', name: 'iris', alias: 'latest-approved' })
    expect(mlflow.calls.slice(4).map((call) => call.split('?')[0])).toEqual([
      'GET /model-versions/get',
      'GET /registered-models/alias',
      'GET /model-versions/search',
    ])
  })

  it('never has tags, approval or aliases from memory', async () => {
    const { mlflow, registry } = await mlflowScene()
    logModel(mlflow, 'iris')
    await registry.resolve(byVersion('iris'))
    mlflow.world.version('iris', '1').tags.set('modelspine.approval', 'approved').set('team', 'risk')
    mlflow.world.setAlias('iris', 'champion', '1')
    expect(await registry.resolve(byVersion('iris'))).toMatchObject({
      approval: 'approved',
      tags: { team: 'risk' },
      aliases: ['champion'],
    })
  })

  it('is asked about again while its run is under way, and a minute later', async () => {
    const { mlflow, registry, clock } = await mlflowScene()
    logModel(mlflow, 'iris', 'RUNNING')
    const artifact_uri = `mlflow-artifacts:/1/models/${loggedModel}/artifacts`
    mlflow.world.loggedModels.set(loggedModel, { info: { artifact_uri } })
    const first = await registry.resolve(byVersion('iris'))
    expect(first.metrics).toEqual({ accuracy: 0.5 })
    mlflow.world.runs.set(run, { info: { status: 'FINISHED' }, data: { metrics: [{ key: 'f1', value: 1 }] } })
    expect((await registry.resolve(byVersion('iris'))).metrics).toEqual({ accuracy: 0.5 })
    await clock.advance(60_000)
    expect((await registry.resolve(byVersion('iris'))).metrics).toEqual({ f1: 1 })
    const asked = mlflow.calls.length
    await clock.advance(600_000)
    await registry.resolve(byVersion('iris'))
    expect(mlflow.calls).toHaveLength(asked + 1)
  })

  it('resolves although its files cannot be read, and is asked for its signature later', async () => {
    const { mlflow, registry, clock } = await mlflowScene()
    logModel(mlflow, 'iris')
    mlflow.intercept = (call) =>
      call.includes('/artifacts/') ? { status: 503, body: 'no store' } : undefined
    expect((await registry.resolve(byVersion('iris'))).signature).toBeUndefined()
    mlflow.intercept = () => undefined
    await clock.advance(60_000)
    expect((await registry.resolve(byVersion('iris'))).signature).toEqual(signature)
  })

  it('has no facts of a run that we may not see, until we may', async () => {
    const { mlflow, registry, clock } = await mlflowScene()
    logModel(mlflow, 'iris')
    mlflow.intercept = (call) =>
      call.startsWith('GET /runs') ? { status: 403, body: 'Permission denied' } : undefined
    expect((await registry.resolve(byVersion('iris'))).lineage).toEqual({ run })
    mlflow.intercept = () => undefined
    await clock.advance(60_000)
    expect((await registry.resolve(byVersion('iris'))).lineage).toMatchObject({ commit: 'abc123' })
  })

  it('does not resolve while MLflow cannot tell about its run', async () => {
    const { mlflow, registry } = await mlflowScene()
    logModel(mlflow, 'iris')
    mlflow.intercept = (call) => (call.startsWith('GET /runs') ? { status: 500 } : undefined)
    await expect(registry.resolve(byVersion('iris'))).rejects.toMatchObject({
      code: 'registry-unavailable',
      retryable: true,
    })
  })

  it('is another one when its model was deleted and made again', async () => {
    const { mlflow, registry } = await mlflowScene()
    mlflow.world.createModel('iris')
    mlflow.world.createVersion({ name: 'iris', source: 's3://a' })
    const before = await registry.resolve(byVersion('iris'))
    mlflow.world.models.delete('iris')
    mlflow.world.createModel('iris')
    mlflow.world.createVersion({ name: 'iris', source: 's3://b' })
    const after = await registry.resolve(byVersion('iris'))
    expect([before.artifact, after.artifact]).toMatchObject([
      { files: [{ uri: 's3://a' }] },
      { files: [{ uri: 's3://b' }] },
    ])
  })

  it('remembers the facts of no more versions than it may', async () => {
    const { mlflow, registry } = await mlflowScene({ rememberedVersions: 2 })
    mlflow.world.createModel('iris')
    for (const source of ['s3://a', 's3://b', 's3://c']) mlflow.world.createVersion({ name: 'iris', source })
    const costOf = async (version: string): Promise<number> => {
      const asked = mlflow.calls.length
      await registry.resolve(byVersion('iris', version))
      return mlflow.calls.length - asked
    }
    const costs: number[] = []
    // The first is asked for again before the third comes, so the second is forgotten.
    for (const version of ['1', '2', '1', '3', '1', '2']) costs.push(await costOf(version))
    expect(costs.map((cost) => cost > 1)).toEqual([true, true, false, true, false, true])
  })
})

describe('a version of MLflow 1 or 2', () => {
  it('has the address of its run’s files, and the signature of the run’s tag', async () => {
    const { mlflow, registry } = await mlflowScene()
    const logged = {
      artifact_path: 'nested/model',
      signature: { inputs: '[{"type":"float","name":"x"}]', outputs: '[{"type":"long"}]' },
    }
    mlflow.world.runs.set(run, {
      info: { status: 'FINISHED', artifact_uri: `s3://bucket/1/${run}/artifacts` },
      data: { tags: [{ key: 'mlflow.log-model.history', value: JSON.stringify([{}, logged]) }] },
    })
    mlflow.world.createModel('old')
    mlflow.world.createVersion({ name: 'old', source: `runs:/${run}/nested/model`, run_id: run })
    const found = await registry.resolve(byVersion('old'))
    expect(found.artifact).toEqual({
      kind: 'files',
      files: [{ uri: `s3://bucket/1/${run}/artifacts/nested/model` }],
    })
    expect(found.signature).toEqual({
      inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 1] }],
      outputs: [{ name: 'output-0', datatype: 'INT64', shape: [-1, 1] }],
    })
    expect(mlflow.calls.filter((call) => call.includes('MLmodel'))).toEqual([])
  })

  it('is asked for the MLmodel through MLflow where the store is another one', async () => {
    const { mlflow, registry } = await mlflowScene()
    mlflow.world.createModel('old')
    mlflow.world.createVersion({ name: 'old', source: 's3://bucket/model' })
    mlflow.intercept = (call) =>
      call.startsWith('GET /model-versions/get-artifact?') ? { status: 200, body: mlmodel } : undefined
    expect((await registry.resolve(byVersion('old'))).signature).toEqual(signature)
    expect(mlflow.calls).toContain('GET /model-versions/get-artifact?name=old&version=1&path=MLmodel')
  })

  it('has its approval from the stage, when the options say so and no tag does', async () => {
    const { mlflow, registry } = await mlflowScene({
      stages: { Production: 'approved', Archived: 'rejected' },
      tags: { approval: 'validation' },
    })
    mlflow.world.createModel('old')
    for (const stage of ['Archived', 'Production', 'Production', 'None']) {
      mlflow.world.createVersion({ name: 'old', source: 's3://m' }).stage = stage
    }
    mlflow.world.version('old', '3').tags.set('validation', 'pending')
    const approvals: string[] = []
    for await (const { approval } of registry.versions('old')) approvals.push(approval)
    expect(approvals).toEqual(['rejected', 'approved', 'pending', 'unknown'])
    const latest = await registry.resolve({ registry: 'plane', text: 'old' })
    expect(latest.version).toBe('2')
  })
})

describe('a version that was made from another one', () => {
  it('has that one as its parent', async () => {
    const { mlflow, registry } = await mlflowScene()
    mlflow.world.createModel('copy')
    mlflow.world.createVersion({ name: 'copy', source: 'models:/churn/7' })
    expect((await registry.resolve(byVersion('copy'))).lineage).toEqual({ parents: ['churn:7'] })
  })
})
