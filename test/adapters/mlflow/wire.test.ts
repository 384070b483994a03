import type { ServerResponse } from 'node:http'
import { isModelspineError, type ModelspineError } from 'modelspine/adapter'
import { describe, expect, it } from 'vitest'
import { nameFilter } from '../../../adapters/mlflow/mlflow-api.ts'
import { oddNames } from './odd-names.ts'
import { byVersion, mlflowScene } from './scene.ts'
import type { ScriptedReply } from './scripted-mlflow.ts'

async function failureOf(call: Promise<unknown>): Promise<ModelspineError> {
  const error = await call.then(
    () => expect.unreachable('the call did not fail'),
    (thrown: unknown) => thrown,
  )
  if (isModelspineError(error)) return error
  throw error
}

/** What resolving throws when MLflow answers so. */
async function meaningOf(
  reply: ScriptedReply | ((response: ServerResponse) => void),
): Promise<ModelspineError> {
  const { mlflow, registry } = await mlflowScene({ timeoutMs: 200, maxReplyBytes: 10_000 })
  mlflow.intercept = (_call, response) => {
    if (typeof reply !== 'function') return reply
    reply(response)
    return 'answered'
  }
  return failureOf(registry.resolve(byVersion('churn')))
}

const page = '<!doctype html>\n<html><title>You are not authenticated. Please see the docs'
const error = (error_code: string, message: string): string => JSON.stringify({ error_code, message })

describe('an answer of MLflow', () => {
  it.each<[string, ScriptedReply, string, boolean, RegExp]>([
    ['401 as a page', { status: 401, body: page }, 'auth', false, /refuses our credentials \(401\)$/],
    ['403 as a text', { status: 403, body: 'Permission denied' }, 'auth', false, /Permission denied/],
    ['404 of no MLflow', { status: 404, body: page }, 'registry-unavailable', false, /answered 404$/],
    ['429', { status: 429, headers: { 'retry-after': '9' } }, 'registry-unavailable', true, /429/],
    ['500', { status: 500, body: page }, 'registry-unavailable', true, /answered 500$/],
    [
      '503 from a proxy',
      { status: 503, body: 'no healthy upstream' },
      'registry-unavailable',
      true,
      /upstream/,
    ],
    ['a page instead of JSON', { status: 200, body: page }, 'registry-unavailable', true, /not JSON/],
    [
      'another form',
      { status: 200, body: '{"model_version":{}}' },
      'registry-unavailable',
      true,
      /model_version/,
    ],
    ['too many bytes', { status: 200, body: 'x'.repeat(20_000) }, 'registry-unavailable', false, /10000/],
    [
      'a redirect',
      { status: 302, headers: { location: 'http://other/login' } },
      'registry-unavailable',
      false,
      /302/,
    ],
    [
      'an error with a code that is not known',
      { status: 400, body: error('INVALID_STATE', 'odd') },
      'registry-unavailable',
      false,
      /odd/,
    ],
  ])('is told apart: %s', async (_what, reply, code, retryable, message) => {
    const failure = await meaningOf(reply)
    expect(failure).toMatchObject({ code, retryable })
    expect(failure.message).toMatch(message)
    expect(failure.message).not.toContain('doctype')
  })

  it('says how long to wait', async () => {
    expect(await meaningOf({ status: 429, headers: { 'retry-after': '9' } })).toMatchObject({
      retryAfterMs: 9000,
    })
  })

  it('may not come, or break off', async () => {
    expect(await meaningOf(() => {})).toMatchObject({ code: 'registry-unavailable', retryable: true })
    const cut = await meaningOf((response) => {
      response.writeHead(200, { 'content-length': '999' })
      response.write('{"model_version":', () => response.socket?.destroy())
    })
    expect(cut).toMatchObject({ code: 'registry-unavailable', retryable: true })
  })

  it('is read with numbers, texts and fields that are new', async () => {
    const { mlflow, registry } = await mlflowScene()
    const version = {
      name: 'churn',
      version: 3,
      creation_timestamp: 1795527714212,
      new: { a: 1 },
      tags: null,
    }
    mlflow.intercept = (call) => {
      const reply = call.includes('download-uri')
        ? { artifact_uri: 's3://m', more: true }
        : call.includes('model-versions/get?')
          ? { model_version: version, next: 1 }
          : undefined
      return reply && { status: 200, body: JSON.stringify(reply) }
    }
    expect(await registry.resolve(byVersion('churn', '3'))).toMatchObject({
      version: '3',
      createdAtMs: 1795527714212,
      approval: 'unknown',
      tags: {},
      raw: { new: { a: 1 } },
    })
  })
})

describe('a version that is not ready', () => {
  it.each([
    ['PENDING_REGISTRATION', true, /still being registered/],
    ['FAILED_REGISTRATION', false, /FAILED_REGISTRATION \(no disk\)/],
  ])('cannot be used: %s', async (status, retryable, message) => {
    const { mlflow, registry } = await mlflowScene()
    mlflow.world.createModel('churn')
    mlflow.world
      .createVersion({ name: 'churn', source: 's3://a' })
      .tags.set('modelspine.approval', 'approved')
    const second = mlflow.world.createVersion({ name: 'churn', source: 's3://b' })
    second.tags.set('modelspine.approval', 'approved')
    mlflow.world.setAlias('churn', 'next', '2')
    Object.assign(second, { status, statusMessage: 'no disk' })
    for (const reference of [byVersion('churn', '2'), { registry: 'plane', text: 'churn@next' }]) {
      const failure = await failureOf(registry.resolve(reference))
      expect(failure).toMatchObject({ code: 'model-not-found', retryable, details: { status } })
      expect(failure.message).toMatch(message)
    }
    expect((await registry.resolve({ registry: 'plane', text: 'churn' })).version).toBe('1')
    const listed: string[] = []
    for await (const { version } of registry.versions('churn')) listed.push(version)
    expect(listed).toEqual(['1'])
  })
})

describe('pages', () => {
  it('end with an error when the server repeats a token', async () => {
    const { mlflow, registry } = await mlflowScene()
    mlflow.world.createModel('churn')
    let token = 0
    mlflow.intercept = (call) => {
      if (!call.includes('/search')) return undefined
      token = (token + 1) % 3
      return { status: 200, body: JSON.stringify({ next_page_token: `t${token}` }) }
    }
    const all = async (): Promise<void> => {
      for await (const _ of registry.models());
    }
    expect(await failureOf(all())).toMatchObject({ code: 'registry-unavailable' })
    expect(mlflow.calls.length).toBeLessThan(6)
    expect(await failureOf(registry.resolve({ registry: 'plane', text: 'churn' }))).toMatchObject({
      code: 'registry-unavailable',
    })
  })

  it('may be empty and go on', async () => {
    const { mlflow, registry } = await mlflowScene()
    mlflow.world.createModel('churn')
    let first = true
    mlflow.intercept = (call) => {
      if (!call.includes('/search') || !first) return undefined
      first = false
      return { status: 200, body: JSON.stringify({ next_page_token: '0' }) }
    }
    const names: string[] = []
    for await (const { name } of registry.models()) names.push(name)
    expect(names).toEqual(['churn'])
  })
})

describe('names', () => {
  const odd = [...oddNames, 'a@b']

  it.each(odd)('of every kind are asked for as they are: %j', async (name) => {
    const { mlflow, registry } = await mlflowScene()
    const { world } = mlflow
    // The wildcard of a name with both quotes also matches this one.
    for (const each of new Set(['a-b-c', name])) {
      world.createModel(each)
      world.createVersion({ name: each, source: `s3://${each.length}` })
      world.version(each, '1').tags.set('modelspine.approval', 'approved')
    }
    await registry.setAlias(name, 'champion', '1')
    for (const alias of ['champion', 'latest-approved']) {
      expect((await registry.resolve({ registry: 'plane', name, alias })).name).toBe(name)
    }
    const listed: string[] = []
    for await (const each of registry.versions(name)) listed.push(`${each.name}:${each.version}`)
    expect(listed).toEqual([`${name}:1`])
  })

  it.each(['../x', 'a/b', 'a:b'])('that MLflow cannot have are refused: %j', async (name) => {
    const { registry } = await mlflowScene()
    for (const reference of [
      byVersion(name),
      { registry: 'plane', name, alias: 'champion' },
      { registry: 'plane', name, alias: 'latest-approved' },
    ]) {
      const { code } = await failureOf(registry.resolve(reference))
      expect(['model-not-found', 'invalid-reference']).toContain(code)
    }
  })

  it('of versions are numbers, written as MLflow writes them', async () => {
    const { mlflow, registry } = await mlflowScene()
    mlflow.world.createModel('churn')
    mlflow.world.createVersion({ name: 'churn', source: 's3://a' })
    for (const version of ['01', ' 1', 'x', '-1', '1_0', '99']) {
      const failure = await failureOf(registry.resolve(byVersion('churn', version)))
      expect(failure.code, version).toBe('model-not-found')
    }
  })

  it('are filtered for with quotes that they do not have', () => {
    expect(nameFilter('churn')).toBe("name = 'churn'")
    expect(nameFilter("it's")).toBe('name = "it\'s"')
    expect(nameFilter(`a'b"c`)).toBe("name LIKE 'a_b_c'")
  })
})
