import { inspect } from 'node:util'
import { canonicalJson, type Decision, type PolicyRequest, sha256 } from 'modelspine/adapter'
import { type OpaPolicyOptions, opaPolicy } from 'modelspine/adapters/opa'
import { policyRequests } from 'modelspine/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { secretOf } from '../../../src/security/secret.ts'
import { breakOff } from '../scripted-server.ts'
import { type Disturbance, json, type ScriptedOpa, scriptedOpa } from './scripted-opa.ts'

const actions = ['deploy', 'promote', 'invoke', 'query-data', 'command', 'delete'] as const
const allowed = policyRequests.deploy()
const ends: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

async function scene(
  options: Partial<OpaPolicyOptions> = {},
  token?: string,
): Promise<{ opa: ScriptedOpa; ask(request?: PolicyRequest, abortSignal?: AbortSignal): Promise<Decision> }> {
  const opa = await scriptedOpa(token)
  const engine = opaPolicy({ name: 'company', actions, baseUrl: opa.url, ...options })
  ends.push(async () => {
    await engine.close?.()
    await opa.close()
  })
  return {
    opa,
    ask: async (request = allowed, abortSignal) =>
      engine.decide(request, abortSignal === undefined ? {} : { abortSignal }),
  }
}

function errorsWith(message: string | RegExp): object {
  const text = typeof message === 'string' ? expect.stringContaining(message) : expect.stringMatching(message)
  return {
    verdict: 'error',
    findings: [{ policy: 'company', rule: 'error', level: 'advisory', message: text }],
    obligations: [],
  }
}

describe('a question to OPA', () => {
  it('asks for the document with the request as input, the bundle’s revision and strict built-ins', async () => {
    const { opa, ask } = await scene({ path: 'company/policies/decision-2' })
    await ask(policyRequests.invoke('app', ['caller']))
    expect(opa.asked).toMatchObject([
      {
        method: 'POST',
        url: '/v1/data/company/policies/decision-2?provenance=true&strict-builtin-errors=true',
        headers: { 'content-type': 'application/json' },
        body: { input: { version: 1, action: 'invoke', actor: { name: 'app', roles: ['caller'] } } },
      },
    ])
    expect(Object.keys(opa.asked[0]?.body ?? {})).toEqual(['input'])
  })

  it('goes below the path of the base URL', async () => {
    const { opa } = await scene()
    const engine = opaPolicy({ actions, baseUrl: `${opa.url}/team/opa/` })
    await engine.decide(allowed)
    await engine.close?.()
    expect(opa.asked.map(({ url }) => url.split('?')[0])).toEqual(['/team/opa/v1/data/modelspine/decision'])
  })

  it('gives the decision with its id and the revision of the bundle', async () => {
    const { ask } = await scene()
    const decision = await ask()
    expect(decision).toMatchObject({
      verdict: 'allow',
      policyRevision: 'examples',
      decisionId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      inputDigest: sha256(canonicalJson(allowed)),
    })
  })

  it('is not asked about an action that the options do not name', async () => {
    const { opa, ask } = await scene({ actions: ['promote'] })
    expect(await ask(policyRequests.invoke())).toMatchObject({ verdict: 'not-applicable', findings: [] })
    expect(opa.asked).toEqual([])
  })

  it.each([
    [{ bundles: { a: { revision: 'r1' } } }, 'r1'],
    [{ bundles: { b: { revision: 'r2' }, a: { revision: 'r1' } } }, 'a@r1 b@r2'],
    [{ bundles: { b: { revision: '' }, a: { revision: 'r1' }, c: {} } }, 'r1'],
    [{ revision: 'r0' }, 'r0'],
    [{ bundles: {} }, 'unknown'],
    [{ bundles: null }, 'unknown'],
    [undefined, 'unknown'],
  ])('takes %j as the revision %s', async (provenance, revision) => {
    const { opa, ask } = await scene()
    opa.reply({ provenance })
    expect((await ask()).policyRevision).toBe(revision)
  })

  it('does without an id where OPA logs no decisions, and takes no notice of members that it does not know', async () => {
    const { opa, ask } = await scene()
    opa.reply({ decision_id: undefined, metrics: { timer: 1 }, warning: { code: 'api_usage_warning' } })
    const decision = await ask()
    expect(decision.verdict).toBe('allow')
    expect('decisionId' in decision).toBe(false)
  })

  it('says when the document is undefined', async () => {
    const { ask } = await scene({ path: 'modelspine/decisoin' })
    expect(await ask()).toMatchObject(errorsWith('modelspine/decisoin is undefined'))
    const quiet = await scene({ path: 'modelspine/decisoin', undefinedResult: 'not-applicable' })
    expect(await quiet.ask()).toMatchObject({ verdict: 'not-applicable', findings: [] })
  })
})

describe('a name in a request', () => {
  const hostile = [
    '../../v1/policies/x',
    'a/../../b',
    '?pretty=true&x=',
    '#fragment',
    '"}, "result": {"verdict": "allow"}',
    '%2e%2e%2fconfig',
    'line\r\nAuthorization: Bearer stolen',
    '{{input}}',
    '\u0000\u001f',
    'ключ-моделі-🦜',
    '__proto__',
  ]

  it.each(hostile)('changes neither the address nor another member: %j', async (name) => {
    const { opa, ask } = await scene()
    const request = {
      ...policyRequests.deploy({ team: name, [name]: name }),
      actor: { name, roles: [name] },
    }
    expect((await ask(request)).verdict).toBe('allow')
    const [asked] = opa.asked
    expect(asked?.url).toBe('/v1/data/modelspine/decision?provenance=true&strict-builtin-errors=true')
    expect(asked?.headers.authorization).toBeUndefined()
    expect(Object.keys(asked?.body ?? {})).toEqual(['input'])
    expect(Object.keys(asked?.body.input ?? {}).sort()).toEqual(['action', 'actor', 'resource', 'version'])
    expect(asked?.body.input).toMatchObject({
      actor: { name, roles: [name] },
      resource: { metadata: { labels: expect.objectContaining({ team: name }) } },
    })
  })

  it.each(hostile)('arrives in the message of the policy as it is: %j', async (name) => {
    const { ask } = await scene()
    const decision = await ask({ ...policyRequests.invoke(), actor: { name } })
    // A text of WebAssembly ends at the first NUL only inside the library's own messages.
    expect(decision.findings.map(({ message }) => message)).toEqual([`${name} may call no model`])
  })

  it('that is no Unicode arrives with a sign in its place, and does not end the question', async () => {
    const { opa, ask } = await scene()
    expect((await ask({ ...allowed, actor: { name: 'a\ud800b' } })).verdict).toBe('allow')
    expect(opa.asked[0]?.body.input).toMatchObject({ actor: { name: 'a\ufffdb' } })
  })
})

describe('a server that does not answer as it should', () => {
  const html = '<html><body>Bad Gateway</body></html>'
  const cases: Readonly<Record<string, readonly [Disturbance, string | RegExp]>> = {
    'with an error of its own': [
      (response) =>
        json(response, 500, {
          code: 'internal_error',
          message: 'error(s) occurred while evaluating query',
          errors: [{ code: 'eval_builtin_error', message: 'to_number: invalid syntax' }],
        }),
      /answered 500: error\(s\) occurred while evaluating query: to_number: invalid syntax$/,
    ],
    'with a request that it refuses': [
      (response) => json(response, 400, { code: 'invalid_parameter', message: 'bad input' }),
      'answered 400: bad input',
    ],
    'with a page of a proxy': [
      (response) => response.writeHead(502, { 'content-type': 'text/html' }).end(html),
      /answered 502$/,
    ],
    'with a page in place of a decision': [
      (response) => response.writeHead(200, { 'content-type': 'text/html' }).end(html),
      'not JSON',
    ],
    'with half a decision': [(response) => breakOff(response, 'application/json'), /OPA: .*closed|reset/],
    'with a closed connection': [(response) => response.socket?.destroy(), /OPA: /],
    'with a redirect': [
      (response) => response.writeHead(307, { location: 'http://elsewhere.example/' }).end(),
      'redirects are not followed',
    ],
    'with too many calls': [
      (response) => response.writeHead(429, { 'retry-after': '30' }).end('slow down'),
      'answered 429: slow down',
    ],
    'with a list': [(response) => json(response, 200, []), 'unknown form'],
    'with an id that is no text': [(response) => json(response, 200, { decision_id: 7 }), 'unknown form'],
    'with more than it may': [
      (response) => json(response, 200, { result: { verdict: 'allow', padding: 'x'.repeat(2 ** 21) } }),
      'more than the 1048576 allowed',
    ],
  }

  it.each(Object.entries(cases))('%s is the verdict error', async (_name, [disturbance, message]) => {
    const { opa, ask } = await scene()
    opa.disturb(disturbance)
    // A request to a model is asked once. So the test does not wait for further tries.
    expect(await ask(policyRequests.invoke())).toMatchObject(errorsWith(message))
    opa.disturb(undefined)
    expect((await ask(policyRequests.invoke('app', ['model-caller']))).verdict).toBe('allow')
  })

  it('in time is the verdict error', async () => {
    const { opa, ask } = await scene({ timeoutMs: 50 })
    opa.disturb(() => {})
    expect(await ask(policyRequests.invoke())).toMatchObject(errorsWith(/OPA: .*/))
  })

  it('at all is the verdict error', async () => {
    const { opa, ask } = await scene()
    await opa.close()
    expect(await ask(policyRequests.invoke())).toMatchObject(errorsWith('connection refused'))
  })

  it('is asked again about a change, and not about a request to a model', async () => {
    const { opa, ask } = await scene()
    let calls = 0
    const failing: Disturbance = (response) => {
      calls += 1
      response.writeHead(503).end()
      if (calls === 1) opa.disturb(undefined)
    }
    opa.disturb(failing)
    expect((await ask(policyRequests.command('promote', ['release']))).verdict).toBe('allow')
    expect([calls, opa.asked.length]).toEqual([1, 1])
    calls = 0
    opa.disturb(failing)
    expect((await ask(policyRequests.invoke('app', ['model-caller']))).verdict).toBe('error')
    expect([calls, opa.asked.length]).toEqual([1, 1])
  })

  it('ends the question when it is aborted', async () => {
    const { opa, ask } = await scene()
    const arrived = Promise.withResolvers<void>()
    const closed = Promise.withResolvers<void>()
    opa.disturb((response) => {
      response.on('close', closed.resolve)
      arrived.resolve()
    })
    const leaving = new AbortController()
    const asked = ask(allowed, leaving.signal)
    await arrived.promise
    leaving.abort(new Error('enough'))
    expect(await asked).toMatchObject(errorsWith('aborted'))
    await closed.promise
  })
})

describe('a credential', () => {
  const secret = 'planted-token-99'

  it('is asked for before each question', async () => {
    const given = ['old', secret, 'newer']
    const { ask } = await scene({ token: () => secretOf(given.shift() ?? '') }, secret)
    const verdicts = [await ask(), await ask(), await ask()].map(({ verdict }) => verdict)
    expect(verdicts).toEqual(['error', 'allow', 'error'])
  })

  it('stands in no decision and in no error', async () => {
    const { opa, ask } = await scene({ token: () => secretOf(secret) }, 'another')
    const decisions = [await ask()]
    for (const disturb of [
      (response) =>
        json(response, 500, { code: 'internal_error', message: `token ${secret} of ${btoa(secret)}` }),
      (response) => response.writeHead(302, { location: `http://x/?token=${secret}` }).end(),
      (response) => breakOff(response, secret),
      (response) => response.socket?.destroy(),
    ] satisfies Disturbance[]) {
      opa.disturb(disturb)
      decisions.push(await ask(policyRequests.invoke()))
    }
    expect(decisions.map(({ verdict }) => verdict)).toEqual(Array(5).fill('error'))
    expect(inspect(decisions, { depth: 20, getters: true })).not.toMatch(
      new RegExp(`${secret}|${btoa(secret)}`),
    )
  })

  it('of an address that a built-in called is hidden', async () => {
    const { opa, ask } = await scene()
    const message = 'http.send: Get "https://user:pass@x/?api_key=abc": refused'
    opa.disturb((response) => json(response, 500, { code: 'internal_error', message }))
    const [finding] = (await ask(policyRequests.invoke())).findings
    expect(finding?.message).toContain('http.send')
    expect(finding?.message).not.toMatch(/user:pass|abc/)
  })

  it('that cannot be had is the verdict error', async () => {
    const { ask } = await scene({
      token: () => {
        throw new Error('the vault is sealed')
      },
    })
    expect(await ask()).toMatchObject(errorsWith('the vault is sealed'))
  })
})

describe('options', () => {
  const baseUrl = 'http://127.0.0.1:8181'

  it.each([
    [{ path: '' }, 'path'],
    [{ path: '/modelspine/decision' }, 'path'],
    [{ path: 'modelspine/decision/' }, 'path'],
    [{ path: 'modelspine//decision' }, 'path'],
    [{ path: '../v1/policies' }, 'path'],
    [{ path: 'modelspine/..' }, 'path'],
    [{ path: './decision' }, 'path'],
    [{ path: 'modelspine.decision' }, 'path'],
    [{ path: 'modelspine/decision?pretty' }, 'path'],
    [{ path: 'modelspine/decision#x' }, 'path'],
    [{ path: 'modelspine/de cision' }, 'path'],
    [{ path: 'modelspine%2fdecision' }, 'path'],
    [{ path: 'modelspine/decision\n' }, 'path'],
    [{ path: 'modelspine\\decision' }, 'path'],
    [{ actions: [] }, 'actions'],
    [{ actions: ['promote', 'promote'] }, 'actions'],
    [{ actions: ['promote', 'toString'] }, 'actions'],
    [{ name: '' }, 'name'],
    [{ undefinedResult: 'allow' }, 'undefinedResult'],
    [{ baseUrl: 'ftp://x' }, 'baseUrl'],
  ])('%j are refused', (options, field) => {
    const given = { actions, baseUrl, ...options } as unknown as OpaPolicyOptions
    expect(() => opaPolicy(given)).toThrow(
      expect.objectContaining({ code: 'invalid-options', details: expect.objectContaining({ field }) }),
    )
  })

  it('may name any document of letters, digits, underscores and hyphens', () => {
    for (const path of ['decision', 'a/b/c', 'Team_1/rules-2/main', '1/2']) {
      expect(opaPolicy({ actions, baseUrl, path }).actions).toEqual(actions)
    }
  })

  it('give the engine the name opa when they have none', () => {
    expect(opaPolicy({ actions, baseUrl }).name).toBe('opa')
  })
})
