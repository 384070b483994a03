import { describe, expect, it } from 'vitest'
import { sha256 } from '../../../../src/hash.ts'
import {
  allow,
  deny,
  type PolicyAction,
  type PolicyEngine,
  rule,
  rulesPolicy,
} from '../../../../src/index.ts'
import { canonicalJson } from '../../../../src/json.ts'
import { ann, collect, digits, planeFixture, registerVersions, route, serving } from '../plane-fixture.ts'

function asked(name: string, log: string[], refuses?: PolicyAction) {
  return rulesPolicy(name, [
    rule('look', {
      on: ['deploy', 'promote'],
      check: ({ action }) => {
        log.push(`${name} ${action}`)
        return action === refuses ? deny(`${name} says no`) : allow()
      },
    }),
  ])
}

describe('the policies of a promotion', () => {
  it('are the ones that the deployment names, while all policies judge the declared resource', async () => {
    const log: string[] = []
    const fixture = planeFixture({
      plane: { policies: [asked('strict', log, 'promote'), asked('lax', log)] },
    })
    const { plane, registry, until, phase } = fixture
    await registerVersions(registry, '1')
    await plane.start()
    await plane.apply(digits('1', { policies: ['lax'] }), { actor: ann })
    await until(async () => (await phase()) === 'converged')
    expect([...new Set(log)].sort()).toEqual(['lax deploy', 'lax promote', 'strict deploy'])
    await plane.stop()
  })

  it('are all policies of the plane when the deployment names none', async () => {
    const log: string[] = []
    const fixture = planeFixture({
      plane: { policies: [asked('strict', log, 'promote'), asked('lax', log)] },
    })
    const { plane, registry, until, phase } = fixture
    await registerVersions(registry, '1')
    await plane.start()
    await plane.apply(digits('1'), { actor: ann })
    await until(async () => (await phase()) === 'blocked')
    expect((await plane.explain('digits')).waitsFor).toBe('the policy to allow it: strict says no')
    await plane.stop()
  })

  it('are all that know promotion when the deployment names only policies that do not', async () => {
    const risk = rulesPolicy('risk', [
      rule('no', { on: 'promote', check: () => deny('the risk board says no') }),
    ])
    const naming = rulesPolicy('naming', [rule('ok', { on: 'deploy', check: () => allow() })])
    const fixture = planeFixture({ plane: { policies: [risk, naming] } })
    const { plane, registry, until, phase } = fixture
    await registerVersions(registry, '1')
    await plane.start()
    await plane.apply(digits('1', { policies: ['naming'] }), { actor: ann })
    await until(async () => (await phase()) === 'blocked')
    expect((await plane.explain('digits')).waitsFor).toContain('the risk board says no')
    await plane.stop()
  })

  it('leave their revision in the audit record of every move that they allow', async () => {
    const log: string[] = []
    const fixture = planeFixture({ plane: { policies: [asked('lax', log)] } })
    await serving(fixture)
    await fixture.plane.apply(route(), { actor: ann })
    await fixture.plane.stop()
    const records = await collect(fixture.audit.read())
    const policed = records.filter(({ details }) => 'policyRevision' in details).map(({ action }) => action)
    expect(policed).toEqual(['deployment-applied', 'rollout-started', 'split-changed', 'route-applied'])
    const revisions = new Set(records.flatMap(({ details }) => details.policyRevision ?? []))
    expect(revisions.size).toBe(1)
  })

  it('leave the digest of what they were asked and the id of the decision there, too', async () => {
    const asked = new Map<string, string>()
    const lax = rulesPolicy('lax', [
      rule('yes', { on: ['deploy', 'promote', 'delete'], check: () => allow() }),
    ])
    const logging: PolicyEngine = {
      ...lax,
      async decide(request) {
        const decision = await lax.decide(request)
        const decisionId = `decision-${asked.size + 1}`
        asked.set(decisionId, sha256(canonicalJson(request)))
        return { ...decision, decisionId }
      },
    }
    const fixture = planeFixture({ plane: { policies: [logging] } })
    await serving(fixture)
    await fixture.plane.delete('digits', { actor: ann })
    await fixture.plane.stop()
    const policed = (await collect(fixture.audit.read())).filter(({ details }) => 'decisionId' in details)
    expect(policed.map(({ action }) => action)).toEqual([
      'deployment-applied',
      'rollout-started',
      'split-changed',
      'deployment-deleted',
    ])
    for (const { details } of policed) {
      expect(details.inputDigest).toBe(asked.get(String(details.decisionId)))
    }
    expect(new Set(policed.map(({ details }) => details.decisionId)).size).toBe(4)
  })

  it('leave their reason in the record of a rollout that they could not judge', async () => {
    const broken: PolicyEngine = {
      name: 'broken',
      actions: ['promote'],
      decide: () => Promise.reject(new Error('the directory is down')),
    }
    const fixture = planeFixture({ plane: { policies: [broken] } })
    await registerVersions(fixture.registry, '1')
    await fixture.plane.start()
    await fixture.plane.apply(digits('1'), { actor: ann })
    await fixture.until(async () => (await fixture.phase()) === 'blocked')
    await fixture.plane.stop()
    const blocked = (await collect(fixture.audit.read())).find(({ action }) => action === 'rollout-blocked')
    expect(blocked?.details).toMatchObject({
      reason: 'PolicyError',
      findings: [{ policy: 'broken', message: 'broken: the directory is down' }],
    })
  })
})
