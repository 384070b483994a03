import type { Key, Revision } from 'modelspine/adapter'
import { type KserveTargetOptions, kserveTarget } from 'modelspine/adapters/kserve'
import { describe, expect, it } from 'vitest'
import { namesOf } from '../../../adapters/kserve/kserve-names.ts'
import { wantOf } from './converge.ts'
import { revision } from './revision.ts'

const options: KserveTargetOptions = { baseUrl: 'http://127.0.0.1:9', mode: 'knative' }
const target = kserveTarget(options)
const empty = { revisions: [], operations: [] }

function files(...uris: readonly string[]): Partial<Revision> {
  const artifact = { kind: 'files', files: uris.map((uri) => ({ uri })) } as const
  return { model: { registry: 'memory', name: 'churn', version: '1', artifact } }
}

const runtime = (part: Partial<Revision['runtime']>): Partial<Revision> => ({
  runtime: { env: {}, secrets: {}, resources: {}, ...part },
})

describe('the plan of a target on KServe', () => {
  it.each<[string, Partial<Revision>, string]>([
    ['ArtifactUnsupported', files('s3://a/b', 's3://a/c'), '2 files'],
    ['ArtifactUnsupported', files(), '0 files'],
    ['StorageUnsupported', files('/models/churn'), '/models/churn'],
    ['StorageUnsupported', files('models:/churn/1'), 'storageSchemes'],
    ['ModelFormatMissing', { settings: {} }, 'settings.modelFormat'],
    ['InvalidSettings', { settings: { modelFromat: 'sklearn' } }, 'settings.modelFromat'],
    ['VariableUnsupported', runtime({ env: { 'A=B': '1' } }), '"A=B"'],
    ['VariableUnsupported', runtime({ secrets: { 'line\nbreak': 'env:X' } }), 'line\\nbreak'],
    ['VariableUnsupported', runtime({ env: { A: '1' }, secrets: { A: 'env:A' } }), 'A in env and in secrets'],
    ['VariableUnsupported', runtime({ env: { MODELSPINE_REVISION: '1' } }), 'MODELSPINE_REVISION'],
    ['ResourcesUnsupported', runtime({ resources: { memory: '4 GB' } }), 'runtime.resources.memory'],
  ])('refuses with %s and names the field', (reason, part, text) => {
    const plan = target.plan(wantOf([revision(1, part)]), empty)
    expect(plan).toEqual({ kind: 'refused', reason, message: expect.stringContaining(text) })
  })

  it('refuses a model that a provider runs, and shows no credentials of an address', () => {
    const artifact = { kind: 'hosted', provider: 'openai', model: 'm' } as const
    const hosted = { ...revision(1).model, artifact }
    expect(target.plan(wantOf([revision(1, { model: hosted })]), empty)).toMatchObject({
      reason: 'ArtifactUnsupported',
    })
    const plan = target.plan(wantOf([revision(1, files('ftp://user:hunter2pass@host/model'))]), empty)
    expect(JSON.stringify(plan)).not.toContain('hunter2pass')
  })

  it('knows the protocol of the endpoint by the settings', () => {
    expect(target.protocols?.({})).toEqual(['open-inference'])
    expect(target.protocols?.({ protocolVersion: 'grpc-v2' })).toEqual(['open-inference-grpc'])
    expect(target.protocols?.({ protocol: 'openai' })).toEqual(['openai'])
  })
})

describe('settings of a deployment', () => {
  it.each([
    [{ modelFormat: '' }, 'modelFormat'],
    [{ modelFormat: { name: 'x', versoin: '1' } }, 'modelFormat.versoin'],
    [{ protocolVersion: 'v3' }, 'protocolVersion'],
    [{ path: 'v1' }, 'path'],
    [{ args: '--x' }, 'args'],
    [{ timeoutSeconds: 0 }, 'timeoutSeconds'],
    [{ replicas: 2 }, 'replicas'],
    [{ predictor: { minReplicas: 1 } }, 'predictor.minReplicas'],
    [{ predictor: { model: {} } }, 'predictor.model'],
    [{ predictor: { canaryTrafficPercent: 5 } }, 'predictor.canaryTrafficPercent'],
    [{ predictor: { annotations: { 'modelspine.dev/revision': 'x' } } }, 'predictor.annotations'],
  ])('%j have a problem at %s', (settings, field) => {
    const [problem] = target.checkSettings(settings)
    expect(problem?.field).toContain(field)
    expect(problem?.message).not.toBe('')
  })

  it('may have other members of the predictor', () => {
    const predictor = { tolerations: [], annotations: { 'example.com/team': 'risk' } }
    expect(target.checkSettings({ predictor })).toEqual([])
  })
})

describe('options', () => {
  it.each<[Record<string, unknown>, string]>([
    [{ mode: 'serverless' }, 'mode'],
    [{ namespace: '../kube-system' }, 'namespace'],
    [{ maxRevisions: 3 }, 'maxRevisions'],
    [{ mode: 'standard', maxRevisions: 0 }, 'maxRevisions'],
    [{ endpoints: 'pod' }, 'endpoints'],
    [{ watchIdleMs: 0 }, 'watchIdleMs'],
    [{ storageSchemes: ['s3'] }, 'storageSchemes'],
    [{ modelFormat: '' }, 'modelFormat'],
    [{ baseUrl: undefined }, 'baseUrl'],
    [{ kubeconfig: 'default' }, 'baseUrl'],
    [{ baseUrl: undefined, kubeconfig: 'default', token: () => ({ reveal: () => '' }) }, 'token'],
  ])('%j are refused with the field %s', (given, field) => {
    expect(() => kserveTarget({ ...options, ...given } as KserveTargetOptions)).toThrow(
      expect.objectContaining({ code: 'invalid-options', message: expect.stringMatching(`^${field}\\b`) }),
    )
  })
})

describe('names of objects', () => {
  const keys: readonly Key[] = [
    'default/churn',
    'team/churn',
    'default/team-churn',
    'default/0churn',
    'default/../../secrets',
    'default/a?b=c&d',
    'default/o\'brien"\n',
    'default/модель',
    'default/CHURN',
    `default/${'x'.repeat(63)}`,
    `default/${'x'.repeat(62)}`,
    'default/churn-0123456789',
  ]

  it.each([
    ['knative', 'kit', '-'],
    ['knative', 'n'.repeat(50), '-'],
    ['standard', 'kit', '-ra1b2c3d4e5-predictor-'],
    ['standard', 'n'.repeat(28), '-ra1b2c3d4e5-predictor-'],
  ] as const)(
    'leave room for KServe’s host names, and differ for each key: %s in %s',
    (mode, namespace, between) => {
      const names = keys.map((key) => namesOf(key, { mode, namespace }))
      for (const { service, record, secret } of names) {
        expect(service).toMatch(/^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$/)
        expect(`${service}${between}${namespace}`.length).toBeLessThanOrEqual(63)
        expect(record).toBe(`${service}.modelspine`)
        expect(secret('../x')).toMatch(/^[a-z0-9][-a-z0-9.]*[a-z0-9]$/)
      }
      expect(new Set(names.map(({ service }) => service)).size).toBe(keys.length)
      expect(names[0]?.service).toBe('churn')
    },
  )
})
