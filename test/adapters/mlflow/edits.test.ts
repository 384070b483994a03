import type { NewModelVersion } from 'modelspine/adapter'
import type { FakeClock } from 'modelspine/testing'
import { describe, expect, it } from 'vitest'
import { byVersion, loggedModel, mlflowScene } from './scene.ts'

const fresh: NewModelVersion = { name: 'churn', artifact: { kind: 'files', files: [{ uri: 's3://m/1' }] } }

/** Lets waits end, until the call is done. */
async function whileTimePasses<Answer>(clock: FakeClock, call: Promise<Answer>): Promise<Answer> {
  let isDone = false
  const end = (): void => {
    isDone = true
  }
  call.then(end, end)
  while (!isDone) {
    await clock.advance(500)
    await new Promise(setImmediate)
  }
  return call
}

describe('registering', () => {
  it('finds the version that an earlier call made whose answer was lost', async () => {
    const { mlflow, registry } = await mlflowScene()
    mlflow.afterwards = (call, response) => {
      if (!call.startsWith('POST /model-versions/create')) return undefined
      mlflow.afterwards = () => undefined
      response.socket?.destroy()
      return 'answered'
    }
    expect((await registry.register(fresh)).version).toBe('1')
    expect((await registry.register({ ...fresh, approval: 'approved' })).version).toBe('1')
    const other = { ...fresh, metrics: { accuracy: 0.5 } }
    expect((await registry.register(other)).version).toBe('2')
    expect(mlflow.world.model('churn').versions.size).toBe(2)
  })

  it('tries again when MLflow gives up in a race, and not before it has looked', async () => {
    const { mlflow, registry, clock } = await mlflowScene()
    let refusals = 2
    mlflow.intercept = (call) => {
      if (!call.startsWith('POST /model-versions/create') || refusals === 0) return undefined
      refusals -= 1
      return { status: 500, body: '{"error_code":"INTERNAL_ERROR","message":"Giving up after 3 attempts."}' }
    }
    expect((await whileTimePasses(clock, registry.register(fresh))).version).toBe('1')
    const calls = mlflow.calls.map((call) => call.split('?')[0])
    const creates = calls.flatMap((call, place) => (call === 'POST /model-versions/create' ? [place] : []))
    expect(creates).toHaveLength(3)
    for (const place of creates) expect(calls[place - 1]).toBe('GET /model-versions/search')
  })

  it('goes on when another writer has just made the model', async () => {
    const { mlflow, registry } = await mlflowScene()
    mlflow.intercept = (call) => {
      if (call.startsWith('POST /registered-models/create')) mlflow.world.createModel('churn')
      return undefined
    }
    expect((await registry.register(fresh)).version).toBe('1')
  })

  it('names the run or the logged model that an address in MLflow’s own store belongs to', async () => {
    const { mlflow, registry } = await mlflowScene()
    const at = (uri: string, run?: string): NewModelVersion => ({
      name: 'churn',
      artifact: { kind: 'files', files: [{ uri }] },
      ...(run !== undefined && { lineage: { run } }),
    })
    await registry.register(at('mlflow-artifacts:/1/r1/artifacts/model', 'r1'))
    await registry.register(at(`mlflow-artifacts:/1/models/${loggedModel}/artifacts`))
    await registry.register(at('runs:/r2/model')).catch(() => {})
    const { versions } = mlflow.world.model('churn')
    expect([...versions.values()].map(({ runId, modelId }) => [runId, modelId])).toEqual([
      ['r1', ''],
      ['', loggedModel],
      ['r2', ''],
    ])
    await expect(registry.register(at('mlflow-artifacts:/1/r9/artifacts/model'))).rejects.toMatchObject({
      code: 'invalid-options',
    })
  })

  it.each<[string, Partial<NewModelVersion>, string]>([
    ['a hosted model', { artifact: { kind: 'hosted', provider: 'openai', model: 'x' } }, 'artifact.kind'],
    ['several files', { artifact: { kind: 'files', files: [{ uri: 'a' }, { uri: 'b' }] } }, 'artifact.files'],
    ['a number that is not the next', { version: '7' }, 'version'],
    ['a name as version', { version: 'v1' }, 'version'],
    [
      'a tag that has another use',
      { tags: { 'modelspine.approval': 'approved' } },
      'tags.modelspine.approval',
    ],
  ])('refuses %s, and names the field', async (_what, wrong, field) => {
    const { mlflow, registry } = await mlflowScene()
    await expect(registry.register({ ...fresh, ...wrong })).rejects.toMatchObject({
      code: 'invalid-options',
      details: { field },
    })
    expect([...mlflow.world.models]).toEqual([])
  })

  it('removes its version again when MLflow gave it another number than the one asked for', async () => {
    const { mlflow, registry } = await mlflowScene()
    mlflow.world.createModel('churn')
    mlflow.world.createVersion({ name: 'churn', source: 's3://m/0' })
    mlflow.world.deleteVersion('churn', '1')
    await expect(registry.register({ ...fresh, version: '1' })).rejects.toMatchObject({ code: 'conflict' })
    expect(mlflow.world.model('churn').versions.size).toBe(0)
  })

  it('waits until the version is ready', async () => {
    const { mlflow, registry, clock } = await mlflowScene()
    mlflow.afterwards = (call) => {
      if (call.startsWith('POST /model-versions/create')) {
        mlflow.world.version('churn', '1').status = 'PENDING_REGISTRATION'
      }
      return undefined
    }
    const done = registry.register(fresh)
    while (clock.pendingTimers === 0) await new Promise(setImmediate)
    mlflow.world.version('churn', '1').status = 'READY'
    expect((await whileTimePasses(clock, done)).version).toBe('1')
  })
})

describe('setting', () => {
  it('writes nothing that is there already', async () => {
    const { mlflow, registry } = await mlflowScene()
    await registry.register({ ...fresh, approval: 'approved', tags: { team: 'risk' } })
    await registry.setAlias('churn', 'champion', '1')
    const asked = mlflow.calls.length
    await registry.setAlias('churn', 'champion', '1')
    await registry.setApproval('churn', '1', 'approved')
    await registry.setTags('churn', '1', { team: 'risk', gone: null })
    expect(mlflow.calls.slice(asked).filter((call) => !call.startsWith('GET'))).toEqual([])
  })

  it.each([
    ['an approval', 'modelspine.approval'],
    ['the facts of the registration', 'modelspine.facts'],
  ])('does not take %s for a tag', async (_what, tag) => {
    const { registry } = await mlflowScene()
    await registry.register(fresh)
    await expect(registry.setTags('churn', '1', { [tag]: 'approved' })).rejects.toMatchObject({
      code: 'invalid-options',
    })
    expect((await registry.resolve(byVersion('churn'))).approval).toBe('unknown')
  })

  it('changes owner and classification by their tags, which are no tags of the version', async () => {
    const { registry } = await mlflowScene({ tags: { owner: 'team' } })
    await registry.register({ ...fresh, owner: 'risk', classification: 'pii' })
    await registry.setTags('churn', '1', { team: 'fraud', region: 'eu' })
    expect(await registry.resolve(byVersion('churn'))).toMatchObject({
      owner: 'fraud',
      classification: 'pii',
      tags: { region: 'eu' },
    })
  })

  it.each(['latest', 'v1', 'a b'])('refuses an alias that MLflow cannot have: %j', async (alias) => {
    const { mlflow, registry } = await mlflowScene()
    await registry.register(fresh)
    if (alias === 'latest') {
      mlflow.intercept = (call) =>
        call.startsWith('POST /registered-models/alias')
          ? { status: 400, body: '{"error_code":"INVALID_PARAMETER_VALUE","message":"reserved."}' }
          : undefined
    }
    await expect(registry.setAlias('churn', alias, '1')).rejects.toMatchObject({ code: 'invalid-reference' })
  })

  it('throws conflict when the alias is there again after it was removed', async () => {
    const { mlflow, registry } = await mlflowScene()
    await registry.register(fresh)
    await registry.setAlias('churn', 'champion', '1')
    mlflow.afterwards = (call) => {
      if (call.startsWith('DELETE /registered-models/alias')) mlflow.world.setAlias('churn', 'champion', '1')
      return undefined
    }
    await expect(registry.setAlias('churn', 'champion', null)).rejects.toMatchObject({ code: 'conflict' })
  })

  it('says which tag was written by hand into something else', async () => {
    const { mlflow, registry } = await mlflowScene()
    await registry.register({ ...fresh, metrics: { accuracy: 1 } })
    mlflow.world.version('churn', '1').tags.set('modelspine.facts', '{"metrics":"good"}')
    await expect(registry.resolve(byVersion('churn'))).rejects.toMatchObject({
      code: 'registry-unavailable',
      details: { tag: 'modelspine.facts' },
    })
  })
})
