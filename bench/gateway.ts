import { type BenchResult, type BenchRow, median } from './bench.ts'
import { type Child, start } from './child.ts'
import { inProcess } from './gateway/in-process.ts'

type Proxy = Child & { readonly url: string }

/** What is asked, how often in each round, and the aim against the minimal proxy. */
const rows = [
  { model: 'infer', what: '1 KB infer', perRound: 1500, atMost: 1.25 },
  { model: 'chat', what: '1 KB chat', perRound: 1500, atMost: 1.3 },
  { model: 'one', what: 'stream of 50 events, one a write', perRound: 150, atMost: 1.5 },
  { model: 'five', what: 'stream of 50 events, five a write', perRound: 400, atMost: 2 },
  { model: 'burst', what: 'stream of 200 events in one write', perRound: 800, atMost: 3 },
] as const

const rounds = 9

/** Before them. Until V8 has compiled all that a request runs through, a request costs twice as much. */
const warmUpRounds = 10

/**
 * Measures the CPU time that the gateway's process spends on one request. It is compared with a minimal proxy,
 * made of node:http and an undici Pool (`Pool.request`). For information, infer is also compared with a proxy that
 * calls `Pool.dispatch` directly. The upstream, the load and each proxy run in their own processes. The proxies
 * take turns.
 */
export async function run(flags: Readonly<Record<string, string>> = {}): Promise<BenchResult> {
  const upstream = await start('gateway/upstream')
  const load = await start('gateway/load')
  const [gateway, minimal, dispatch] = await Promise.all([
    start('gateway/gateway-proxy', [upstream.url]),
    start('gateway/minimal-proxy', [upstream.url]),
    start('gateway/dispatch-proxy', [upstream.url]),
  ])
  const measured: BenchRow[] = flags.only === undefined ? await insideRows() : []
  try {
    for (const { model, what, perRound, atMost } of rows) {
      if (flags.only !== undefined && flags.only !== model) continue
      const proxies = model === 'infer' ? [gateway, minimal, dispatch] : [gateway, minimal]
      const costs = await costsOf(proxies, load, model, perRound)
      measured.push({
        what: `CPU per ${what}, against a minimal proxy`,
        value: ratio(costs, 1),
        unit: '×',
        aim: { atMost },
      })
      if (model === 'infer') {
        measured.push({ what: 'the same, against direct Pool.dispatch', value: ratio(costs, 2), unit: '×' })
      }
      measured.push({ what: `CPU per ${what}`, value: median(costs.map(([first = 0]) => first)), unit: 'µs' })
    }
    return { name: 'gateway', rows: measured }
  } finally {
    for (const child of [upstream, load, gateway, minimal, dispatch]) child.stop()
  }
}

/** The router alone, in this process and without I/O. */
async function insideRows(): Promise<BenchRow[]> {
  const { observed, bare, chat, priced } = await inProcess()
  const what = 'CPU of the router per infer, in process, with all that a plane measures'
  return [
    { what, value: observed, unit: 'µs', aim: { atMost: 5 } },
    { what: 'the same, without observers', value: bare, unit: 'µs' },
    {
      what: 'CPU of the router per chat, in process, with all that a plane measures',
      value: chat,
      unit: 'µs',
    },
    { what: 'what a table of prices adds to it', value: priced - chat, unit: 'µs' },
  ]
}

/** For each round, the cost at each proxy. */
async function costsOf(
  proxies: readonly Proxy[],
  load: Child,
  model: string,
  perRound: number,
): Promise<readonly (readonly number[])[]> {
  for (const proxy of proxies) await microsPerRequest(proxy, load, model, perRound * warmUpRounds)
  const costs: number[][] = []
  for (let round = 0; round < rounds; round += 1) {
    const turn: number[] = []
    for (const proxy of proxies) turn.push(await microsPerRequest(proxy, load, model, perRound))
    costs.push(turn)
  }
  return costs
}

function ratio(costs: readonly (readonly number[])[], place: number): number {
  return median(costs.map((turn) => (turn[0] ?? Number.NaN) / (turn[place] ?? Number.NaN)))
}

async function microsPerRequest(proxy: Proxy, load: Child, model: string, count: number): Promise<number> {
  const before = await proxy.ask<NodeJS.CpuUsage>('cpu')
  const failed = await load.ask<number>({ url: proxy.url, count, model })
  const after = await proxy.ask<NodeJS.CpuUsage>('cpu')
  if (failed > 0) throw new Error(`${failed} of ${count} requests to ${proxy.url} failed`)
  return (after.user + after.system - before.user - before.system) / count
}
