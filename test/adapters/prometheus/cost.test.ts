import { prometheusExposition } from 'modelspine/adapters/prometheus'
import { afterEach, describe, expect, it } from 'vitest'
import type { Cost } from '../../../src/cost/contract.ts'
import { attributeNames, metricNames } from '../../../src/telemetry/modelspine-names.ts'
import { openTelemetryLoaded } from '../../../src/telemetry/open-telemetry.ts'
import { createRequestTelemetry } from '../../../src/telemetry/request-telemetry.ts'
import { createFakeClock } from '../../../src/testing/index.ts'
import { attemptRecord } from '../../unit/telemetry/attempt-records.ts'
import { type RegisteredSdk, registerSdk } from '../../unit/telemetry/registered-sdk.ts'
import { told } from '../../unit/telemetry/told.ts'
import { readText } from './read-text.ts'

const startMs = Date.UTC(2026, 0, 1)
const upstream = { provider: 'openai', model: 'gpt-4.1-mini' } as const
const known = (picoUsd: number): Cost => ({
  usd: picoUsd / 1e12,
  picoUsd,
  parts: { input: picoUsd },
  unknown: [],
})
const half: Cost = { usd: undefined, picoUsd: 2e9, parts: { input: 2e9 }, unknown: ['cacheRead'] }
const none: Cost = { usd: undefined, picoUsd: 0, parts: {}, unknown: ['usage'] }
const costs = [known(1e9), known(3e9), half, none, { ...known(5e9), estimated: true } as const, undefined]

let sdk: RegisteredSdk | undefined
afterEach(async () => {
  await sdk?.remove()
  sdk = undefined
})

const name = (of: string): string => of.replaceAll('.', '_')

describe('the metrics of cost', () => {
  it.each([false, true])('are the same in the text and in OpenTelemetry, with actors: %s', async (actors) => {
    sdk = registerSdk()
    await openTelemetryLoaded()
    const exposition = prometheusExposition({ clock: createFakeClock({ startMs }), actors })
    for (const observer of [exposition, createRequestTelemetry({ actors })]) {
      for (const [place, cost] of costs.entries()) {
        const actor = { name: `actor-${place % 2}` }
        const record = {
          endedAtMs: startMs,
          requestId: String(place),
          upstream,
          actor,
          operation: 'chat',
        } as const
        told(observer).attempted(attemptRecord({ ...record, ...(cost !== undefined && { cost }) }))
      }
    }
    const text = readText(exposition.text())
    for (const metric of [metricNames.cost, metricNames.unknownCosts]) {
      const points = (await sdk.points(metric)).map(({ attributes, value }) => {
        const labels = Object.entries(attributes).map(([key, of]) => [name(key), String(of)])
        return JSON.stringify([Object.fromEntries(labels.sort()), Number(Number(value).toFixed(9))])
      })
      const family = text.get(`${name(metric)}_total`)
      expect(family?.type).toBe('counter')
      const samples = family?.samples.map(({ labels, value }) =>
        JSON.stringify([Object.fromEntries(Object.entries(labels).sort()), value]),
      )
      expect(points.length).toBeGreaterThan(0)
      expect(samples?.sort()).toEqual(points.sort())
    }
  })

  it('are by route, provider and model, and by actor only when asked', async () => {
    const labelsOf = (actors: boolean) => {
      const exposition = prometheusExposition({ clock: createFakeClock({ startMs }), actors })
      const cost = known(25e11)
      told(exposition).attempted(attemptRecord({ endedAtMs: startMs, upstream, cost, route: 'team/a' }))
      return readText(exposition.text()).get('modelspine_cost_usd_total')?.samples[0]
    }
    const labels = {
      gen_ai_operation_name: 'infer',
      modelspine_route: 'team/a',
      modelspine_model: 'gpt-4.1-mini',
      gen_ai_provider_name: 'openai',
    }
    expect(labelsOf(false)).toMatchObject({ labels, value: 2.5 })
    expect(labelsOf(false)?.labels).toEqual(labels)
    expect(labelsOf(true)?.labels).toEqual({ ...labels, modelspine_actor: 'anonymous' })
  })

  it('add up small costs without rounding errors', () => {
    const exposition = prometheusExposition({ clock: createFakeClock({ startMs }) })
    const record = attemptRecord({ endedAtMs: startMs, upstream, cost: known(100_000) })
    const watch = exposition.started?.({ ...record, streamed: false })
    for (let sent = 0; sent < 100_000; sent += 1) watch?.attempted?.(record)
    expect(readText(exposition.text()).get('modelspine_cost_usd_total')?.samples[0]?.value).toBe(0.01)
  })

  it('have a bound of label sets, also with actors', () => {
    const exposition = prometheusExposition({
      clock: createFakeClock({ startMs }),
      actors: true,
      maxSeries: 8,
    })
    for (let place = 0; place < 1000; place += 1) {
      const record = {
        endedAtMs: startMs + place,
        actor: { name: `actor-${place}` },
        upstream,
        cost: known(1),
      }
      told(exposition).attempted(attemptRecord(record))
    }
    const samples = readText(exposition.text()).get('modelspine_cost_usd_total')?.samples
    expect(samples?.length).toBeLessThanOrEqual(8)
    expect(samples?.at(-1)?.labels.modelspine_actor).toBe('actor-999')
  })
})

describe('the names of the metrics of cost', () => {
  it('are no beginnings of each other, because some systems refuse that', () => {
    const names = [...Object.values(attributeNames), ...Object.values(metricNames)].filter((each) =>
      each.startsWith('modelspine.cost'),
    )
    expect(names.length).toBeGreaterThan(3)
    expect(names.filter((each) => names.some((other) => other.startsWith(`${each}.`)))).toEqual([])
  })
})
