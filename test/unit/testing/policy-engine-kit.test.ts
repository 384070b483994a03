import { describe, expect, it } from 'vitest'
import { sleep } from '../../../src/clock.ts'
import { sha256 } from '../../../src/hash.ts'
import { canonicalJson } from '../../../src/json.ts'
import type { Decision, PolicyEngine, PolicyRequest } from '../../../src/policy/contract.ts'
import { rule } from '../../../src/policy/rule.ts'
import { rulesPolicy } from '../../../src/policy/rules-policy.ts'
import { allow, deny } from '../../../src/policy/ruling.ts'
import { createFakeClock } from '../../../src/testing/fake-clock.ts'
import { brokenLaws } from '../../../src/testing/kit.ts'
import {
  type PolicyEngineSubject,
  policyEngineConformance,
  policyEngineLaws,
} from '../../../src/testing/policy-engine-kit.ts'
import { policyRequests } from '../../../src/testing/policy-requests.ts'

const { promote, invoke } = policyRequests

/** An engine that keeps every law and can be made to fail or to stall. */
function goodSubject(): PolicyEngineSubject & { readonly engine: PolicyEngine } {
  let state: 'well' | 'failing' | 'refused' | 'stalled' = 'well'
  const clock = createFakeClock()
  const engine = rulesPolicy('promotion', [
    rule('approved-models-only', {
      on: 'promote',
      check: ({ model }, { abortSignal }) => {
        if (state === 'failing') throw new Error('the directory is down')
        if (state === 'refused') throw new Error('the directory refuses our credentials: [secret]')
        if (state === 'stalled') return sleep(clock, 1, abortSignal).then(() => allow())
        return model?.approval === 'approved' ? allow() : deny(`it is ${model?.approval}`)
      },
    }),
  ])
  return {
    engine,
    allowed: promote('approved'),
    denied: promote('pending'),
    fail: () => {
      state = 'failing'
    },
    stall: () => {
      state = 'stalled'
    },
    credential: 'kit-token-42',
    unauthorize: () => {
      state = 'refused'
    },
    patienceMs: 50,
  }
}

policyEngineConformance({
  name: 'rulesPolicy',
  describe,
  it,
  create: () => ({ subject: goodSubject() }),
})

type Decide = (request: PolicyRequest, good: Decision) => Partial<Decision>

/** The good engine with its answers changed. */
const answering =
  (change: Decide): ((good: PolicyEngine) => Partial<PolicyEngine>) =>
  (good) => ({
    async decide(request, options) {
      const decision = await good.decide(request, options)
      return { ...decision, ...change(request, decision) }
    },
  })

const counter = { asked: 0 }

/** For each law, ways to break it that the kit must see. */
const breakings: Readonly<Record<string, readonly ((good: PolicyEngine) => Partial<PolicyEngine>)[]>> = {
  'has a name and declares the actions it knows': [
    () => ({ name: '' }),
    () => ({ actions: [] }),
    () => ({ actions: ['promote', 'promote'] }),
    () => ({ actions: ['promote', 'destroy' as 'deploy'] }),
  ],
  'allows a request that its policy allows, and denies one that its policy denies': [
    answering(() => ({ verdict: 'allow', findings: [] })),
    answering(() => ({ verdict: 'not-applicable' })),
  ],
  'gives a reason for a deny': [
    answering(() => ({ findings: [] })),
    answering((_request, { findings }) => ({
      findings: findings.map((each) => ({ ...each, level: 'advisory' as const })),
    })),
    answering((_request, { findings }) => ({ findings: findings.map((each) => ({ ...each, message: '' })) })),
    answering((_request, { findings }) => ({ findings: findings.map((each) => ({ ...each, rule: '' })) })),
  ],
  'gives only advisory findings with an allow': [
    answering(() => ({ findings: [{ policy: 'p', rule: 'r', level: 'soft', message: 'no lineage' }] })),
  ],
  'gives only valid obligations': [
    answering(() => ({ obligations: [{ kind: 'approval', by: [] }] })),
    answering(() => ({ obligations: [{ kind: 'cap-tokens', maxOutputTokens: 0 }] })),
    answering(() => ({ obligations: [{ kind: 'guardrail', name: '' }] })),
    answering(() => ({ obligations: [{ kind: 'redact', entities: [] }] })),
    answering(() => ({ obligations: [{ kind: 'watermark' } as never] })),
  ],
  'answers the same question the same way': [
    answering(() => {
      counter.asked += 1
      return { obligations: [{ kind: 'cap-tokens', maxOutputTokens: counter.asked }] }
    }),
  ],
  'does not mix up questions that are asked at the same time': [
    (good) => {
      let latest: PolicyRequest | undefined
      return {
        async decide(request, options) {
          latest = request
          await Promise.resolve()
          return good.decide(latest, options)
        },
      }
    },
  ],
  'names the policy text that decided': [
    answering(() => ({ policyRevision: '' })),
    answering((_request, { verdict }) => ({ policyRevision: verdict })),
  ],
  'gives the SHA-256 of the request': [
    answering(() => ({ inputDigest: 'abc' })),
    answering(() => ({ inputDigest: '0'.repeat(64) })),
    answering((request) => ({ inputDigest: sha256(JSON.stringify(request)) })),
    answering((request) => ({ inputDigest: sha256(canonicalJson({ input: request })) })),
  ],
  'gives each decision an id of its own': [
    answering(() => ({ decisionId: 'decision' })),
    answering(() => ({ decisionId: '' })),
    answering((_request, { verdict }) => {
      counter.asked += 1
      return verdict === 'allow' ? { decisionId: `decision-${counter.asked}` } : {}
    }),
  ],
  'does not change the request': [
    (good) => ({
      decide(request, options) {
        Object.assign(request, { seen: true })
        return good.decide(request, options)
      },
    }),
    (good) => ({
      decide(request, options) {
        if (Object.isFrozen(request)) return { ...aborted, verdict: 'error' }
        return good.decide(request, options)
      },
    }),
  ],
  'answers not-applicable for an action that it does not declare': [
    (good) => ({
      decide: (request, options) =>
        request.action === 'invoke'
          ? good.decide(promote('approved'), options)
          : good.decide(request, options),
    }),
  ],
  'answers the verdict error, and does not throw, when it cannot decide': [
    (good) => ({
      async decide(request, options) {
        const decision = await good.decide(request, options)
        if (decision.verdict === 'error') throw new Error('connection refused')
        return decision
      },
    }),
    answering((_request, { verdict }) => (verdict === 'error' ? { verdict: 'allow', findings: [] } : {})),
    answering((_request, { verdict }) => (verdict === 'error' ? { findings: [] } : {})),
  ],
  'answers the verdict error when its credentials are refused, and shows none': [
    answering((_request, { verdict, findings }) =>
      verdict === 'error'
        ? { findings: findings.map((each) => ({ ...each, message: '401: kit-token-42 is not valid' })) }
        : {},
    ),
    answering((_request, { findings }) =>
      findings.some(({ message }) => message.includes('[secret]')) ? { verdict: 'deny' } : {},
    ),
  ],
  'ends a question that is aborted': [
    (good) => ({ decide: (request) => good.decide(request) }),
    (good) => ({
      decide: async (request, options) => {
        const decision = await good.decide(request, options)
        return options?.abortSignal?.aborted === true
          ? { ...decision, verdict: 'allow' as const, findings: [] }
          : decision
      },
    }),
  ],
}

const aborted: Decision = {
  verdict: 'error',
  findings: [],
  obligations: [],
  policyRevision: '1',
  inputDigest: '0'.repeat(64),
}

describe('the kit of PolicyEngine', () => {
  it('has a broken engine for every law', () => {
    expect(Object.keys(breakings).sort()).toEqual(policyEngineLaws.map(({ name }) => name).sort())
  })

  const cases = Object.entries(breakings).flatMap(([law, ways]) =>
    ways.map((breaking, index) => ({ law, breaking, way: index + 1 })),
  )

  it.each(cases)('names "$law" when an engine breaks it, way $way', async ({ law, breaking }) => {
    const create = () => {
      const good = goodSubject()
      return { subject: { ...good, engine: { ...good.engine, ...breaking(good.engine) } } }
    }
    const broken = await brokenLaws('PolicyEngine', policyEngineLaws, create)
    expect(broken.map(({ message }) => message)).toContainEqual(
      expect.stringContaining(`breaks the law of PolicyEngine "${law}"`),
    )
  })

  it('finds nothing wrong with an engine that keeps every law', async () => {
    const create = () => ({ subject: goodSubject() })
    expect(await brokenLaws('PolicyEngine', policyEngineLaws, create)).toEqual([])
  })

  it('skips what a fixture cannot do and what does not apply, and says so', async () => {
    const lines: string[] = []
    const runs: Promise<void>[] = []
    const { fail: _, stall: __, unauthorize: ___, ...bare } = goodSubject()
    const everything = rulesPolicy('all', [
      rule('any', {
        on: ['deploy', 'promote', 'invoke', 'query-data', 'command', 'delete'],
        check: (request) => (request.actor.name === 'ana' ? allow() : deny('not ana')),
      }),
    ])
    policyEngineConformance({
      name: 'all',
      describe: (_name, body) => body(),
      it: (_name, body) => void runs.push(body()),
      log: (line) => void lines.push(line),
      create: () => ({ subject: { ...bare, engine: everything, allowed: promote(), denied: invoke('app') } }),
    })
    await Promise.all(runs)
    expect(lines.toSorted()).toEqual([
      'all: skipped "answers not-applicable for an action that it does not declare": it declares all actions',
      'all: skipped "answers the verdict error when its credentials are refused, and shows none": the fixture has no `unauthorize`',
      'all: skipped "answers the verdict error, and does not throw, when it cannot decide": the fixture has no `fail`',
      'all: skipped "ends a question that is aborted": the fixture has no `stall`',
      'all: skipped "gives each decision an id of its own": it gives no ids',
    ])
  })
})
