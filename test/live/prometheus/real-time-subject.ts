import { rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import {
  modelspineMetrics,
  type PrometheusExposition,
  prometheusExposition,
  prometheusMetrics,
} from 'modelspine/adapters/prometheus'
import type { Fixture, MetricSourceSubject } from 'modelspine/testing'
import type { PrometheusAddress } from '../../../servers/prometheus.ts'
import type { MetricSource } from '../../../src/telemetry/contract.ts'
import { serveLoopback } from '../../loopback.ts'
import { attemptRecord } from '../../unit/telemetry/attempt-records.ts'
import { told } from '../../unit/telemetry/told.ts'

/** Prometheus scrapes every second. */
const scrapeMs = 1000
const resolutionMs = 2 * scrapeMs
/** The kit goes back so far from its now, and a little further. */
const reachMs = 38 * resolutionMs

const deployment = 'default/churn'

/**
 * A source over a Prometheus that scrapes a process of ours, in real time: a seed happens when its time comes, and a
 * query waits until its interval has passed. So nothing can be seeded after a query.
 */
export async function realTimeSubject(
  metric: string,
  address: PrometheusAddress,
): Promise<Fixture<MetricSourceSubject>> {
  let exposition: PrometheusExposition = prometheusExposition()
  let beganMs = 0
  let isDown = false
  const { name, stop } = await scraped(address, (request, response) => {
    if (Date.now() < beganMs) response.writeHead(503).end()
    else exposition.node(request, response)
  })
  const source = prometheusMetrics({
    baseUrl: address.url,
    scrapeMs,
    metrics: modelspineMetrics({ matchers: { suite: name } }),
  })
  const unreachable = prometheusMetrics({ baseUrl: 'http://127.0.0.1:1', metrics: modelspineMetrics() })
  const nowMs = Math.ceil((Date.now() + reachMs) / resolutionMs) * resolutionMs
  const timers: NodeJS.Timeout[] = []
  const at = (atMs: number, happens: () => void): void => {
    if (atMs < Date.now()) throw new Error(`${(Date.now() - atMs) / 1000} s ago nothing can happen any more`)
    timers.push(setTimeout(happens, atMs - Date.now()))
  }
  const patient: MetricSource = {
    capabilities: (asked) => source.capabilities(asked),
    async query(query) {
      if (isDown) return unreachable.query(query)
      const leftMs = query.interval.toMs + source.capabilities(metric).delayMs - Date.now()
      if (leftMs > 0 && query.abortSignal?.aborted !== true) await pause(leftMs)
      return source.query(query)
    },
  }
  return {
    subject: {
      source: patient,
      metric,
      deployment,
      unknownMetric: 'requests.moods',
      nowMs,
      resolutionMs,
      seed(revision, atMs) {
        const failed = metric === 'requests.errors' && ({ outcome: 'failed', code: 'unavailable' } as const)
        at(atMs, () =>
          told(exposition).attempted(attemptRecord({ endedAtMs: Date.now(), ...failed }, revision)),
        )
      },
      // A query waits by itself.
      pass() {},
      disconnect() {
        isDown = true
      },
      beginAt(atMs) {
        beganMs = atMs
      },
      resetAt(atMs) {
        at(atMs, () => {
          exposition = prometheusExposition()
        })
      },
    },
    async dispose() {
      for (const timer of timers) clearTimeout(timer)
      await Promise.all([source.close?.(), unreachable.close?.(), stop()])
    },
  }
}

interface Scraped {
  /** The value of the label `suite`. */
  readonly name: string
  stop(): Promise<void>
}

/**
 * A process that Prometheus scrapes, in the middle of each second: the kit's seeds come at its ends, and it must be
 * sure whether a scrape was before or after one.
 */
async function scraped(
  address: PrometheusAddress,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Scraped> {
  const server = await serveLoopback((request, _body, response) => answer(request, response))
  const instance = new URL(server.url).host
  const name = `kit-${instance.replace(/\W/g, '-')}`
  const file = join(address.targets, `${name}.json`)
  await writeFile(file, JSON.stringify([{ targets: [instance], labels: { suite: name } }]))
  const stop = async (): Promise<void> => {
    await rm(file)
    await server.close()
  }
  const secondMs = (await firstScrapeMs(address.url, name)) % scrapeMs
  if (secondMs > 200 && secondMs < 800) return { name, stop }
  await stop()
  return scraped(address, answer)
}

async function firstScrapeMs(url: string, suite: string): Promise<number> {
  for (;;) {
    const query = encodeURIComponent(`timestamp(up{suite="${suite}"} == 1)`)
    const reply = (await (await fetch(`${url}/api/v1/query?query=${query}`)).json()) as {
      readonly data: { readonly result: readonly { readonly value: readonly [number, string] }[] }
    }
    const [found] = reply.data.result
    if (found !== undefined) return Math.round(Number(found.value[1]) * 1000)
    await pause(100)
  }
}
