import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { isModelspineError, messageOf } from '../errors.ts'
import { sha256 } from '../hash.ts'
import { canonicalJson } from '../json.ts'
import type { Decision, PolicyAction, PolicyEngine, PolicyRequest } from '../policy/contract.ts'
import { type KitOptions, type Law, runKit } from './kit.ts'
import { policyRequests } from './policy-requests.ts'
import { usualPatienceMs, within } from './within.ts'

/** An engine with a policy, and what its fixture can do to it. */
export interface PolicyEngineSubject {
  readonly engine: PolicyEngine
  /** A request that its policy allows. `policyRequests` makes complete requests to start from. */
  readonly allowed: PolicyRequest
  /** A request that its policy denies. */
  readonly denied: PolicyRequest
  /**
   * After this call the engine cannot decide any question: for example its server is gone, or its rules
   * throw.
   */
  fail?(): Promise<void> | void
  /** After this call the engine never answers. Leave it out when the engine answers at once. */
  stall?(): Promise<void> | void
  /** Makes the engine's vendor refuse its credentials from now on, with a text that repeats `credential`. */
  unauthorize?(): Promise<void> | void
  /** A credential that the engine was given. No decision may show it. */
  readonly credential?: string
  /** How many milliseconds an aborted question may take to end. Default 2,000. */
  readonly patienceMs?: number
}

const actions: readonly PolicyAction[] = ['deploy', 'promote', 'invoke', 'query-data', 'command', 'delete']

export const policyEngineLaws: readonly Law<PolicyEngineSubject>[] = [
  {
    name: 'has a name and declares the actions it knows',
    async check({ engine }) {
      assert.ok(engine.name !== '', 'it has no name')
      assert.ok(engine.actions.length > 0, 'it declares no action and is never asked')
      assert.equal(new Set(engine.actions).size, engine.actions.length, 'it declares an action twice')
      for (const action of engine.actions) assert.ok(actions.includes(action), `there is no action ${action}`)
    },
  },
  {
    name: 'allows a request that its policy allows, and denies one that its policy denies',
    async check({ engine, allowed, denied }) {
      for (const [request, verdict] of [
        [allowed, 'allow'],
        [denied, 'deny'],
      ] as const) {
        assert.ok(engine.actions.includes(request.action), `it does not declare ${request.action}`)
        const decision = await engine.decide(request)
        assert.equal(decision.verdict, verdict, `${request.action}: ${texts(decision)}`)
      }
    },
  },
  {
    name: 'gives a reason for a deny',
    async check({ engine, denied }) {
      const decision = await engine.decide(denied)
      const reasons = decision.findings.filter(({ level }) => level === 'soft' || level === 'hard')
      assert.ok(reasons.length > 0, 'it denies without a soft or hard finding')
      for (const { policy, rule, message } of reasons) {
        assert.ok(policy !== '' && rule !== '', 'a finding names no policy or no rule')
        assert.ok(message !== '', `the finding of ${policy}/${rule} has no message`)
      }
    },
  },
  {
    name: 'gives only advisory findings with an allow',
    async check({ engine, allowed }) {
      const { findings } = await engine.decide(allowed)
      for (const { level, message } of findings)
        assert.equal(level, 'advisory', `it allows with the finding: ${message}`)
    },
  },
  {
    name: 'gives only valid obligations',
    async check({ engine, allowed, denied }) {
      for (const request of [allowed, denied]) {
        for (const obligation of (await engine.decide(request)).obligations) {
          switch (obligation.kind) {
            case 'approval':
              assert.ok(obligation.by === undefined || obligation.by.length > 0, 'the list "by" is empty')
              break
            case 'cap-tokens':
              assert.ok(obligation.maxOutputTokens > 0, 'maxOutputTokens is not above 0')
              break
            case 'guardrail':
              assert.ok(obligation.name !== '', 'it names no guardrail')
              break
            case 'redact':
              assert.ok(obligation.entities.length > 0, 'the list "entities" is empty')
              break
            default:
              assert.fail(`there is no obligation ${JSON.stringify(obligation)}`)
          }
        }
      }
    },
  },
  {
    name: 'answers the same question the same way',
    async check({ engine, allowed, denied }) {
      for (const request of [allowed, denied]) {
        const first = withoutId(await engine.decide(request))
        await engine.decide(request === allowed ? denied : allowed)
        assert.deepEqual(withoutId(await engine.decide(request)), first)
      }
    },
  },
  {
    name: 'does not mix up questions that are asked at the same time',
    async check({ engine, allowed, denied }) {
      const requests = Array.from({ length: 20 }, (_, index) => (index % 3 === 0 ? denied : allowed))
      const decisions = await Promise.all(requests.map((request) => engine.decide(request)))
      assert.deepEqual(
        decisions.map(({ verdict }) => verdict),
        requests.map((request) => (request === denied ? 'deny' : 'allow')),
      )
    },
  },
  {
    name: 'names the policy text that decided',
    async check({ engine, allowed, denied }) {
      const [one, other] = [await engine.decide(allowed), await engine.decide(denied)]
      assert.ok(one.policyRevision !== '', 'policyRevision is empty')
      assert.equal(other.policyRevision, one.policyRevision, 'policyRevision differs between two questions')
    },
  },
  {
    name: 'gives the SHA-256 of the request',
    async check({ engine, allowed, denied }) {
      for (const request of [allowed, denied, backwards(allowed)]) {
        const { inputDigest } = await engine.decide(request)
        assert.equal(inputDigest, sha256(canonicalJson(request)), 'inputDigest is not that of the request')
      }
    },
  },
  {
    name: 'gives each decision an id of its own',
    async check({ engine, allowed, denied }) {
      const ids: (string | undefined)[] = []
      for (const request of [allowed, denied, allowed]) ids.push((await engine.decide(request)).decisionId)
      if (ids.every((id) => id === undefined)) return { notApplicable: 'it gives no ids' }
      assert.ok(!ids.includes(undefined) && !ids.includes(''), 'a decision has no id')
      assert.equal(new Set(ids).size, ids.length, 'two decisions have the same id')
    },
  },
  {
    name: 'does not change the request',
    async check({ engine, allowed, denied }) {
      for (const request of [allowed, denied]) {
        const given = copyOf(request)
        await engine.decide(given)
        assert.deepEqual(given, copyOf(request))
        const frozen = await engine.decide(deepFreeze(copyOf(request)))
        assert.notEqual(frozen.verdict, 'error', `it fails on a frozen request: ${texts(frozen)}`)
      }
    },
  },
  {
    name: 'answers not-applicable for an action that it does not declare',
    skip: ({ engine }) => (engine.actions.length === actions.length ? 'it declares all actions' : undefined),
    async check({ engine }) {
      const { deploy, promote, invoke, queryData, command } = policyRequests
      const requests = [deploy(), promote(), invoke(), queryData(), command(), policyRequests.delete()]
      for (const request of requests) {
        if (engine.actions.includes(request.action)) continue
        assert.equal((await engine.decide(request)).verdict, 'not-applicable', request.action)
      }
    },
  },
  {
    name: 'answers the verdict error, and does not throw, when it cannot decide',
    hooks: ['fail'],
    async check(subject) {
      const { engine, allowed, denied } = subject
      await subject.fail?.()
      for (const request of [allowed, denied]) {
        const decision = await decided(engine, request)
        assert.equal(decision.verdict, 'error')
        assert.ok(texts(decision) !== '', 'no finding says why')
      }
    },
  },
  {
    name: 'answers the verdict error when its credentials are refused, and shows none',
    hooks: ['unauthorize', 'credential'],
    async check(subject) {
      const { engine, allowed, denied, credential = '' } = subject
      await subject.unauthorize?.()
      for (const request of [allowed, denied]) {
        const decision = await decided(engine, request)
        assert.equal(decision.verdict, 'error')
        const printed = inspect(decision, { depth: 20, showHidden: true, getters: true })
        assert.ok(!printed.includes(credential), 'a decision shows the credential')
      }
    },
  },
  {
    name: 'ends a question that is aborted',
    hooks: ['stall'],
    async check(subject) {
      await subject.stall?.()
      const leaving = new AbortController()
      const asked = decided(subject.engine, subject.allowed, leaving.signal)
      leaving.abort(new Error('enough'))
      const decision = await within(
        subject.patienceMs ?? usualPatienceMs,
        asked,
        'a question that was aborted ends',
      )
      assert.notEqual(decision.verdict, 'allow', 'an aborted question is allowed')
    },
  },
]

/** Registers the laws of PolicyEngine as tests of one implementation. */
export function policyEngineConformance(options: KitOptions<PolicyEngineSubject>): void {
  runKit('PolicyEngine', policyEngineLaws, options)
}

/** The decision. A rejection with `aborted` counts as one; any other throw fails the law. */
async function decided(
  engine: PolicyEngine,
  request: PolicyRequest,
  abortSignal?: AbortSignal,
): Promise<Decision> {
  try {
    return await engine.decide(request, abortSignal === undefined ? {} : { abortSignal })
  } catch (error) {
    if (abortSignal?.aborted === true && isModelspineError(error, 'aborted')) return aborted
    assert.fail(`it throws: ${messageOf(error)}`)
  }
}

const aborted: Decision = {
  verdict: 'error',
  findings: [],
  obligations: [],
  policyRevision: '',
  inputDigest: '',
}

function texts({ findings }: Decision): string {
  return findings.map(({ message }) => message).join('; ')
}

function withoutId({ decisionId: _, ...decision }: Decision): unknown {
  return copyOf(decision)
}

function copyOf<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T
}

function backwards<T>(value: T): T {
  if (Array.isArray(value)) return value.map(backwards) as T
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).reverse()
  return Object.fromEntries(members.map(([name, member]) => [name, backwards(member)])) as T
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) deepFreeze(member)
    Object.freeze(value)
  }
  return value
}
