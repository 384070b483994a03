import { type BenchResult, median } from './bench.ts'
import { type Child, start } from './gateway/child.ts'

const warmUp = 4000
const perRound = 4000
const rounds = 9

/**
 * CPU that the gateway's process spends on one infer of 1 KB, against a minimal proxy of node:http and an undici Pool.
 * Upstream, load and the proxy under test are processes of their own; the two proxies take turns.
 */
export async function run(): Promise<BenchResult> {
  const upstream = await start('upstream')
  const minimal = await start('minimal-proxy', [upstream.url])
  const gateway = await start('gateway-proxy', [upstream.url])
  const load = await start('load')
  const children: readonly Child[] = [upstream, minimal, gateway, load]
  try {
    await microsPerRequest(minimal, load, warmUp)
    await microsPerRequest(gateway, load, warmUp)
    const costs: { readonly minimal: number; readonly gateway: number }[] = []
    for (let round = 0; round < rounds; round += 1) {
      const first = await microsPerRequest(minimal, load, perRound)
      costs.push({ minimal: first, gateway: await microsPerRequest(gateway, load, perRound) })
    }
    const ratio = median(costs.map((cost) => cost.gateway / cost.minimal))
    return {
      name: 'gateway',
      rows: [
        {
          what: 'CPU per 1 KB infer against a minimal proxy',
          value: ratio,
          unit: '×',
          aim: { atMost: 1.5 },
        },
        { what: 'CPU per 1 KB infer', value: median(costs.map((cost) => cost.gateway)), unit: 'µs' },
        { what: 'the same, minimal proxy', value: median(costs.map((cost) => cost.minimal)), unit: 'µs' },
      ],
    }
  } finally {
    for (const child of children) child.stop()
  }
}

async function microsPerRequest(
  proxy: Child & { readonly url: string },
  load: Child,
  count: number,
): Promise<number> {
  const before = await proxy.ask<NodeJS.CpuUsage>('cpu')
  const failed = await load.ask<number>({ url: proxy.url, count })
  const after = await proxy.ask<NodeJS.CpuUsage>('cpu')
  if (failed > 0) throw new Error(`${failed} of ${count} requests to ${proxy.url} failed`)
  return (after.user + after.system - before.user - before.system) / count
}
