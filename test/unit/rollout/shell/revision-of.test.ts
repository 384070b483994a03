import { describe, expect, it } from 'vitest'
import type { ModelDeploymentSpec } from '../../../../src/resources/deployment/model-deployment.ts'
import { nameRevision } from '../../../../src/rollout/shell/revision-of.ts'
import { gateNamed, pinned, specWith } from '../machine/fixtures.ts'

const spec = specWith({ rolling: { step: 50, every: '1s' } })
const named = (change: Partial<ModelDeploymentSpec>, version = 1): string =>
  nameRevision(pinned(version), { ...spec, ...change }).name

describe("a revision's name", () => {
  it('is ten hexadecimal characters, and the same for the same content', () => {
    expect(named({})).toMatch(/^[0-9a-f]{10}$/)
    expect(named({})).toBe(named({}))
  })

  it('changes with the model, the runtime and the settings of the target', () => {
    const { runtime } = spec
    const others = [
      named({}, 2),
      named({ runtime: { ...runtime, env: { A: '1' } } }),
      named({ runtime: { ...runtime, secrets: { A: 'env:A' } } }),
      named({ runtime: { ...runtime, resources: { cpu: 1 } } }),
      named({ target: { name: 'prod', settings: { region: 'a' } } }),
    ]
    expect(new Set([named({}), ...others]).size).toBe(6)
  })

  it('does not change with scale, strategy, gates, policies, deadline or the name of the target', () => {
    const others = [
      named({ scale: { min: 2, max: 8 } }),
      named({ strategy: { rolling: { step: 10, every: '9s' } } }),
      named({ analysis: [gateNamed('a')] }),
      named({ policies: ['a'] }),
      named({ deadline: '1s' }),
      named({ target: { name: 'spare', settings: {} } }),
    ]
    expect(new Set([named({}), ...others]).size).toBe(1)
  })

  it('does not depend on the order in which settings are written', () => {
    const ordered = (env: Record<string, string>): string => named({ runtime: { ...spec.runtime, env } })
    expect(ordered({ A: '1', B: '2' })).toBe(ordered({ B: '2', A: '1' }))
  })
})
