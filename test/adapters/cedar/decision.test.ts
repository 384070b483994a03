import { canonicalJson, type Decision, type PolicyRequest, sha256, systemClock } from 'modelspine/adapter'
import { cedarPolicy } from 'modelspine/adapters/cedar'
import { policyRequests } from 'modelspine/testing'
import { describe, expect, it } from 'vitest'
import { openLibrary } from '../../../adapters/cedar/cedar-library.ts'
import { openModule } from '../../../adapters/cedar/cedar-module.ts'
import { cedarRequest } from '../../../adapters/cedar/cedar-request.ts'
import { decideAll } from '../../../src/policy/decide-all.ts'
import { permitVerdict } from '../../../src/policy/permit-verdict.ts'
import './kept-library.ts'

const open = '@id("open") permit (principal, action, resource);'
const forbid = (id: string, level: string): string =>
  `@id("${id}") @level("${level}") @message("${id} says no") forbid (principal, action, resource);`
/** An addition that is too large, whatever the schema says. */
const failing = (id: string, level = 'hard'): string =>
  `@id("${id}") @level("${level}") forbid (principal, action == Action::"promote", resource)
when { context.weight + 9223372036854775807 > 0 };`

const request = policyRequests.promote()
const overflow =
  'could not be evaluated: integer overflow while attempting to add the values `5` and `9223372036854775807`'

async function decided(...policies: readonly string[]): Promise<Decision> {
  const text = policies.join('\n')
  // Checking policies against the schema takes longer than all else, and decides nothing.
  return cedarPolicy({ actions: ['promote'], policies: { name: 'rules', text }, validate: false }).decide(
    request,
  )
}

function finding(rule: string, level: string, message = `${rule} says no`): object {
  return { policy: 'cedar', rule, level, message }
}

const nothing = finding('no-permit', 'hard', 'no policy permits ana to promote')

describe('a decision', () => {
  it('allows what a policy permits, without findings', async () => {
    expect(await decided(open)).toMatchObject({ verdict: 'allow', findings: [], obligations: [] })
  })

  it('tells the revision of the policies and the digest of the request, and has no id', async () => {
    const decision = await decided(open)
    expect(decision.policyRevision).toBe(sha256(open))
    expect(decision.inputDigest).toBe(sha256(canonicalJson(request)))
    expect('decisionId' in decision).toBe(false)
  })

  it('denies what nothing permits, with a reason of its own', async () => {
    const other = '@id("other") permit (principal == Actor::"eve", action, resource);'
    expect(await decided(other)).toMatchObject({ verdict: 'deny', findings: [nothing] })
  })

  it('denies what a policy forbids, with its id, level and message', async () => {
    expect(await decided(open, forbid('closed', 'hard'))).toMatchObject({
      verdict: 'deny',
      findings: [finding('closed', 'hard')],
    })
    const bare = 'forbid (principal, action, resource);'
    expect(await decided(open, bare)).toMatchObject({
      findings: [finding('rules#2', 'hard', 'the policy rules#2 forbids it')],
    })
  })

  it('has the findings in the order of the policies', async () => {
    const ids = Array.from({ length: 12 }, (_, index) => `p${index}`)
    const levels = ['soft', 'hard', 'advisory']
    const all = ids.map((id, index) => forbid(id, levels[index % 3] ?? ''))
    for (let asked = 0; asked < 5; asked += 1) {
      expect((await decided(open, ...all)).findings.map(({ rule }) => rule)).toEqual(ids)
    }
  })

  it('allows what only an advisory policy forbids, and tells of it', async () => {
    expect(await decided(open, forbid('note', 'advisory'))).toMatchObject({
      verdict: 'allow',
      findings: [finding('note', 'advisory')],
    })
  })

  it.each([
    'action == Action::"promote"',
    'action in Action::"promote"',
    'action in [Action::"deploy", Action::"promote"]',
  ])('asks a policy only about the actions of its head: %s', async (head) => {
    const actions = ['promote', 'invoke', 'deploy'] as const
    const text = `${open} @id("closed") forbid (principal, ${head}, resource);`
    const engine = cedarPolicy({ actions, policies: { name: 'rules', text } })
    const rules = async (asked: PolicyRequest): Promise<readonly string[]> =>
      (await engine.decide(asked)).findings.map(({ rule }) => rule)
    expect(await rules(request)).toEqual(['closed'])
    expect(await rules(policyRequests.invoke())).toEqual([])
    expect(await rules(policyRequests.deploy())).toEqual(head.includes('deploy') ? ['closed'] : [])
  })

  it('denies what nothing permits, whatever the level of the policies that forbid it', async () => {
    for (const level of ['advisory', 'soft']) {
      expect(await decided(forbid('note', level))).toMatchObject({
        verdict: 'deny',
        findings: [finding('note', level), nothing],
      })
    }
  })
})

describe('an approval that overrides', () => {
  const approver = { name: 'bob' }
  const verdictOf = async (...policies: readonly string[]): Promise<string> => {
    const decision = await decided(...policies)
    const engine = { name: 'cedar', actions: ['promote'] as const, decide: () => decision }
    const combined = await decideAll([engine], request, { clock: systemClock })
    const approvals = [{ actor: approver, overrideSoft: true }]
    return permitVerdict(combined, { approvals, author: request.actor }).verdict
  }

  it('overrides a soft policy', async () => {
    expect(await verdictOf(open, forbid('note', 'soft'))).toBe('allow')
  })

  it('overrides neither that nothing permits it, nor a hard policy, nor one that failed', async () => {
    expect(await verdictOf(forbid('note', 'soft'))).toBe('deny')
    expect(await verdictOf(open, forbid('note', 'soft'), forbid('closed', 'hard'))).toBe('deny')
    expect(await verdictOf(open, forbid('note', 'soft'), failing('broken'))).toBe('deny')
    expect(await verdictOf(open, forbid('note', 'soft'), failing('broken', 'soft'))).toBe('deny')
    expect(await verdictOf(open, failing('broken', 'soft'))).toBe('error')
  })
})

describe('a policy that cannot be evaluated', () => {
  it('is skipped by Cedar, which then allows', () => {
    const library = openLibrary()
    library.preparsePolicySet('set', { staticPolicies: { open, broken: failing('broken') } })
    const answer = library.statefulIsAuthorized({ ...cedarRequest(request), preparsedPolicySetId: 'set' })
    expect(answer).toMatchObject({ response: { decision: 'allow' } })
  })

  it.each(['hard', 'soft', 'advisory'])('is the verdict error and no allow, when it is %s', async (level) => {
    expect(await decided(open, failing('broken', level))).toMatchObject({
      verdict: 'error',
      findings: [finding('broken', 'advisory', `broken ${overflow}`)],
    })
  })

  it('is the verdict error when it might have permitted', async () => {
    const permits = failing('broken').replace('forbid', 'permit').replace('@level("hard")', '')
    expect(await decided(permits)).toMatchObject({
      verdict: 'error',
      findings: [finding('broken', 'advisory', `broken ${overflow}`)],
    })
  })

  it('does not turn the deny of another policy into an error', async () => {
    expect(await decided(open, forbid('closed', 'hard'), failing('broken'))).toMatchObject({
      verdict: 'deny',
      findings: [finding('closed', 'hard'), finding('broken', 'hard', `broken ${overflow}`)],
    })
  })

  it('has a message of bounded length', async () => {
    const text = `${open} forbid (principal, action == Action::"promote", resource)
when { principal.name == "ana" && context.x${'x'.repeat(5000)} };`
    const policies = { name: 'rules', text }
    const engine = cedarPolicy({ actions: ['promote'], policies, validate: false })
    const { verdict, findings } = await engine.decide(request)
    expect(verdict).toBe('error')
    expect(findings[0]?.message.length).toBeLessThanOrEqual(300)
  })
})

describe('the sets that Cedar is asked', () => {
  const about = (id: string, level: 'hard' | 'soft', ...actions: readonly string[]) =>
    ({ id, text: open, effect: 'permit', level, message: '', actions }) as const

  it('have the policies that can be about an action, and no others', () => {
    const prepared: Record<string, readonly string[]> = {}
    const recording = {
      ...openLibrary(),
      preparsePolicySet(id: string, { staticPolicies }: { readonly staticPolicies: object }) {
        prepared[id] = Object.keys(staticPolicies)
        return { type: 'success' } as const
      },
    }
    const policies = [
      about('a', 'hard', 'promote', 'deploy'),
      about('b', 'soft', 'promote'),
      about('c', 'hard', 'invoke'),
      { id: 'd', text: open, effect: 'permit', level: 'hard', message: '' } as const,
    ]
    openModule(policies, ['promote', 'deploy', 'command'], recording)
    expect(prepared).toEqual({
      'promote every': ['0', '1', '3'],
      'promote binding': ['0', '3'],
      'deploy every': ['0', '3'],
      'command every': ['3'],
    })
  })
})

describe('Cedar that breaks off at a question', () => {
  it('is given up, and the next question has a new instance', async () => {
    const policies = [{ id: 'open', text: open, effect: 'permit', level: 'hard', message: '' }] as const
    const breaking = {
      ...openLibrary(),
      statefulIsAuthorized() {
        throw new Error('memory access out of bounds')
      },
    }
    const module = openModule(policies, ['promote'], breaking)
    const asked = cedarRequest(request)
    expect(() => module.authorize(asked)).toThrow('memory access out of bounds')
    expect(module.authorize(asked)).toMatchObject({ forbids: [], nothingPermits: false, failed: [] })
  })

  it('is the verdict error for a request that cannot be asked', async () => {
    const engine = cedarPolicy({ actions: ['promote'], policies: { name: 'rules', text: open } })
    await engine.load()
    const { deployment } = request
    const broken = { ...deployment, spec: { ...deployment.spec, deadline: 'soon' as never } }
    expect(engine.decide({ ...request, deployment: broken })).toMatchObject({
      verdict: 'error',
      findings: [{ message: expect.stringContaining('"soon" is not a duration') }],
    })
    expect(engine.decide(request)).toMatchObject({ verdict: 'allow' })
  })
})
