import { describe, expect, it } from 'vitest'
import { sha256 } from '../../../../src/hash.ts'
import { canonicalJson } from '../../../../src/json.ts'
import type { DeploymentStatus } from '../../../../src/resources/deployment/deployment-status.ts'
import type { ModelDeploymentSpec } from '../../../../src/resources/deployment/model-deployment.ts'
import type { Revision } from '../../../../src/resources/deployment/revision.ts'
import { initialStatus } from '../../../../src/rollout/machine/status-edits.ts'
import { nameRevision } from '../../../../src/rollout/shell/revision-of.ts'
import { ada, gateNamed, pinned, specWith, startMs } from '../machine/fixtures.ts'

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

  it('does not change with the order of files, or with their addresses', () => {
    const files = [
      { uri: 's3://b/a', digest: 'sha256:aa' },
      { uri: 's3://b/b', digest: 'sha256:bb' },
    ]
    const ofFiles = (told: typeof files): string =>
      nameRevision({ ...pinned(1), artifact: { kind: 'files', files: told } }, spec).name
    expect(ofFiles(files.toReversed())).toBe(ofFiles(files))
    expect(ofFiles(files.map((file) => ({ ...file, uri: `${file.uri}?signed` })))).toBe(ofFiles(files))
    expect(ofFiles(files.map((file) => ({ ...file, digest: 'sha256:cc' })))).not.toBe(ofFiles(files))
  })
})

/** The content hash that named revisions before. */
function formerName(version: number, runtime: unknown = spec.runtime): string {
  return sha256(canonicalJson({ model: pinned(version), runtime, settings: {} })).slice(0, 10)
}

describe('a revision that the status knows', () => {
  const stored = { name: formerName(1), model: pinned(1), runtime: spec.runtime, settings: {} }
  const knowing = (revision: Revision): DeploymentStatus => ({
    ...initialStatus(startMs),
    desired: revision.name,
    revisions: { [revision.name]: revision },
  })
  const status = knowing(stored)
  const ofFile = (file: { uri: string; digest?: string }): string =>
    nameRevision({ ...pinned(1), artifact: { kind: 'files', files: [file] } }, spec, status).name

  it('keeps its name and content, whatever name it would get now', () => {
    expect(nameRevision(pinned(1), spec).name).not.toBe(stored.name)
    expect(nameRevision(pinned(1), spec, status)).toBe(stored)
    expect(nameRevision(pinned(2), spec, status).name).not.toBe(stored.name)
    const runtime = { ...spec.runtime, env: { A: '1' } }
    expect(nameRevision(pinned(1), { ...spec, runtime }, status).name).not.toBe(stored.name)
  })

  it('stays the same when a setting with a default is new, and when a digest is told later', () => {
    const { resources: _, ...older } = spec.runtime
    const before = { ...stored, runtime: older as typeof spec.runtime }
    expect(nameRevision(pinned(1), spec, knowing(before))).toBe(before)
    expect(ofFile({ uri: 'file:///models/churn-1.json', digest: 'sha256:aa' })).toBe(stored.name)
    expect(ofFile({ uri: 'file:///moved/churn-1.json' })).toBe(stored.name)
  })

  it('is another one when a digest that both know differs', () => {
    const file = { uri: 'file:///models/churn-1.json', digest: 'sha256:aa' }
    const known = { ...stored, model: { ...pinned(1), artifact: { kind: 'files', files: [file] } as const } }
    const other = {
      ...pinned(1),
      artifact: { kind: 'files', files: [{ ...file, digest: 'sha256:bb' }] } as const,
    }
    expect(nameRevision(other, spec, knowing(known)).name).not.toBe(stored.name)
  })

  it('that was aborted under its former name stays aborted', () => {
    const aborted = [
      { revision: formerName(3), cause: 'GateFailed', message: 'bad', atMs: startMs, actor: ada },
    ] as const
    expect(nameRevision(pinned(3), spec, { ...status, aborted }).name).toBe(formerName(3))
  })

  it('has the names that version 0.1 gave, also with settings whose names are numbers', () => {
    const named01 = (revision: string): DeploymentStatus => ({
      ...status,
      aborted: [{ revision, cause: 'GateFailed', message: 'bad', atMs: startMs, actor: ada }],
    })
    for (const [settings, name] of namesOf01) {
      const target = { name: 'prod', settings }
      expect(nameRevision(pinned(3), { ...spec, target }, named01(name)).name).toBe(name)
    }
  })
})

/** Settings of the target, and the name that version 0.1 gave to version 3 of the model with them. */
const namesOf01: readonly (readonly [Record<string, unknown>, string])[] = [
  [{}, '2fc89d85d3'],
  [{ region: 'eu', zones: ['a', 'b'] }, '716355bc23'],
  [{ ports: { 10: 'metrics', 9: 'model', a: 'admin' } }, 'ddd4826c85'],
]
