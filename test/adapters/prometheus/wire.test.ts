import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { type MetricReading, secretOf } from 'modelspine/adapter'
import { modelspineMetrics, type PrometheusMetric, prometheusMetrics } from 'modelspine/adapters/prometheus'
import { describe, expect, it, onTestFinished } from 'vitest'
import { certificate, certificateKey } from '../../test-certificate.ts'
import { answering, counter, failureOf, interval, labels, scene, simple, vector } from './scene.ts'
import { type Asked, json, unquoted } from './small-prometheus.ts'

interface Exchange extends Pick<Asked, 'query' | 'time'> {
  readonly status: number
  readonly contentType: string
  readonly body: unknown
}

interface Recorded {
  readonly metric: string
  readonly revision: string
  readonly reading?: MetricReading
  readonly error?: { readonly message: string; readonly retryable: boolean }
  readonly exchanges: readonly Exchange[]
}

describe('a query', () => {
  const { interval: recordedInterval, recorded } = JSON.parse(
    readFileSync(new URL('./fixtures/replies.json', import.meta.url), 'utf8'),
  ) as { readonly interval: typeof interval; readonly recorded: readonly Recorded[] }
  const count = 'modelspine_attempt_duration_seconds_count'
  const counted = `${count}{modelspine_deployment=$deployment,modelspine_revision=$revision}`
  const value = (query: string): PrometheusMetric => ({ kind: 'value', value: query })
  const metrics = {
    ...modelspineMetrics({ matchers: { job: 'gateway' } }),
    series: value(`increase(${counted}[$range])`),
    nan: value(`0 * sum(increase(${counted}[$range])) / 0`),
    infinite: value(`sum(increase(${counted}[$range])) / 0`),
    scalar: value(`scalar(sum(increase(${counted}[$range])))`),
    unread: value(`sum(increase(${counted}[$range])`),
    unmatched: value(`${counted} * on() max_over_time(${counted}[$range])`),
  }

  it.each(recorded)('reads what Prometheus 2.42 answered: $metric of $revision', async (each) => {
    const { server, source } = await scene(metrics, { scrapeMs: 1000 })
    const unknown: Asked[] = []
    server.answer = (asked, response) => {
      const found = each.exchanges.find(({ query, time }) => query === asked.query && time === asked.time)
      if (found === undefined) unknown.push(asked)
      response.writeHead(found?.status ?? 500, { 'content-type': found?.contentType ?? '' })
      response.end(JSON.stringify(found?.body))
    }
    const { metric, revision, reading, error } = each
    const query = { metric, labels: { deployment: 'default/churn', revision }, interval: recordedInterval }
    const answer = Promise.resolve(source.query(query))
    if (error === undefined) expect(await answer).toEqual(reading)
    else {
      const { message, code, retryable } = await failureOf(answer)
      expect([message.replace(server.url, 'URL'), code, retryable]).toEqual([
        error.message,
        'metric-error',
        error.retryable,
      ])
    }
    expect(unknown).toEqual([])
    expect(server.asked).toHaveLength(each.exchanges.length)
  })

  it('is posted as a form, at the end of the interval, over the length of it', async () => {
    const { server, ask } = await scene()
    server.answer = answering({ max: vector('1') })
    await ask()
    expect(server.asked).toEqual([
      {
        method: 'POST',
        url: '/api/v1/query',
        headers: expect.objectContaining({ 'content-type': 'application/x-www-form-urlencoded' }),
        query: 'max(max_over_time(a{d="default/churn",r="one"}[59999ms]))',
        time: '1800000059.999',
      },
    ])
  })

  it('goes below the path of the address, with the headers that it is given', async () => {
    const { server, ask } = await scene({ simple }, { headers: { 'x-scope-orgid': 'team' } })
    const source = prometheusMetrics({ baseUrl: `${server.url}/prometheus/`, metrics: { simple } })
    onTestFinished(async () => source.close?.())
    server.answer = answering({})
    await source.query({ metric: 'simple', labels, interval })
    await ask()
    expect(server.asked.map(({ url }) => url)).toEqual(['/prometheus/api/v1/query', '/api/v1/query'])
    expect(server.asked[1]?.headers['x-scope-orgid']).toBe('team')
  })

  it('asks for credentials before each request', async () => {
    let asks = 0
    const token = () => {
      asks += 1
      return secretOf(`token-${asks}`)
    }
    const { server, ask } = await scene({ simple }, { token })
    await ask().catch(() => {})
    await ask().catch(() => {})
    expect(server.asked.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer token-1',
      'Bearer token-2',
    ])
    const other = await scene({ simple }, { basic: { user: 'ann', password: () => secretOf('pw') } })
    await other.ask().catch(() => {})
    const [, encoded = ''] = other.server.asked[0]?.headers.authorization?.split(' ') ?? []
    expect(Buffer.from(encoded, 'base64').toString()).toBe('ann:pw')
  })

  it('goes over TLS to a server that it is told to trust', async () => {
    const server = createServer({ cert: certificate, key: certificateKey }, (_request, response) =>
      json(response, 200, { status: 'success', data: vector('7') }),
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const baseUrl = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
    const trusting = prometheusMetrics({ baseUrl, metrics: { simple }, tls: { ca: certificate } })
    const wary = prometheusMetrics({ baseUrl, metrics: { simple } })
    onTestFinished(async () => {
      await trusting.close?.()
      await wary.close?.()
      server.close()
    })
    expect(await trusting.query({ metric: 'simple', labels, interval })).toMatchObject({ value: 7 })
    const error = await failureOf(Promise.resolve(wary.query({ metric: 'simple', labels, interval })))
    expect(error.code).toBe('metric-error')
  })

  it('asks each question once, and when targets were scraped only where that is in doubt', async () => {
    const metrics = { twice: { kind: 'value', value: counter('x'), count: counter('x') } } as const
    const { server, ask } = await scene(metrics)
    const target = { job: 'j', instance: 'i' }
    const points = (firstMs: number) =>
      Array.from({ length: 14 }, (_, place) => ({ atMs: firstMs + place * 5000, value: place + 3 }))
    const one = { __name__: 'x', ...target, d: labels.deployment, r: 'one' }
    server.series = [{ labels: one, points: points(interval.fromMs - 2000) }]
    expect(await ask()).toMatchObject({ value: 11, count: 11 })
    expect(server.asked).toHaveLength(1)
    const up = { labels: { __name__: 'up', ...target }, points: [{ atMs: interval.fromMs + 1000, value: 1 }] }
    server.series = [{ labels: one, points: points(interval.fromMs + 6000) }, up]
    expect(await ask()).toEqual({ kind: 'value', value: 13, count: 13, covered: interval })
    expect(server.asked.slice(1).map(({ query, time }) => [query, time])).toEqual([
      ['x{d="default/churn",r="one"}[60001ms]', '1800000060.000'],
      ['up{job=~"j",instance=~"i"}[60001ms]', '1800000060.000'],
    ])
  })

  it('rounds an interval to whole milliseconds within it, and asks nothing of an empty one', async () => {
    const { server, ask } = await scene()
    server.answer = answering({ max: vector('1') })
    const asked = { fromMs: interval.fromMs + 0.4, toMs: interval.toMs + 0.4 }
    expect(await ask('simple', { interval: asked })).toMatchObject({
      covered: { fromMs: interval.fromMs + 1, toMs: interval.toMs },
    })
    for (const toMs of [interval.fromMs - 5000, interval.fromMs, interval.fromMs + 1]) {
      expect(await ask('simple', { interval: { ...interval, toMs } })).toEqual({ kind: 'no-data' })
    }
    expect(server.asked).toHaveLength(1)
  })

  it.each(['a"}[1m] or b{x="', "'`\\", '.*|x', '../../x?y#z', 'a\nb', 'ü 模', '$deployment', ''])(
    'is changed in no more than one text by the name %j',
    async (name) => {
      const metrics = {
        plain: {
          kind: 'value',
          value: `avg(avg_over_time(a{d=$deployment,r=$revision,q=~"x$revision"}[$range]))`,
        },
      } as const
      const { server, ask } = await scene(metrics)
      const call = ask('plain', {
        labels: { deployment: `default/${name.replaceAll('/', '_')}`, revision: name },
      })
      if (name === '') {
        expect((await failureOf(call)).retryable).toBe(false)
        return
      }
      expect(await call).toEqual({ kind: 'no-data' })
      const [asked] = server.asked
      expect(asked?.url).toBe('/api/v1/query')
      const [, , revision = ''] =
        /^avg\(avg_over_time\(a\{d="((?:[^"\\]|\\.)*)",r="((?:[^"\\]|\\.)*)",q=~"(?:[^"\\]|\\.)*"\}\[59999ms\]\)\)$/s.exec(
          asked?.query ?? '',
        ) ?? []
      expect(unquoted(revision)).toBe(name)
    },
  )

  it.each([
    [{ deployment: 'churn', revision: 'one' }, 'give namespace/name'],
    [{ deployment: 'a/b/c', revision: 'one' }, 'give namespace/name'],
    [{ revision: 'one' }, 'give namespace/name'],
    [{ deployment: 'default/churn' }, 'revision is missing'],
    [{ ...labels, region: 'eu' }, 'label "region" is not known. Known: deployment, revision.'],
  ])('with the labels %j is refused', async (wrong: Record<string, string>, why) => {
    const { server, ask } = await scene()
    const error = await failureOf(ask('simple', { labels: wrong }))
    expect(error).toMatchObject({ code: 'metric-error', retryable: false })
    expect(error.message).toContain(why)
    expect(server.asked).toHaveLength(0)
  })

  it('ends with aborted soon after its signal fired', async () => {
    const { server, ask } = await scene()
    const waiting = Promise.withResolvers<void>()
    server.answer = () => waiting.resolve()
    const controller = new AbortController()
    const call = failureOf(ask('simple', { abortSignal: controller.signal }))
    await waiting.promise
    controller.abort(new Error('enough'))
    expect(await call).toMatchObject({ code: 'aborted' })
  })
})
