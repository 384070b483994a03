import { type Decision, type PolicyEngine, type PolicyRequest, systemClock } from 'modelspine/adapter'
import { cedarPolicy } from 'modelspine/adapters/cedar'
import { beforeAll, describe, expect, it } from 'vitest'
import { conditions } from '../../../examples/policies/cedar/conditions.ts'
import { exampleRules } from '../../../examples/policies/rules.ts'
import { decideAll } from '../../../src/policy/decide-all.ts'
import { type PolicyCase, policyCases } from '../opa/cases.ts'
import { exampleFolder } from './examples.ts'
import './kept-library.ts'

const { name, actions } = exampleRules
const cedar = cedarPolicy({ name, actions, policies: exampleFolder })
beforeAll(() => cedar.load())

/** What Cedar cannot say of a case, and why. `examples/policies/cedar/conditions.ts` says it beside Cedar. */
const unsayable: Readonly<
  Record<string, { readonly part: 'obligations' | 'findings'; readonly why: string }>
> = {
  'all traffic': { part: 'obligations', why: 'an allow with an approval: Cedar has no obligations' },
  embeddings: { part: 'obligations', why: 'an allow with a redaction: Cedar has no obligations' },
  'embeddings that nobody listed': { part: 'obligations', why: 'a redaction: Cedar has no obligations' },
  'a chat': { part: 'obligations', why: 'an allow with a cap of tokens: Cedar has no obligations' },
  'a chat of a guest': { part: 'obligations', why: 'a cap and a guardrail: Cedar has no obligations' },
  'a chat of somebody unknown': { part: 'obligations', why: 'a cap of tokens: Cedar has no obligations' },
  'variables that sound like secrets': {
    part: 'findings',
    why: 'a pattern of each name of a set: Cedar cannot look at the members of a set',
  },
}

interface Outline {
  readonly verdict: Decision['verdict']
  readonly findings: readonly string[]
  readonly obligations: Decision['obligations']
}

/** A decision without the words of its findings: a policy in Cedar has one fixed text. */
function outlined({ verdict, findings, obligations }: Decision): Outline {
  return {
    verdict,
    findings: findings.map(({ rule, level }) => `${rule} (${level})`).toSorted(),
    obligations,
  }
}

function expectedOf({ verdict, findings = [], obligations = [] }: PolicyCase): Outline {
  return {
    verdict,
    findings: findings.map((finding) => finding.slice(0, finding.indexOf(':'))).toSorted(),
    obligations,
  }
}

function decided(engine: PolicyEngine, request: PolicyRequest): Decision {
  const decision = engine.decide(request)
  if (decision instanceof Promise) throw new Error('it does not answer at once')
  return decision
}

describe('the example policies in Cedar decide as those in Rego', () => {
  it.each(policyCases.filter((each) => unsayable[each.name] === undefined))('$name', (each) => {
    expect(outlined(decided(cedar, each.request))).toEqual(expectedOf(each))
  })

  it.each(policyCases.filter((each) => unsayable[each.name] !== undefined))(
    'but for what Cedar cannot say: $name',
    (each) => {
      const decision = outlined(decided(cedar, each.request))
      expect(decision).not.toEqual(expectedOf(each))
      const part = unsayable[each.name]?.part ?? 'obligations'
      expect(decision).toEqual({ ...expectedOf(each), [part]: [] })
    },
  )

  it('and name no case that is not in the table', () => {
    const names = policyCases.map((each) => each.name)
    expect(Object.keys(unsayable).filter((each) => !names.includes(each))).toEqual([])
  })

  it.each(policyCases)('and wholly with the conditions beside them: $name', async (each) => {
    const decision = await decideAll([cedar, conditions], each.request, { clock: systemClock })
    const wanted = expectedOf(each)
    expect(outlined(decision)).toEqual({ ...wanted, obligations: decision.obligations })
    expect(decision.obligations.toSorted(byKind)).toEqual(wanted.obligations.toSorted(byKind))
  })

  it('with a reason of their own for each finding', () => {
    const given = policyCases.flatMap(({ request }) => decided(cedar, request).findings)
    const reasons = new Map(given.map(({ rule, message }) => [rule, message]))
    expect([...reasons.values()].filter((message) => message.includes('forbids it'))).toEqual([])
    expect(reasons.get('may-promote')).toBe('only the role release and that of the team may promote')
  })
})

function byKind(one: { readonly kind: string }, other: { readonly kind: string }): number {
  return one.kind < other.kind ? -1 : 1
}
