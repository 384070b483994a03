import { type BenchResult, median } from './bench.ts'
import { type Child, start } from './child.ts'

const warmUp = 4000
const perRound = 2500
const rounds = 11

type Proxy = Child & { readonly url: string }

/**
 * Measures the CPU time that the gateway's process spends on one infer request of 1 KB. It is compared with a
 * minimal proxy, made of node:http and an undici Pool (`Pool.request`). For information, it is also compared
 * with a proxy that calls `Pool.dispatch` directly. The upstream, the load and each proxy run in their own
 * processes. The proxies take turns.
 */
export async function run(): Promise<BenchResult> {
  const upstream = await start('gateway/upstream')
  const load = await start('gateway/load')
  const proxies = await Promise.all(
    ['gateway-proxy', 'minimal-proxy', 'dispatch-proxy'].map((name) =>
      start(`gateway/${name}`, [upstream.url]),
    ),
  )
  try {
    for (const proxy of proxies) await microsPerRequest(proxy, load, warmUp)
    const costs: number[][] = []
    for (let round = 0; round < rounds; round += 1) {
      const turn: number[] = []
      for (const proxy of proxies) turn.push(await microsPerRequest(proxy, load, perRound))
      costs.push(turn)
    }
    const against = (place: number): number =>
      median(costs.map((turn) => (turn[0] ?? Number.NaN) / (turn[place] ?? Number.NaN)))
    return {
      name: 'gateway',
      rows: [
        {
          what: 'CPU per 1 KB infer, compared with a minimal proxy',
          value: against(1),
          unit: '×',
          aim: { atMost: 1.5 },
        },
        { what: 'the same, compared with direct Pool.dispatch', value: against(2), unit: '×' },
        {
          what: 'CPU per 1 KB infer',
          value: median(costs.map(([gateway]) => gateway ?? Number.NaN)),
          unit: 'µs',
        },
      ],
    }
  } finally {
    for (const child of [upstream, load, ...proxies]) child.stop()
  }
}

async function microsPerRequest(proxy: Proxy, load: Child, count: number): Promise<number> {
  const before = await proxy.ask<NodeJS.CpuUsage>('cpu')
  const failed = await load.ask<number>({ url: proxy.url, count })
  const after = await proxy.ask<NodeJS.CpuUsage>('cpu')
  if (failed > 0) throw new Error(`${failed} of ${count} requests to ${proxy.url} failed`)
  return (after.user + after.system - before.user - before.system) / count
}
