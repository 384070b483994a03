import { afterEach, describe, expect, it } from 'vitest'
import { callOptions, converge, key, wantOf } from './converge.ts'
import type { Json } from './kubernetes-world.ts'
import { revision } from './revision.ts'
import { kserveScene, type Scene } from './scene.ts'
import { status } from './scripted-kubernetes.ts'

let ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends) await end()
  ends = []
})

async function scene(): Promise<Scene> {
  const made = await kserveScene('knative')
  ends.push(made.close)
  return made
}

describe('the requests of a target on KServe', () => {
  it('apply whole objects under our name, strictly and by force, with the version that was read', async () => {
    const made = await scene()
    await converge(made, wantOf([revision(1)]))
    const { resourceVersion, uid } = made.api.world.find('inferenceservices', 'churn').metadata
    await made.target.apply(key, { ...wantOf([revision(1)]), scale: { min: 2, max: 3 } }, callOptions())
    const writes = made.api.requests.filter(({ call }) => !call.startsWith('GET'))
    const query = '?fieldManager=modelspine&force=true&fieldValidation=Strict'
    expect(writes.map(({ call }) => call)).toEqual([
      `PATCH /configmaps/churn.modelspine${query}`,
      `PATCH /configmaps/churn.modelspine${query}`,
      `PATCH /secrets/churn.a1b2c3d4e5${query}`,
      `PATCH /inferenceservices/churn${query}`,
      `PATCH /inferenceservices/churn${query}`,
    ])
    const guards = writes.map(({ body }) => {
      const { metadata } = JSON.parse(body) as { metadata: Json }
      return [metadata.resourceVersion, metadata.uid]
    })
    const record = made.api.world.find('configmaps', 'churn.modelspine').metadata
    // No object has the version 1, so what is made is never written over something that came meanwhile.
    const absent = ['1', undefined]
    expect(guards).toEqual([absent, [expect.any(String), record.uid], absent, absent, [resourceVersion, uid]])
    expect(new Set(writes.map(({ headers }) => headers['content-type']))).toEqual(
      new Set(['application/apply-patch+yaml']),
    )
  })

  it('bring a revision as its declaration says', async () => {
    const made = await scene()
    await converge(made, wantOf([revision(1)]))
    const { metadata, spec } = made.api.world.find('inferenceservices', 'churn')
    expect(metadata).toMatchObject({
      labels: { 'app.kubernetes.io/managed-by': 'modelspine' },
      annotations: { 'modelspine.dev/key': 'default/churn', 'serving.kserve.io/deploymentMode': 'Knative' },
    })
    expect(spec).toEqual({
      predictor: {
        annotations: {
          'modelspine.dev/revision': 'a1b2c3d4e5',
          'modelspine.dev/lineage': '{"generation":1}',
          'modelspine.dev/endpoint': '{"protocol":"open-inference"}',
        },
        minReplicas: 1,
        maxReplicas: 1,
        model: {
          modelFormat: { name: 'sklearn' },
          protocolVersion: 'v2',
          storageUri: 's3://models/churn-1',
          args: ['--workers=2'],
          resources: {
            requests: { cpu: '500m', memory: '1Gi' },
            limits: { cpu: '500m', memory: '1Gi' },
          },
          env: [
            { name: 'MODELSPINE_REVISION', value: 'a1b2c3d4e5' },
            { name: 'THREADS', value: '4' },
            { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'churn.a1b2c3d4e5', key: 'TOKEN' } } },
          ],
        },
      },
    })
  })

  it('delete what was read, and nothing that took its name meanwhile', async () => {
    const made = await scene()
    await converge(made, wantOf([revision(1)]))
    const { uid, resourceVersion } = made.api.world.find('inferenceservices', 'churn').metadata
    for (let call = 0; call < 4; call += 1) await made.target.destroy(key, callOptions())
    const [first, ...others] = made.api.requests.filter(({ call }) => call.startsWith('DELETE'))
    expect(JSON.parse(first?.body ?? '')).toEqual({
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      propagationPolicy: 'Background',
      preconditions: { uid, resourceVersion },
    })
    expect(others.map(({ call }) => call)).toEqual([
      'DELETE /secrets/churn.a1b2c3d4e5',
      'DELETE /configmaps/churn.modelspine',
    ])
  })

  it('of a check are dry runs: nothing is written, and warnings are passed on', async () => {
    const made = await scene()
    await converge(made, wantOf([revision(1)]))
    const before = structuredClone([...made.api.world.objects])
    made.api.calls.length = 0
    made.api.intercept = (call, response) => {
      if (call.includes('dryRun=All')) {
        response.setHeader('warning', '299 - "runtime \\"old\\" goes", 299 - "second"')
      }
      return undefined
    }
    expect(await made.target.check(key, wantOf([revision(1), revision(2)]))).toEqual({
      kind: 'accepted',
      warnings: ['runtime "old" goes', 'second'],
    })
    expect(made.api.calls.map((call) => call.split('?')[0])).toEqual([
      'GET /inferenceservices/churn',
      'PATCH /inferenceservices/churn',
    ])
    expect([...made.api.world.objects]).toEqual(before)
  })

  it('of a check tell a permission that is missing, and not credentials that are refused', async () => {
    const { api, target } = await scene()
    const forbidden = 'User "spine" cannot patch resource "inferenceservices" in the namespace "kit"'
    const answers = (code: number, reason: string, message: string): void => {
      api.intercept = (call) =>
        call.includes('dryRun=All')
          ? { status: code, body: JSON.stringify(status(code, reason, message)) }
          : undefined
    }
    answers(403, 'Forbidden', forbidden)
    expect(await target.check(key, wantOf([revision(1)]))).toEqual({
      kind: 'refused',
      reason: 'Forbidden',
      message: expect.stringContaining(forbidden),
    })
    answers(401, 'Unauthorized', 'the token has expired')
    await expect(target.check(key, wantOf([revision(1)]))).rejects.toMatchObject({ code: 'auth' })
  })

  it('are not made any more after the target was closed', async () => {
    const { target } = await scene()
    await target.close()
    await expect(target.observe(key)).rejects.toMatchObject({ code: 'stopped' })
    await expect(target.apply(key, wantOf([revision(1)]), callOptions())).rejects.toMatchObject({
      code: 'stopped',
    })
  })
})

describe('the record of the fence', () => {
  it('is written when the leader changes, and not at every call', async () => {
    const made = await scene()
    // Stores grant numbers that are as large.
    const call = { fence: Number.MAX_SAFE_INTEGER, store: 'store-one' }
    const plain = { ...revision(1), runtime: { env: {}, secrets: {}, resources: {} } }
    await converge(made, wantOf([plain]), call)
    await converge(made, { ...wantOf([plain]), scale: { min: 2, max: 2 } }, call)
    const { data } = made.api.world.find('configmaps', 'churn.modelspine')
    expect(data).toEqual({ fence: '9007199254740991', store: 'store-one' })
    const writes = made.api.calls.filter((call) => call.startsWith('PATCH /configmaps'))
    expect(writes).toHaveLength(1)
  })

  it('that somebody has damaged stops the target, instead of letting every fence in', async () => {
    const made = await scene()
    await converge(made, wantOf([revision(1)]))
    const there = made.api.world.find('configmaps', 'churn.modelspine')
    there.data = { fence: 'seven' }
    await expect(made.target.apply(key, wantOf([revision(1)]), callOptions())).rejects.toMatchObject({
      code: 'target-refused',
      message: expect.stringContaining('"seven"'),
    })
  })
})
