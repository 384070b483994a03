import { type BenchResult, type BenchRow, median } from './bench.ts'
import { type Child, start } from './child.ts'
import { formats } from './dialects/formats.ts'

const forms = [
  { what: '1 KB chat', stream: false, perRound: 800 },
  { what: 'stream of 50 events, five a write', stream: true, perRound: 200 },
] as const

const rounds = 9
const warmUpRounds = 5
const aim = 2

/**
 * Measures the CPU time that the gateway's process spends on a request of OpenAI's chat completions whose upstream speaks
 * another format. It is compared with the same request whose upstream speaks OpenAI's, which passes as it came. The
 * upstream, the load and the gateway run in their own processes. The formats take turns.
 */
export async function run(): Promise<BenchResult> {
  const upstream = await start('dialects/upstream')
  const [load, gateway] = await Promise.all([
    start('dialects/load'),
    start('dialects/gateway-proxy', [upstream.url]),
  ])
  const [own = '', ...others] = Object.keys(formats)
  const measured: BenchRow[] = []
  try {
    for (const { what, stream, perRound } of forms) {
      const costOf = (model: string, count: number): Promise<number> =>
        microsPerRequest(gateway, load, { url: gateway.url, count, model, stream })
      for (const model of [own, ...others]) await costOf(model, perRound * warmUpRounds)
      const ratios = new Map<string, number[]>(others.map((model) => [model, []]))
      const untranslated: number[] = []
      for (let round = 0; round < rounds; round += 1) {
        const base = await costOf(own, perRound)
        untranslated.push(base)
        for (const [model, list] of ratios) list.push((await costOf(model, perRound)) / base)
      }
      measured.push({ what: `CPU per ${what}, untranslated`, value: median(untranslated), unit: 'µs' })
      for (const [model, list] of ratios) {
        const row = { what: `CPU per ${what}, as ${model}, against untranslated`, value: median(list) }
        measured.push({ ...row, unit: '×', aim: { atMost: aim } })
      }
    }
    return { name: 'dialects', rows: measured }
  } finally {
    for (const child of [upstream, load, gateway]) child.stop()
  }
}

async function microsPerRequest(
  gateway: Child,
  load: Child,
  message: { readonly url: string; readonly count: number; readonly model: string; readonly stream: boolean },
): Promise<number> {
  const before = await gateway.ask<NodeJS.CpuUsage>('cpu')
  const failed = await load.ask<number>(message)
  const after = await gateway.ask<NodeJS.CpuUsage>('cpu')
  if (failed > 0) throw new Error(`${failed} of ${message.count} requests as ${message.model} failed`)
  return (after.user + after.system - before.user - before.system) / message.count
}
