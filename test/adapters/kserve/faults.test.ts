import { inspect } from 'node:util'
import { type ModelspineError, secretOf } from 'modelspine/adapter'
import { afterEach, describe, expect, it } from 'vitest'
import { callOptions, converge, key, secretValue, wantOf } from './converge.ts'
import type { Json } from './kubernetes-world.ts'
import { revision } from './revision.ts'
import { kserveScene, type Scene } from './scene.ts'
import { type ScriptedReply, status } from './scripted-kubernetes.ts'

const first = revision(1)
const token = 'kubernetes-token-9a2e'

let ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends) await end()
  ends = []
})

async function scene(more: Parameters<typeof kserveScene>[1] = {}): Promise<Scene> {
  const made = await kserveScene('knative', more, () => secretOf(token))
  ends.push(made.close)
  return made
}

async function failureOf(call: Promise<unknown>): Promise<ModelspineError> {
  return call.then(
    (answer) => expect.unreachable(`the call answered ${inspect(answer)}`),
    (error: ModelspineError) => error,
  )
}

function reply(code: number, reason: string, message: string, details: Json = {}): ScriptedReply {
  return { status: code, body: JSON.stringify(status(code, reason, message, details)) }
}

describe('an answer of the API server', () => {
  it.each<[string, ScriptedReply, Partial<ModelspineError>]>([
    ['that RBAC forbids it', reply(403, 'Forbidden', 'User "spine" cannot patch resource'), { code: 'auth' }],
    [
      'of a webhook that denies',
      reply(403, 'Forbidden', 'admission webhook "kserve" denied the request: no'),
      { code: 'target-refused' },
    ],
    [
      'that a value is wrong',
      reply(422, 'Invalid', 'spec.predictor.minReplicas: Invalid value'),
      { code: 'target-refused' },
    ],
    [
      'that a member is unknown',
      reply(500, '', 'failed to create typed patch object: .spec.x: field not declared in schema'),
      { code: 'target-refused' },
    ],
    [
      'that a quota is used up',
      reply(403, 'Forbidden', 'exceeded quota: models'),
      { code: 'target-unavailable', retryable: true },
    ],
    [
      'that the namespace goes',
      reply(403, 'Forbidden', 'unable to create: namespace kit is being terminated'),
      { code: 'target-unavailable', retryable: true },
    ],
    [
      'that it is overloaded',
      { ...reply(429, 'TooManyRequests', 'too many'), headers: { 'retry-after': '7' } },
      { code: 'target-unavailable', retryable: true, retryAfterMs: 7000 },
    ],
    [
      'of its own fault',
      reply(500, 'InternalError', 'etcdserver: request timed out'),
      { code: 'target-unavailable', retryable: true },
    ],
    [
      'of a proxy',
      { status: 502, body: '<html>bad gateway</html>' },
      { code: 'target-unavailable', retryable: true },
    ],
    [
      'that points elsewhere',
      { status: 302, headers: { location: `http://elsewhere.example.com/?t=${token}` } },
      { code: 'target-unavailable', retryable: false },
    ],
    ['that is a page', { status: 200, body: '<!doctype html><p>hello' }, { code: 'target-unavailable' }],
    ['that is another object', { status: 200, body: '{"kind":"Surprise"}' }, { code: 'target-unavailable' }],
  ])('%s has its meaning', async (_, answer, expected) => {
    const { api, target } = await scene()
    api.intercept = (call) => (call.startsWith('PATCH /inferenceservices') ? answer : undefined)
    const plain = { ...first, runtime: { ...first.runtime, secrets: {} } }
    const error = await failureOf(target.apply(key, wantOf([plain]), callOptions()))
    expect(error).toMatchObject(expected)
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(token)
  })

  it('that there is no such kind is no empty observation', async () => {
    const { api, target } = await scene()
    api.intercept = () => reply(404, 'NotFound', 'the server could not find the requested resource')
    expect(await failureOf(target.observe(key))).toMatchObject({
      code: 'target-refused',
      message: expect.stringContaining('KServe is not known to this cluster'),
    })
    api.intercept = () => ({ status: 404, body: '404 page not found' })
    expect(await failureOf(target.observe(key))).toMatchObject({ code: 'target-unavailable' })
    expect(await failureOf(target.list())).toMatchObject({ code: 'target-unavailable' })
  })

  it('that is larger than allowed is not read', async () => {
    const { api, target } = await scene({ maxReplyBytes: 10_000 })
    api.intercept = () => ({ status: 200, body: ' '.repeat(20_000) })
    expect(await failureOf(target.observe(key))).toMatchObject({ code: 'target-unavailable' })
  })

  it('with members that nobody knows is read, and a status of another shape is a fault', async () => {
    const made = await scene()
    await converge(made, wantOf([first]))
    const { world } = made.api
    const { status: known } = world.find('inferenceservices', 'churn')
    world.writeStatus('churn', { ...known, novelty: { a: 1 } })
    expect((await made.target.observe(key)).revisions).toMatchObject([{ state: 'ready' }])
    world.writeStatus('churn', { conditions: 'all fine' })
    expect(await failureOf(made.target.observe(key))).toMatchObject({ code: 'target-unavailable' })
  })
})

describe('an API server that takes no connection', () => {
  const notSent = {
    kind: 'not-sent',
    reason: 'NoConnection',
    message: expect.stringContaining('connection refused'),
  }

  it('got nothing of an apply or a destroy', async () => {
    const { api, target } = await scene()
    await api.close()
    expect(await target.apply(key, wantOf([first]), callOptions())).toEqual(notSent)
    expect(await target.destroy(key, callOptions())).toMatchObject({ kind: 'not-sent' })
  })

  it.each([
    ['got nothing when it was only read before', 'GET /configmaps', 'not-sent'],
    ['may have got something after a write', 'PATCH /configmaps', 'target-unavailable'],
  ])('%s', async (_, last, expected) => {
    const { api, target } = await scene()
    api.afterwards = (call, response) => {
      if (!call.startsWith(last)) return undefined
      response.setHeader('connection', 'close')
      api.server.close()
      return undefined
    }
    const answer = await target.apply(key, wantOf([first]), callOptions()).then(
      ({ kind }) => kind,
      ({ code }: ModelspineError) => code,
    )
    expect(answer).toBe(expected)
    expect(api.calls.at(-1)).toContain(last)
  })

  it('may have got a call whose answer was lost', async () => {
    const { api, target } = await scene()
    api.afterwards = (call, response) => {
      if (!call.startsWith('PATCH')) return undefined
      response.socket?.destroy()
      return 'answered'
    }
    const error = await failureOf(target.apply(key, wantOf([first]), callOptions()))
    expect(error.code).toBe('target-unavailable')
  })
})

describe('another writer', () => {
  it('meanwhile is seen: the write is made anew with the newer version', async () => {
    const made = await scene()
    await converge(made, wantOf([first]))
    let left = 2
    made.api.intercept = (call) => {
      if (!call.startsWith('PATCH /inferenceservices') || left === 0) return undefined
      left -= 1
      made.api.world.writeStatus('churn', {
        ...made.api.world.find('inferenceservices', 'churn').status,
        left,
      })
      return undefined
    }
    const scaled = { ...wantOf([first]), scale: { min: 2, max: 2 } }
    expect(await made.target.apply(key, scaled, callOptions())).toEqual({ kind: 'accepted' })
    expect(left).toBe(0)
  })

  it('without end is a conflict', async () => {
    const made = await scene()
    await converge(made, wantOf([first]))
    made.api.intercept = (call) =>
      call.startsWith('PATCH /inferenceservices')
        ? reply(409, 'Conflict', 'the object has been modified')
        : undefined
    const scaled = { ...wantOf([first]), scale: { min: 2, max: 2 } }
    expect(await failureOf(made.target.apply(key, scaled, callOptions()))).toMatchObject({ code: 'conflict' })
  })

  it('of the declaration is a conflict with the etag, and one of the status is not', async () => {
    const made = await scene()
    await converge(made, wantOf([first]))
    const { etag = '' } = await made.target.observe(key)
    made.api.world.writeStatus('churn', {
      ...made.api.world.find('inferenceservices', 'churn').status,
      more: 1,
    })
    const scaled = { ...wantOf([first]), scale: { min: 2, max: 2 } }
    expect(await made.target.apply(key, scaled, callOptions({ ifMatch: etag }))).toEqual({ kind: 'accepted' })
    const again = made.target.apply(key, wantOf([first]), callOptions({ ifMatch: etag }))
    expect(await failureOf(again)).toMatchObject({ code: 'conflict' })
  })
})

describe('an object that is not ours', () => {
  const foreign = ({ api }: Scene, sort: string, name: string): void => {
    const body = { metadata: { name }, spec: { predictor: { minReplicas: 7 } } }
    api.world.apply(sort, name, body, { manager: 'kubectl', force: false, dryRun: false })
  }

  it.each([
    ['inferenceservices', 'churn'],
    ['configmaps', 'churn.modelspine'],
    ['secrets', `churn.${first.name}`],
  ])('is left alone among %s', async (sort, name) => {
    const made = await scene()
    foreign(made, sort, name)
    const before = structuredClone(made.api.world.find(sort, name))
    const refusal = { code: 'target-refused', message: expect.stringContaining('is not of this target') }
    expect(await failureOf(made.target.apply(key, wantOf([first]), callOptions()))).toMatchObject(refusal)
    if (sort !== 'secrets') {
      expect(await failureOf(made.target.destroy(key, callOptions()))).toMatchObject(refusal)
    }
    expect(made.api.world.find(sort, name)).toEqual(before)
  })
})

describe('secrets', () => {
  it('are in a Secret of their revision and nowhere else, and go with the revision', async () => {
    const made = await scene()
    const [, second] = [first, revision(2)]
    await converge(made, wantOf([first, second]))
    const encoded = Buffer.from(secretValue).toString('base64')
    const { world } = made.api
    expect(world.all('secrets').map(({ metadata }) => metadata.name)).toEqual([
      `churn.${first.name}`,
      `churn.${second.name}`,
    ])
    for (const sort of ['inferenceservices', 'configmaps']) {
      expect(JSON.stringify(world.all(sort))).not.toMatch(new RegExp(`${secretValue}|${encoded}`))
    }
    await converge(made, wantOf([first, second], [0, 100]))
    await converge(made, wantOf([second]))
    expect(world.all('secrets').map(({ metadata }) => metadata.name)).toEqual([`churn.${second.name}`])
    const reads = made.api.requests.filter(({ call }) => call.startsWith('GET /secrets'))
    expect(reads.every(({ headers }) => headers.accept?.includes('PartialObjectMetadata'))).toBe(true)
    for (let call = 0; call < 6; call += 1) await made.target.destroy(key, callOptions())
    expect([...world.objects.keys()]).toEqual([])
  })

  it('are gone when their revision is no longer observed, because then nobody calls again', async () => {
    const made = await scene()
    const second = revision(2)
    await converge(made, wantOf([first, second]))
    await converge(made, wantOf([first, second], [0, 100]))
    const isShown = async (): Promise<boolean> =>
      (await made.target.observe(key)).revisions.some(({ revision: name }) => name === first.name)
    while (await isShown()) {
      await made.target.apply(key, wantOf([second]), callOptions())
      made.api.kserve.reconcile(true)
    }
    expect(made.api.world.all('secrets').map(({ metadata }) => metadata.name)).toEqual([
      `churn.${second.name}`,
    ])
  })

  it('come back when their revision is wanted again before it was removed', async () => {
    const made = await scene()
    const second = revision(2)
    const { world } = made.api
    const name = `churn.${first.name}`
    await converge(made, wantOf([first, second], [0, 100]))
    await made.target.apply(key, wantOf([second]), callOptions())
    expect(() => world.find('secrets', name)).toThrow('not found')
    await converge(made, wantOf([first, second], [50, 50]))
    expect(world.find('secrets', name)).toMatchObject({ type: 'Opaque' })
  })

  it('come back when somebody has deleted them, also while KServe is waited for', async () => {
    const made = await scene()
    const want = wantOf([first, revision(2)])
    await made.target.apply(key, wantOf([first]), callOptions())
    await made.target.apply(key, wantOf([first]), callOptions())
    expect(await made.target.apply(key, want, callOptions())).toMatchObject({ kind: 'busy' })
    made.api.world.forget('secrets', `churn.${first.name}`, false)
    expect(await made.target.apply(key, want, callOptions())).toEqual({ kind: 'accepted' })
    made.api.world.find('secrets', `churn.${first.name}`)
    await converge(made, want)
    const names = (): readonly string[] => made.api.world.all('secrets').map(({ metadata }) => metadata.name)
    const before = names()
    for (const each of before) made.api.world.forget('secrets', each, false)
    await converge(made, want)
    expect(names()).toEqual(before)
  })

  it('are in no error, also when the API server repeats them as it got them', async () => {
    const { api, target } = await scene()
    api.intercept = (call) => {
      const { body = '' } = api.requests.at(-1) ?? {}
      return call.startsWith('PATCH /secrets')
        ? reply(422, 'Invalid', `bad: ${secretValue} ${body}`)
        : undefined
    }
    const error = await failureOf(target.apply(key, wantOf([first]), callOptions()))
    expect(error.code).toBe('target-refused')
    const all = inspect(error, { depth: 9, showHidden: true })
    expect(all).not.toContain(secretValue)
    expect(all).not.toContain(Buffer.from(secretValue).toString('base64'))
  })
})
