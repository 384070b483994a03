import { messageOf } from '../../errors.ts'
import type { GateResult } from '../../resources/deployment/deployment-status.ts'
import type { AnalysisGate } from '../../resources/deployment/model-deployment.ts'
import type { Key } from '../../resources/metadata.ts'
import type { Interval, MetricSource } from '../../telemetry/contract.ts'
import type { Need } from '../machine/machine-types.ts'
import { type GateReading, judgeGate } from './judge-gate.ts'
import { metricCapabilities } from './metric-capabilities.ts'
import { wasFull } from './was-full.ts'

type GatesNeed = Extract<Need, { kind: 'gates' }>

/**
 * Reads and judges the gates of a step, each over that part of the step's own window whose numbers are there.
 * Throws when a source refuses the question because it is full.
 */
export async function readGates(
  sources: Readonly<Record<string, MetricSource>>,
  gates: readonly AnalysisGate[],
  key: Key,
  need: GatesNeed,
  abortSignal: AbortSignal,
): Promise<readonly GateResult[]> {
  return Promise.all(
    need.gates.flatMap(({ gate: name, toMs }) => {
      const gate = gates.find((each) => each.name === name)
      return gate === undefined ? [] : [readGate(sources[gate.source], gate, key, need, toMs, abortSignal)]
    }),
  )
}

async function readGate(
  source: MetricSource | undefined,
  gate: AnalysisGate,
  key: Key,
  { candidate, stable, fromMs }: GatesNeed,
  toMs: number,
  abortSignal: AbortSignal,
): Promise<GateResult> {
  const readOf = (revision: string): Promise<GateReading> =>
    read(source, gate, key, revision, { fromMs, toMs }, abortSignal)
  const compares = 'noWorseThan' in gate.pass && stable !== undefined
  const [measured, reference] = await Promise.all([readOf(candidate), compares ? readOf(stable) : undefined])
  return judgeGate(gate, measured, reference)
}

async function read(
  source: MetricSource | undefined,
  gate: AnalysisGate,
  deployment: Key,
  revision: string,
  { fromMs, toMs }: Interval,
  abortSignal: AbortSignal,
): Promise<GateReading> {
  try {
    if (source === undefined) throw new Error(`no metric source is called "${gate.source}"`)
    // A source that does not say how late it is gives no verdict.
    source.capabilities(gate.metric)
    if (toMs < fromMs) return { kind: 'no-data' }
    const reading = await source.query({
      metric: gate.metric,
      labels: { deployment, revision },
      interval: { fromMs, toMs },
      abortSignal,
    })
    // Data from before the step would judge the candidate by traffic that it did not get.
    if (reading.covered !== undefined && reading.covered.fromMs < fromMs) {
      return { kind: 'error', message: "the source's data begins before the step began" }
    }
    return reading
  } catch (error) {
    if (wasFull(error)) throw error
    return { kind: 'error', message: messageOf(error) }
  }
}

/**
 * How late the numbers of each gate are, for the gates whose numbers are late. Reading a gate whose source refuses
 * the metric gives an error.
 */
export function gateDelays(
  sources: Readonly<Record<string, MetricSource>>,
  gates: readonly AnalysisGate[],
): Readonly<Record<string, number>> {
  const delays: Record<string, number> = {}
  for (const { name, metric, source } of gates) {
    const told = metricCapabilities(sources[source], metric)
    if (typeof told === 'object' && told.delayMs > 0) delays[name] = told.delayMs
  }
  return delays
}
