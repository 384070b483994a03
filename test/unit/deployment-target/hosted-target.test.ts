import { describe, expect, it } from 'vitest'
import type { TargetWant } from '../../../src/deployment-target/contract.ts'
import { hostedTarget } from '../../../src/deployment-target/hosted-target.ts'
import type { Revision } from '../../../src/resources/deployment/revision.ts'
import { fileRevisions, hostedRevisions } from './revisions.ts'

const [hosted] = hostedRevisions
const nothing = { revisions: [], operations: [] }

function want(revision: Revision, scale = { min: 1, max: 1 }): TargetWant {
  return { revisions: [revision], split: [], scale }
}

describe('hostedTarget', () => {
  it('gives the provider as protocol and the vendor’s name of the model', async () => {
    expect(await hostedTarget().observe('default/assistant', { applied: [hosted] })).toEqual({
      revisions: [
        {
          revision: 'h1',
          state: 'ready',
          endpoint: { protocol: 'openai', address: '', model: 'some-model-1' },
        },
      ],
      operations: [],
    })
  })

  it('does not show a revision that is made of files', async () => {
    expect(await hostedTarget().observe('default/churn', { applied: [fileRevisions[0]] })).toEqual(nothing)
  })

  it.each([
    ['ArtifactUnsupported', want(fileRevisions[0])],
    ['ScaleUnsupported', want(hosted, { min: 1, max: 2 })],
    ['ScaleToZeroUnsupported', want(hosted, { min: 0, max: 1 })],
    ['RuntimeUnsupported', want({ ...hosted, runtime: { ...hosted.runtime, env: { A: 'b' } } })],
    ['RuntimeUnsupported', want({ ...hosted, runtime: { ...hosted.runtime, resources: { cpu: 2 } } })],
    ['RuntimeUnsupported', want({ ...hosted, settings: { region: 'eu' } })],
  ])('refuses with %s', async (reason, asked) => {
    expect(hostedTarget().plan(asked, nothing)).toMatchObject({ kind: 'refused', reason })
  })

  it('names every setting as a problem', () => {
    expect(hostedTarget().checkSettings({ region: 'eu' })).toMatchObject([{ field: 'region' }])
  })
})
