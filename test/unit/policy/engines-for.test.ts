import { describe, expect, it } from 'vitest'
import type { PolicyAction, PolicyEngine, PolicyRequest } from '../../../src/policy/contract.ts'
import { enginesFor } from '../../../src/policy/engines-for.ts'
import { policyRequests } from '../../../src/testing/policy-requests.ts'

function engine(name: string, ...actions: readonly PolicyAction[]): PolicyEngine {
  return {
    name,
    actions,
    decide: () => {
      throw new Error('nobody asks here')
    },
  }
}

const engines = [
  engine('risk', 'promote'),
  engine('naming', 'deploy'),
  engine('people', 'command', 'delete'),
  engine('all', 'deploy', 'promote', 'invoke', 'command'),
]

function asked(request: PolicyRequest): string[] {
  return enginesFor(engines, request).map(({ name }) => name)
}

function promotionNaming(...policies: readonly string[]): PolicyRequest {
  const request = policyRequests.promote()
  const { deployment } = request
  return { ...request, deployment: { ...deployment, spec: { ...deployment.spec, policies } } }
}

describe('the engines that are asked', () => {
  it('are those that declare the action', () => {
    expect(asked(policyRequests.deploy())).toEqual(['naming', 'all'])
    expect(asked(policyRequests.invoke())).toEqual(['all'])
    expect(asked(policyRequests.queryData())).toEqual([])
    expect(asked(policyRequests.command())).toEqual(['people', 'all'])
    expect(asked(policyRequests.delete())).toEqual(['people'])
    expect(asked(policyRequests.promote())).toEqual(['risk', 'all'])
  })

  it('are the named ones for a promotion, as far as they know promotion', () => {
    expect(asked(promotionNaming('risk'))).toEqual(['risk'])
    expect(asked(promotionNaming('naming', 'risk'))).toEqual(['risk'])
  })

  it('are all that know promotion when no named one does, because naming others is no permission', () => {
    expect(asked(promotionNaming('naming'))).toEqual(['risk', 'all'])
    expect(asked(promotionNaming('gone'))).toEqual(['risk', 'all'])
  })

  it('are all that declare the action for a command or a deletion, whatever the deployment names', () => {
    const command = policyRequests.command()
    const { deployment } = command
    const named = { ...deployment, spec: { ...deployment.spec, policies: ['risk'] } }
    expect(asked({ ...command, deployment: named })).toEqual(['people', 'all'])
    expect(asked({ ...policyRequests.delete(), resource: named })).toEqual(['people'])
  })
})
