import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { UpstreamIdentity } from 'modelspine/adapter'
import { prometheusExposition } from 'modelspine/adapters/prometheus'
import { afterEach, describe, expect, it } from 'vitest'
import { exportedLabels, exportedMetrics, squaresOf } from '../../../adapters/prometheus/exported-names.ts'
import { createGateway } from '../../../src/gateway/index.ts'
import { createRouter } from '../../../src/routing/router.ts'
import { genAiNames } from '../../../src/telemetry/genai-names.ts'
import { attributeNames, metricNames } from '../../../src/telemetry/modelspine-names.ts'
import { openTelemetryLoaded } from '../../../src/telemetry/open-telemetry.ts'
import { createRequestTelemetry } from '../../../src/telemetry/request-telemetry.ts'
import { createFakeClock } from '../../../src/testing/index.ts'
import { ann, digits, planeFixture, registerVersions, serving } from '../../unit/plane/plane-fixture.ts'
import { attemptRecord } from '../../unit/telemetry/attempt-records.ts'
import { type RegisteredSdk, registerSdk } from '../../unit/telemetry/registered-sdk.ts'
import { requestRecord } from '../../unit/telemetry/request-records.ts'
import { told } from '../../unit/telemetry/told.ts'
import { readText, type TextSample } from './read-text.ts'

const startMs = Date.UTC(2026, 0, 1)
const clockAt = (ms = startMs) => createFakeClock({ startMs: ms })

function samplesOf(text: string, name: string): readonly TextSample[] {
  return [...readText(text).values()].flatMap(({ samples }) => samples).filter((each) => each.name === name)
}

let sdk: RegisteredSdk | undefined
afterEach(async () => {
  await sdk?.remove()
  sdk = undefined
})

describe('the text of an exposition', () => {
  it('has a histogram with every bucket, its sum and its count, for each label set', () => {
    const exposition = prometheusExposition({ clock: clockAt() })
    for (const durationMs of [10, 10.5, 20, 300_000]) {
      told(exposition).attempted(attemptRecord({ endedAtMs: startMs, durationMs }))
    }
    told(exposition).attempted(attemptRecord({ endedAtMs: startMs, outcome: 'failed', code: 'timeout' }))
    const family = readText(exposition.text()).get('modelspine_attempt_duration_seconds')
    expect(family?.type).toBe('histogram')
    const own = { gen_ai_operation_name: 'infer', gen_ai_provider_name: 'open-inference' }
    const labels = { ...own, modelspine_deployment: 'default/churn', modelspine_revision: 'one' }
    const ok = family?.samples.filter((sample) => sample.labels.error_type === undefined) ?? []
    const buckets = ok.filter(({ name }) => name.endsWith('_bucket'))
    expect(buckets.map((bucket) => [bucket.labels.le, bucket.value])).toEqual([
      // A bucket holds its upper end.
      ['0.01', 1],
      ['0.02', 3],
      ...['0.04', '0.08', '0.16', '0.32', '0.64', '1.28', '2.56', '5.12', '10.24', '20.48'].map((le) => [
        le,
        3,
      ]),
      ['40.96', 3],
      ['81.92', 3],
      ['+Inf', 4],
    ])
    expect(buckets[0]?.labels).toEqual({ ...labels, le: '0.01' })
    expect(ok.filter(({ name }) => !name.endsWith('_bucket'))).toEqual([
      { name: 'modelspine_attempt_duration_seconds_sum', labels, value: 300.0405 },
      { name: 'modelspine_attempt_duration_seconds_count', labels, value: 4 },
    ])
    const failed = family?.samples.filter((sample) => sample.labels.error_type === 'timeout')
    expect(failed?.at(-1)).toMatchObject({ value: 1 })
    const squares = samplesOf(exposition.text(), 'modelspine_attempt_duration_seconds_squares_total')
    expect(squares.map(({ value }) => value)).toEqual([
      0.01 ** 2 + 0.0105 ** 2 + 0.02 ** 2 + 300 ** 2,
      0.02 ** 2,
    ])
  })

  it('has what OpenTelemetry reports of the same requests, under the names that its exporters make', async () => {
    sdk = registerSdk()
    await openTelemetryLoaded()
    const exposition = prometheusExposition({ clock: clockAt() })
    const telemetry = createRequestTelemetry()
    const upstream = { provider: 'vendor', model: 'm' } satisfies UpstreamIdentity
    for (const observer of [exposition, telemetry]) {
      const { started } = observer as Partial<typeof telemetry>
      const stream = { requestId: 's', streamed: true } as const
      started?.({ ...requestRecord(stream) })
      told(observer).attempted(
        attemptRecord({ requestId: 's', endedAtMs: startMs + 900, durationMs: 700, firstOutputMs: 300 }),
      )
      const usage = { inputTokens: 3, outputTokens: 7, cacheReadTokens: 2 }
      told(observer).finished(requestRecord({ ...stream, durationMs: 900, usage }))
      started?.({ ...requestRecord({ requestId: 'f' }) })
      told(observer).attempted(
        attemptRecord({ requestId: 'f', endedAtMs: startMs, outcome: 'aborted', code: 'timeout', upstream }),
      )
      const failed = { requestId: 'f', outcome: 'failed', code: 'timeout', route: 'risk/churn' } as const
      told(observer).finished(requestRecord({ ...failed, upstream }))
      told(observer).finished(
        requestRecord({ requestId: 'n', outcome: 'failed', code: 'no-backend', attempts: 0 }),
      )
    }
    const text = exposition.text()
    const names = genAiNames['1.37']
    for (const [metric, exported] of [
      [names.operationDuration, exportedMetrics.requestDuration],
      [names.timeToFirstChunk ?? '', exportedMetrics.firstChunk],
      [names.tokenUsage, exportedMetrics.tokens],
      [metricNames.attemptDuration, exportedMetrics.attemptDuration],
    ] as const) {
      const points = (await sdk?.points(metric)) ?? []
      const reported = points.map(({ attributes, value }) => {
        // The model's name at the upstream is left out: it adds nothing that the revision does not say.
        const { [names.responseModel]: _, ...kept } = attributes
        const labels = Object.entries(kept).map(([name, of]) => [name.replace(/\W/g, '_'), of])
        const { count, sum } = value as { count: number; sum: number }
        return { labels: Object.fromEntries(labels), count, sum }
      })
      expect(reported.length, metric).toBeGreaterThan(0)
      const sums = samplesOf(text, `${exported}_sum`)
      const exposed = samplesOf(text, `${exported}_count`).map(({ labels, value: count }, place) => ({
        labels,
        count,
        sum: sums[place]?.value,
      }))
      const inOrder = (these: readonly object[]) => these.map((each) => JSON.stringify(sorted(each))).sort()
      expect(inOrder(exposed), metric).toEqual(inOrder(reported))
    }
  })

  it('spells names and labels as OpenTelemetry’s exporters do', () => {
    const underscored = (name: string): string => name.replace(/[^a-zA-Z0-9]/g, '_')
    const names = genAiNames['1.37']
    expect(exportedMetrics).toEqual({
      requestDuration: `${underscored(names.operationDuration)}_seconds`,
      firstChunk: `${underscored(names.timeToFirstChunk ?? '')}_seconds`,
      tokens: underscored(names.tokenUsage),
      attemptDuration: `${underscored(metricNames.attemptDuration)}_seconds`,
      cost: `${underscored(metricNames.cost)}_total`,
      unknownCosts: `${underscored(metricNames.unknownCosts)}_total`,
      reconcileDuration: `${underscored(metricNames.reconcileDuration)}_seconds`,
      queueDepth: underscored(metricNames.queueDepth),
      phaseChanges: `${underscored(metricNames.phaseChanges)}_total`,
      deployments: underscored(metricNames.deployments),
      decisions: `${underscored(metricNames.decisions)}_total`,
      effects: `${underscored(metricNames.effects)}_total`,
      signals: `${underscored(metricNames.signals)}_total`,
    })
    const attributes = { ...names, ...attributeNames } as Readonly<Record<string, string>>
    for (const [name, exported] of Object.entries(exportedLabels)) {
      expect(exported).toBe(underscored(attributes[name] ?? ''))
    }
    expect(squaresOf('a_seconds')).toBe('a_seconds_squares_total')
  })

  it.each(['a"b', 'back\\slash', 'two\nlines', 'tab\t', 'ünï → 模型', '{x="y"} 1', '\ud800', ''])(
    'keeps a provider’s name as it is: %j',
    (provider) => {
      const exposition = prometheusExposition({ clock: clockAt() })
      const upstream = { deployment: 'default/churn', revision: 'one', provider, model: 'm' } as const
      told(exposition).attempted(attemptRecord({ endedAtMs: startMs, upstream }))
      const [sample] = samplesOf(exposition.text(), 'modelspine_attempt_duration_seconds_count')
      expect(sample?.labels.gen_ai_provider_name ?? '').toBe(provider.toWellFormed())
    },
  )

  it('begins empty, but for its own losses', () => {
    expect([...readText(prometheusExposition().text()).keys()]).toEqual([
      'modelspine_exposition_forgotten_series_total',
    ])
  })

  it('shows what the control side of a plane does, and how it is', async () => {
    const clock = clockAt()
    const exposition = prometheusExposition({ clock })
    const fixture = planeFixture({ clock, plane: { observers: [exposition] } })
    await serving(fixture)
    await registerVersions(fixture.registry, '2')
    await fixture.plane.apply(digits('2'), { actor: ann })
    await fixture.until(async () => (await fixture.phase()) !== 'converged')
    const families = readText(exposition.text())
    const of = (name: string) =>
      families.get(name)?.samples.map(({ labels, value }) => ({ ...labels, value }))
    expect(of('modelspine_leading')).toEqual([{ value: 1 }])
    expect(of('modelspine_queue_depth')).toHaveLength(1)
    expect(of('modelspine_rollout_deployments')).toEqual([
      { modelspine_phase: await fixture.phase(), value: 1 },
    ])
    expect(of('modelspine_effects_total')).toContainEqual({
      modelspine_deployment: 'default/digits',
      modelspine_effect: 'create',
      modelspine_result: 'accepted',
      value: expect.any(Number),
    })
    expect(of('modelspine_rollout_phase_changes_total')).toContainEqual({
      modelspine_phase: 'converged',
      modelspine_previous_phase: expect.any(String),
      value: 1,
    })
    expect(families.get('modelspine_reconcile_duration_seconds')?.samples).toContainEqual({
      name: 'modelspine_reconcile_duration_seconds_count',
      labels: { modelspine_result: 'requeue' },
      value: expect.any(Number),
    })
    await fixture.plane.stop()
    expect(samplesOf(exposition.text(), 'modelspine_leading')[0]?.value).toBe(0)
  })

  it('counts decisions, and names what hinders the plane', () => {
    const exposition = prometheusExposition({ clock: clockAt() })
    exposition.decided({ policy: 'promotion', action: 'promote', verdict: 'deny' })
    exposition.decided({ policy: 'promotion', action: 'promote', verdict: 'deny' })
    const fault = { part: 'target', name: 'prod', reason: 'Timeout' }
    exposition.joined(() => ({
      leading: true,
      queued: 4,
      faults: [fault, fault, { part: 'store', reason: 'StoreFull' }],
    }))
    exposition.phaseSeen('default/a', 'shifting')
    exposition.phaseSeen('default/a', undefined)
    const families = readText(exposition.text())
    expect(families.get('modelspine_policy_decisions_total')?.samples).toEqual([
      {
        name: 'modelspine_policy_decisions_total',
        labels: { modelspine_policy: 'promotion', modelspine_action: 'promote', modelspine_verdict: 'deny' },
        value: 2,
      },
    ])
    expect(families.get('modelspine_faults')?.samples.map(({ labels, value }) => [labels, value])).toEqual([
      [fault, 2],
      [{ part: 'store', reason: 'StoreFull' }, 1],
    ])
    expect(families.has('modelspine_rollout_deployments')).toBe(false)
  })
})

describe('the memory of an exposition', () => {
  it('has a bound: the label sets that were counted in longest ago are forgotten, and it says so', () => {
    const exposition = prometheusExposition({ clock: clockAt(startMs + 1000), maxSeries: 16 })
    const { upstream } = attemptRecord({ endedAtMs: 0 }, 'always')
    for (let revision = 0; revision < 100; revision += 1) {
      told(exposition).attempted(attemptRecord({ endedAtMs: startMs + revision }, `r${revision}`))
      told(exposition).attempted(attemptRecord({ endedAtMs: startMs + revision, upstream }))
    }
    const name = 'modelspine_attempt_duration_seconds_count'
    const kept = samplesOf(exposition.text(), name)
    expect(kept.length).toBeLessThanOrEqual(16)
    expect(kept.find(({ labels }) => labels.modelspine_revision === 'always')?.value).toBe(100)
    expect(kept.some(({ labels }) => labels.modelspine_revision === 'r99')).toBe(true)
    expect(exposition.series).toBe(kept.length)
    expect(exposition.forgotten).toBe(101 - kept.length)
    const lost = samplesOf(exposition.text(), 'modelspine_exposition_forgotten_series_total')
    expect(lost[0]?.value).toBe(101 - kept.length)
  })

  it('lets go of a label set in which nothing is counted, which then begins again at zero', async () => {
    const clock = clockAt()
    const exposition = prometheusExposition({ clock, keepMs: 1000 })
    const revisions = () =>
      samplesOf(exposition.text(), 'modelspine_attempt_duration_seconds_count').map(
        ({ labels, value }) => `${labels.modelspine_revision} ${value}`,
      )
    // The upstream of a route table is one object for as long as the table has it.
    const { upstream } = attemptRecord({ endedAtMs: 0 }, 'old')
    told(exposition).attempted(attemptRecord({ endedAtMs: clock.now(), upstream }))
    await clock.advance(600)
    told(exposition).attempted(attemptRecord({ endedAtMs: clock.now() }, 'new'))
    await clock.advance(400)
    expect(revisions()).toEqual(['old 1', 'new 1'])
    await clock.advance(1)
    expect(revisions()).toEqual(['new 1'])
    told(exposition).attempted(attemptRecord({ endedAtMs: clock.now(), upstream }))
    expect(revisions()).toEqual(['new 1', 'old 1'])
    // What did not fit did not exist: nothing was lost for want of room.
    expect(exposition.forgotten).toBe(0)
  })

  it('keeps nothing of streams that have ended', () => {
    const exposition = prometheusExposition({ clock: clockAt() })
    for (let stream = 0; stream < 20_000; stream += 1) {
      const requestId = `s${stream}`
      told(exposition).attempted(attemptRecord({ requestId, endedAtMs: startMs, firstOutputMs: 5 }))
      told(exposition).finished(requestRecord({ requestId, streamed: true }))
    }
    const [first] = samplesOf(exposition.text(), `${exportedMetrics.firstChunk}_count`)
    expect(first?.value).toBe(20_000)
  })

  it.each([{ maxSeries: 0 }, { maxSeries: 1.5 }, { keepMs: -1 }, { keepMs: Number.NaN }])(
    'refuses a bound that is none: %o',
    (wrong) => {
      expect(() => prometheusExposition(wrong)).toThrow(expect.objectContaining({ code: 'invalid-options' }))
    },
  )
})

describe('the handlers of an exposition', () => {
  const textType = 'text/plain; version=0.0.4; charset=utf-8'

  it.each(['fetch', 'node', 'a gateway'])('answer GET and HEAD, and nothing else, in %s', async (where) => {
    const exposition = prometheusExposition({ clock: clockAt() })
    told(exposition).attempted(attemptRecord({ endedAtMs: startMs }))
    const server = createServer(exposition.node)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const gateway = createGateway({
      router: createRouter({ table: { current: undefined } }),
      handlers: { '/metrics': exposition.fetch },
    })
    const ask = async (method: string): Promise<Response> => {
      if (where === 'node') {
        return fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`, { method })
      }
      const request = new Request('http://here/metrics', { method })
      return where === 'fetch' ? exposition.fetch(request) : gateway.fetch(request)
    }
    const got = await ask('GET')
    expect([got.status, got.headers.get('content-type')]).toEqual([200, textType])
    expect(await got.text()).toBe(exposition.text())
    const head = await ask('HEAD')
    expect([head.status, head.headers.get('content-type'), await head.text()]).toEqual([200, textType, ''])
    const post = await ask('POST')
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
    server.close()
    server.closeAllConnections()
  })
})

function sorted(value: object): object {
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, of]) => [name, typeof of === 'object' && of !== null ? sorted(of) : of] as const)
      .sort(([left], [right]) => (left < right ? -1 : 1)),
  )
}
