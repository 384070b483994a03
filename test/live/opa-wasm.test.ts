import { readFile } from 'node:fs/promises'
import { opaWasmPolicy } from 'modelspine/adapters/opa'
import { policyRequests } from 'modelspine/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compiledRego, exampleBundle, suiteFolder } from './opa/opa-tool.ts'
import { withServer } from './support/with-server.ts'

const actions = ['invoke', 'deploy'] as const
const request = policyRequests.invoke('app', ['model-caller'])

withServer('opa', () => {
  describe('a policy that OPA compiled', () => {
    let folder: Awaited<ReturnType<typeof suiteFolder>>
    beforeAll(async () => {
      folder = await suiteFolder()
    })
    afterAll(() => folder?.remove())

    const engineFor = async (
      name: string,
      rego: string,
      options: object = {},
    ): Promise<ReturnType<typeof opaWasmPolicy>> =>
      opaWasmPolicy({ actions, policy: await compiledRego(folder.path, name, rego), ...options })

    it('is refused with the names of the built-ins that WebAssembly lacks', async () => {
      const engine = await engineFor(
        'lacking',
        `package modelspine

decision := {"verdict": "allow"} if {
	time.now_ns() > 0
	http.send({"method": "get", "url": "http://127.0.0.1:1/"}).status_code == 200
	sprintf("%s", ["x"]) == "x"
	json.is_valid("{}")
	regex.match("a+", "aa")
}
`,
      )
      await expect(engine.load()).rejects.toMatchObject({
        code: 'invalid-options',
        message: expect.stringMatching(
          /^policy calls (http\.send, time\.now_ns|time\.now_ns, http\.send), which/,
        ),
      })
      expect((await engine.decide(request)).verdict).toBe('error')
    })

    it('calls the built-ins that the options give it, and goes on after one that throws', async () => {
      const clock = { atMs: 0 }
      const builtins = {
        'time.now_ns': () => {
          if (clock.atMs < 0) throw new Error('the clock is stopped')
          return clock.atMs * 1e6
        },
      }
      const engine = await engineFor(
        'clock',
        `package modelspine

default decision := {"verdict": "deny", "findings": [{"rule": "hours", "level": "hard", "message": "closed"}]}

decision := {"verdict": "allow"} if time.now_ns() > 1000000000
`,
        { builtins },
      )
      await engine.load()
      const at = (atMs: number): unknown => {
        clock.atMs = atMs
        return engine.decide(request)
      }
      expect(at(0)).toMatchObject({ verdict: 'deny', findings: [{ policy: 'opa', message: 'closed' }] })
      expect(at(2000)).toMatchObject({ verdict: 'allow' })
      expect(at(-1)).toMatchObject({
        verdict: 'error',
        findings: [{ message: 'the policy cannot be evaluated: the clock is stopped' }],
      })
      expect(at(2000)).toMatchObject({ verdict: 'allow' })
    })

    it('gives nothing where a built-in fails, as docs/adapters/opa.md warns', async () => {
      const engine = await engineFor(
        'lax',
        `package modelspine

denied if to_number(input.actor.name) == 1

decision := {"verdict": "allow"} if not denied
`,
      )
      expect(await engine.decide(request)).toMatchObject({ verdict: 'allow' })
    })

    it('may be larger than the memory with which the library begins', async () => {
      const names = Array.from({ length: 400 }, (_, index) => `"customer-${index}-${'x'.repeat(1500)}"`)
      const rego = `package modelspine

decision := {"verdict": "allow"} if input.actor.name in names

names := {${names.join(', ')}}
`
      const engine = await engineFor('large', rego, { undefinedResult: 'not-applicable' })
      expect((await engine.decide(request)).verdict).toBe('not-applicable')
      const known = policyRequests.invoke(names[7]?.slice(1, -1))
      expect((await engine.decide(known)).verdict).toBe('allow')
    })

    it('that uses more memory than it may is the verdict error, and the next question is answered', async () => {
      const engine = await engineFor(
        'greedy',
        `package modelspine

decision := {"verdict": "allow"} if {
	input.actor.name == "greedy"
	count({sprintf("%d", [x]) | some x in numbers.range(1, 300000)}) > 0
}

decision := {"verdict": "allow"} if input.actor.name == "modest"
`,
        { maxMemoryBytes: 4 * 1024 * 1024 },
      )
      for (const name of ['modest', 'greedy', 'modest', 'greedy', 'modest']) {
        const { verdict } = await engine.decide(policyRequests.invoke(name))
        expect([name, verdict]).toEqual([name, name === 'greedy' ? 'error' : 'allow'])
      }
    })

    it('is replaced by another one whole, with its data and its revision', async () => {
      const policies = await Promise.all(
        ['live-1', 'live-2'].map(async (revision) =>
          readFile(
            await exampleBundle(folder.path, revision, {
              target: 'wasm',
              more:
                revision === 'live-1'
                  ? {}
                  : { 'data.json': '{"settings": {"datasets": {"payroll": ["x"]}}}' },
            }),
          ),
        ),
      )
      const engine = opaWasmPolicy({ actions: ['query-data'], policy: policies[0] ?? '' })
      await engine.load()
      const payroll = { ...policyRequests.queryData('payroll'), actor: { name: 'ana', roles: ['x'] } }
      expect(engine.decide(payroll)).toMatchObject({ verdict: 'deny', policyRevision: 'live-1' })
      await engine.load(policies[1])
      expect(engine.decide(payroll)).toMatchObject({ verdict: 'allow', policyRevision: 'live-2' })
    })
  })
})
