import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createControlPlane, hostedTarget, memoryAuditLog, memoryProvider, memoryRegistry } from 'modelspine'
import { canonicalJson, type PolicyRequest, sha256 } from 'modelspine/adapter'
import { opaInput, opaPolicy, opaWasmPolicy } from 'modelspine/adapters/opa'
import { type PolicyEngineSubject, policyEngineConformance, policyRequests } from 'modelspine/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exampleRules } from '../../examples/policies/rules.ts'
import { opa } from '../../servers/opa.ts'
import type { RunningServer } from '../../servers/server.ts'
import { secretOf } from '../../src/security/secret.ts'
import { expected, policyCases, shown } from '../adapters/opa/cases.ts'
import { hostileNames } from './opa/hostile-names.ts'
import { exampleBundle, examples, inputSchema, opaTool, suiteFolder } from './opa/opa-tool.ts'
import { type CutProxy, cutProxy } from './support/cut-proxy.ts'
import { withServer } from './support/with-server.ts'

const { name, actions } = exampleRules

/** What docs/adapters/opa.md says that a token must be allowed. */
const authorization = `package system.authz

default allow := false

allow if {
	input.identity == "kit-token-42"
	input.path[0] == "v1"
	input.path[1] == "data"
	input.method == "POST"
}

allow if input.path == ["health"]
`

interface LoggedDecision {
  readonly decision_id: string
  readonly input: unknown
  readonly path: string
}

withServer('opa', ({ url }) => {
  let folder: Awaited<ReturnType<typeof suiteFolder>>
  let bundle: string
  let server: RunningServer<{ readonly url: string }>

  const start = async (label: string, flags: readonly string[], policies: string): Promise<typeof server> => {
    const home = join(folder.path, label)
    await mkdir(home)
    return opa.start({ folder: home, flags: ['--bundle', ...flags], paths: [policies] })
  }

  beforeAll(async () => {
    folder = await suiteFolder()
    bundle = await exampleBundle(folder.path, 'live-1', { target: 'wasm' })
    const policies = await exampleBundle(folder.path, 'live-1', { target: 'rego' })
    server = await start('logging', ['--set', 'decision_logs.console=true'], policies)
  })
  afterAll(async () => {
    await server?.stop()
    await folder?.remove()
  })

  const put = async (id: string, rego: string): Promise<Response> =>
    fetch(`${url}/v1/policies/${id}`, { method: 'PUT', body: rego })

  async function logged(): Promise<readonly LoggedDecision[]> {
    const lines = (await readFile(server.log, 'utf8'))
      .split('\n')
      .filter((line) => line.includes('Decision Log'))
    return lines.map((line) => JSON.parse(line) as LoggedDecision)
  }

  describe('OPA', () => {
    it('evaluates a policy that it was given', async () => {
      const given = await put('smoke', 'package smoke.promotion\n\nallow if input.approval == "approved"\n')
      expect(given.status).toBe(200)
      const reply = await fetch(`${url}/v1/data/smoke/promotion/allow`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ input: { approval: 'approved' } }),
      })
      expect(await reply.json()).toEqual({ result: true })
    })

    it('refuses a policy that it cannot read', async () => {
      const given = await put('broken', 'package')
      expect([given.status, await given.json()]).toMatchObject([400, { code: 'invalid_parameter' }])
    })
  })

  describe('the example policies', () => {
    it('pass their own tests, with the schema of the input', async () => {
      const printed = await opaTool(['test', '--format', 'json', '--schema', inputSchema, examples])
      const results = JSON.parse(printed) as readonly { readonly fail?: boolean }[]
      expect(results.length).toBeGreaterThan(20)
      expect(results.filter(({ fail }) => fail)).toEqual([])
    })

    it('are written as opa fmt writes them, and hold in the strict check', async () => {
      expect(await opaTool(['fmt', '--list', '--fail', examples])).toBe('')
      expect(await opaTool(['check', '--strict', '--schema', inputSchema, examples])).toBe('')
    })

    it('are tested by their tests in every line', async () => {
      const { coverage } = JSON.parse(await opaTool(['test', '--coverage', examples])) as { coverage: number }
      expect(coverage).toBe(100)
    })

    it('are what the tests without OPA have: build it anew after a change', async () => {
      const anew = join(folder.path, 'fixture.tar.gz')
      const made = ['build', '-t', 'wasm', '-e', 'modelspine/decision', '-b', '.', '--ignore', 'test']
      await opaTool([...made, '-r', 'examples', '-o', anew], examples)
      const fixture = await readFile('test/adapters/opa/fixtures/policies.tar.gz')
      expect(sha256(await readFile(anew))).toBe(sha256(fixture))
    })

    it.each(policyCases)('decide alike over REST, in WebAssembly and in TypeScript: $name', async (each) => {
      const rest = opaPolicy({ name, actions, baseUrl: server.address.url })
      const wasm = opaWasmPolicy({ name, actions, policy: bundle })
      for (const engine of [rest, wasm, exampleRules]) {
        expect(shown(await engine.decide(each.request))).toEqual(expected(each))
      }
      await rest.close?.()
    })

    it.each(hostileNames)('get a name as it is, over REST and in WebAssembly: %j', async (hostile) => {
      const rest = opaPolicy({ name, actions, baseUrl: server.address.url })
      const wasm = opaWasmPolicy({ name, actions, policy: bundle })
      const unknown: PolicyRequest = { ...policyRequests.queryData(hostile), actor: { name: hostile } }
      const labelled: PolicyRequest = {
        ...policyRequests.command('pause', [hostile]),
        deployment: { ...policyRequests.promote().deployment, metadata: labels({ team: hostile }) },
      }
      const clean = hostile.toWellFormed()
      for (const engine of [rest, wasm]) {
        const { verdict, findings } = await engine.decide(unknown)
        expect([verdict, findings[0]?.message]).toEqual(['deny', `${clean} may not read ${clean}`])
        expect((await engine.decide(labelled)).verdict).toBe('allow')
      }
      await rest.close?.()
    })
  })

  describe('the schema of the input', () => {
    it.each([
      'input.wieght == 100',
      'input.actor.role == "risk"',
      'input.previous.metadata.lables.team == "risk"',
      'input.resource.metadata.annotations.ticket',
      'input.deployment.spec.runtime.env.HF_TOKEN',
      'input.model.raw',
      'input.revision.model.artefact',
      'input.approvals[0].names',
      'input.version == "1"',
    ])('lets opa check find %s', async (expression) => {
      const file = join(folder.path, 'misspelt.rego')
      await writeFile(file, `package misspelt\n\nfound if ${expression}\n`)
      await expect(opaTool(['check', '--schema', inputSchema, file])).rejects.toThrow('rego_type_error')
      expect(await opaTool(['check', file])).toBe('')
    })

    it('accepts the input of every case, and no further member, by OPA’s own validation', async () => {
      const inputs = policyCases.map(({ request }) => opaInput(request))
      const more = inputs.map((input) => ({ ...input, surprise: true }))
      const data = join(folder.path, 'inputs.json')
      const schema = JSON.parse(await readFile(inputSchema, 'utf8'))
      await writeFile(data, JSON.stringify({ inputs, more, schema }))
      const count = (list: string): string =>
        `count([x | x := data.${list}[_]; json.match_schema(x, data.schema)[0]])`
      const printed = await opaTool(['eval', '--data', data, `[${count('inputs')}, ${count('more')}]`])
      expect(JSON.parse(printed).result[0].expressions[0].value).toEqual([inputs.length, 0])
    })
  })

  describe('a decision', () => {
    it('names the bundle, and has the id under which OPA logged the input', async () => {
      const engine = opaPolicy({ name, actions, baseUrl: server.address.url })
      const request = policyRequests.deploy()
      const decision = await engine.decide(request)
      expect(decision).toMatchObject({
        policyRevision: 'live-1',
        inputDigest: sha256(canonicalJson(request)),
      })
      expect((await logged()).find((each) => each.decision_id === decision.decisionId)).toMatchObject({
        path: 'modelspine/decision',
        input: opaInput(request),
      })
      await engine.close?.()
    })

    it('has no id and no revision where OPA logs nothing and has no bundle', async () => {
      await put('bare', 'package bare\n\ndecision := {"verdict": "allow", "revision": input.actor.name}\n')
      const engine = opaPolicy({ actions, baseUrl: url, path: 'bare/decision' })
      const decision = await engine.decide(policyRequests.invoke('7'))
      expect(decision).toMatchObject({ verdict: 'allow', policyRevision: '7' })
      expect('decisionId' in decision).toBe(false)
      await engine.close?.()
    })
  })

  describe('a plane', () => {
    it('asks OPA before each change and each rise, and records the ids that OPA logged', async () => {
      const company = opaPolicy({
        name: 'company',
        actions: ['deploy', 'promote', 'command', 'delete'],
        baseUrl: server.address.url,
      })
      const audit = memoryAuditLog()
      const churn = {
        name: 'churn',
        version: '1',
        approval: 'approved',
        artifact: { kind: 'hosted', provider: 'echo', model: 'parrot' },
        metrics: { accuracy: 0.95, error_rate: 0.01 },
        lineage: { run: 'r-17' },
      } as const
      const plane = createControlPlane({
        registries: { models: memoryRegistry({ name: 'models', versions: [churn] }) },
        targets: { vendor: hostedTarget() },
        providers: { echo: memoryProvider({ chat: () => 'Hello!' }) },
        policies: [company],
        audit,
      })
      const ana = { name: 'ana', roles: ['risk'] }
      const deployment = {
        kind: 'ModelDeployment',
        metadata: { name: 'churn', labels: { team: 'risk' } },
        spec: { model: 'models/churn:1', target: 'vendor' },
      } as const
      await plane.start()
      const stray = { ...deployment, metadata: { name: 'churn' } }
      await expect(plane.apply(stray, { actor: ana })).rejects.toMatchObject({
        code: 'policy-denied',
        message: expect.stringContaining('company/has-team: churn has no label team'),
        details: { policyRevision: 'live-1', decisionId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
      })
      await plane.apply(deployment, { actor: ana })
      await expect
        .poll(() => plane.explain('churn'), { timeout: 20_000 })
        .toMatchObject({ waitsFor: expect.stringContaining('the approval of risk') })
      await plane.approve('churn', { actor: { name: 'bob', roles: ['risk'] } })
      const ready = (): Promise<boolean> =>
        plane.wait('churn').then(
          () => true,
          () => false,
        )
      await expect.poll(ready, { timeout: 20_000 }).toBe(true)
      await plane.stop()

      const records = []
      for await (const record of audit.read()) records.push(record)
      const traced = records.filter(({ details }) => 'decisionId' in details)
      expect(traced.map(({ action }) => action)).toEqual([
        'deployment-applied',
        'rollout-started',
        'rollout-blocked',
        'revision-approved',
        'split-changed',
      ])
      const known = new Map(
        (await logged()).map((each) => [each.decision_id, each.input as { action: string }]),
      )
      for (const { action, details } of traced) {
        expect(details).toMatchObject({
          policyRevision: 'live-1',
          inputDigest: expect.stringMatching(/^[0-9a-f]{64}$/),
        })
        const asked = { 'deployment-applied': 'deploy', 'revision-approved': 'command' }[action] ?? 'promote'
        expect(known.get(String(details.decisionId))?.action).toBe(asked)
      }
    })
  })

  describe('a policy that is not as it should be', () => {
    const ask = async (path: string, options: object = {}): Promise<unknown> => {
      const engine = opaPolicy({ actions, baseUrl: url, path, ...options })
      const decision = await engine.decide(policyRequests.invoke())
      await engine.close?.()
      return decision
    }
    const error = (message: string): object => ({
      verdict: 'error',
      findings: [{ level: 'advisory', message: expect.stringContaining(message) }],
    })

    beforeAll(async () => {
      const policies = {
        'odd-1': `package odd["a-b"]

verdict := "allow"

denied if to_number("abc") == 1

fails := {"verdict": "allow"} if not denied

slow := {"verdict": "allow"} if {
	count([1 | numbers.range(1, 100000)[_]; numbers.range(1, 100000)[_]]) > 0
}

conflicts := {"verdict": "allow"} if input.action

conflicts := {"verdict": "deny"} if input.action

sets := {"verdict": "deny", "findings": {{"rule": "r", "level": "hard", "message": "no"}}}
`,
      }
      for (const [id, rego] of Object.entries(policies)) expect((await put(id, rego)).status).toBe(200)
    })

    it('is the verdict error when its document is undefined, a text or in conflict', async () => {
      expect(await ask('odd/a-b/nothing')).toMatchObject(error('odd/a-b/nothing is undefined'))
      expect(await ask('odd/a-b/nothing', { undefinedResult: 'not-applicable' })).toMatchObject({
        verdict: 'not-applicable',
      })
      expect(await ask('odd/a-b/verdict')).toMatchObject(error('is no decision'))
      expect(await ask('odd/a-b/conflicts')).toMatchObject(error('500'))
      expect(await ask('odd/a-b')).toMatchObject(error('500'))
    })

    it('is the verdict error when a built-in fails, although OPA would allow', async () => {
      expect(await ask('odd/a-b/fails')).toMatchObject(error('to_number'))
      const lax = await fetch(`${url}/v1/data/odd/a-b/fails`, { method: 'POST', body: '{"input":{}}' })
      expect(await lax.json()).toMatchObject({ result: { verdict: 'allow' } })
    })

    it('is the verdict error when it takes too long or the question is aborted', async () => {
      expect(await ask('odd/a-b/slow', { timeoutMs: 200 })).toMatchObject(error('OPA: '))
      const engine = opaPolicy({ actions, baseUrl: url, path: 'odd/a-b/slow' })
      const abortSignal = AbortSignal.timeout(200)
      expect(await engine.decide(policyRequests.deploy(), { abortSignal })).toMatchObject(error('aborted'))
      await engine.close?.()
    })

    it('may give sets of findings', async () => {
      expect(await ask('odd/a-b/sets')).toMatchObject({
        verdict: 'deny',
        findings: [{ policy: 'opa', rule: 'r', level: 'hard', message: 'no' }],
      })
    })
  })

  describe('an OPA that wants a token', () => {
    let guarded: typeof server
    beforeAll(async () => {
      const policies = await exampleBundle(folder.path, 'guarded', {
        target: 'rego',
        more: { 'authz.rego': authorization },
      })
      const flags = ['--authentication=token', '--authorization=basic', '--set', 'decision_logs.console=true']
      guarded = await start('guarded', flags, policies)
    })
    afterAll(() => guarded?.stop())

    const own = { name, actions: ['deploy', 'command', 'delete'] } as const

    policyEngineConformance({
      name: 'opaPolicy against OPA',
      describe,
      it,
      async create() {
        let token = 'kit-token-42'
        const way: CutProxy = await cutProxy(guarded.address.url)
        const engine = opaPolicy({ ...own, baseUrl: way.url, token: () => secretOf(token) })
        const subject: PolicyEngineSubject = {
          engine,
          allowed: policyRequests.deploy(),
          denied: policyRequests.deploy({}),
          fail: () => way.cut(),
          stall: () => way.silence(),
          credential: 'kit-old-token-41',
          unauthorize() {
            token = 'kit-old-token-41'
          },
        }
        return {
          subject,
          async dispose() {
            await way.close()
            await engine.close?.()
          },
        }
      },
    })

    it('answers again when it comes back, and refuses a path that the token may not have', async () => {
      const way = await cutProxy(guarded.address.url)
      const engine = opaPolicy({ ...own, baseUrl: way.url, token: () => secretOf('kit-token-42') })
      const verdict = async (): Promise<string> => (await engine.decide(policyRequests.deploy())).verdict
      expect(await verdict()).toBe('allow')
      await way.cut()
      expect(await verdict()).toBe('error')
      await way.restore()
      // A vendor that was away is asked again a moment later.
      await expect.poll(verdict, { timeout: 15_000, interval: 250 }).toBe('allow')
      await engine.close?.()
      await way.close()
    })
  })
})

function labels(
  given: Readonly<Record<string, string>>,
): ReturnType<typeof policyRequests.promote>['deployment']['metadata'] {
  return { name: 'churn', namespace: 'default', labels: given, annotations: {} }
}
