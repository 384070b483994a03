import { describe, expect, it } from 'vitest'
import {
  presentStatus,
  statusVersion,
  versionOf,
} from '../../../../src/resources/deployment/upcast/present-status.ts'
import { policyRequests } from '../../../../src/testing/policy-requests.ts'

const { deployment, revision } = policyRequests.promote()
const target = deployment.spec.target.name
const at = { sinceMs: 7, requested: [], handles: [] }

describe('a status of version 0', () => {
  it('keeps what each target holds, with the ledger at its target', () => {
    const effect = { operationId: 'o1', kind: 'create', change: 'create:a', sinceMs: 1, fence: 2 }
    const seen = { revision, state: 'ready', sinceMs: 3 }
    const present = presentStatus(
      {
        observedGeneration: 4,
        desired: revision,
        stable: revision.name,
        target: 'old',
        scale: { min: 1, max: 2 },
        revisions: [seen],
        split: [{ revision: revision.name, weight: 100 }],
        rollout: { phase: 'retargeting', sinceMs: 5 },
        requested: [{ change: 'scale:1-2', accepted: true }],
        handles: [{ handle: 'h1', revision: revision.name }, { handle: 'h2' }],
        coming: { ...at, target: 'new', revisions: [{ ...seen, state: 'starting' }] },
        leaving: [{ ...at, target: 'left', revisions: [] }],
        effect: { ...effect, target: 'new' },
      },
      deployment,
    )
    const { name } = revision
    expect(present).toEqual({
      statusVersion,
      observedGeneration: 4,
      desired: name,
      stable: name,
      revisions: { [name]: revision },
      rollout: { phase: 'retargeting', sinceMs: 5 },
      traffic: [{ revision: name, target: 'old', weight: 100 }],
      placements: [
        {
          target: 'old',
          role: 'serving',
          sinceMs: 5,
          revisions: [{ ...seen, revision: name }],
          scale: { min: 1, max: 2 },
          requested: [{ change: 'scale:1-2', accepted: true }],
          handles: [
            { handle: 'h1', revisions: [name] },
            { handle: 'h2', revisions: [] },
          ],
        },
        {
          ...at,
          target: 'new',
          role: 'coming',
          revisions: [{ ...seen, revision: name, state: 'starting' }],
          effect,
        },
        { ...at, target: 'left', role: 'leaving', revisions: [] },
      ],
    })
  })

  it('without a target holds nothing, unless it asked the declared target for something', () => {
    const empty = { revisions: [], split: [], requested: [], handles: [], rollout: { sinceMs: 5 } }
    expect(presentStatus(empty, deployment).placements).toEqual([])
    const handles = [{ handle: 'h1' }]
    expect(presentStatus({ ...empty, handles }, deployment).placements).toMatchObject([
      { target, role: 'serving', handles: [{ handle: 'h1' }] },
    ])
  })
})

describe('the version of a status', () => {
  it('is 0 where none is written', () => {
    expect([versionOf({}), versionOf(null), versionOf({ statusVersion: 9 })]).toEqual([0, 0, 9])
  })
})
