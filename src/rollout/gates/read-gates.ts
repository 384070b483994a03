import { messageOf } from '../../errors.ts'
import type { GateResult } from '../../resources/deployment/deployment-status.ts'
import type { AnalysisGate } from '../../resources/deployment/model-deployment.ts'
import type { Key } from '../../resources/metadata.ts'
import type { Interval, MetricSource } from '../../telemetry/contract.ts'
import type { Need } from '../machine/machine-types.ts'
import { type GateReading, judgeGate } from './judge-gate.ts'
import { metricCapabilities } from './metric-capabilities.ts'
import type { UnreadGates } from './unread-gates.ts'
import { wasFull } from './was-full.ts'

type GatesNeed = Extract<Need, { kind: 'gates' }>

/**
 * Reads and judges the gates of a step, each over that part of the step's own window whose numbers are there. A source
 * in `unread` that is not to be asked yet is asked at the end of the step only.
 * Throws when a source refuses the question because it is full.
 */
export async function readGates(
  sources: Readonly<Record<string, MetricSource>>,
  gates: readonly AnalysisGate[],
  key: Key,
  need: GatesNeed,
  abortSignal: AbortSignal,
  unread?: UnreadGates,
): Promise<readonly GateResult[]> {
  return Promise.all(
    need.gates.flatMap(({ gate: name, toMs }) => {
      const gate = gates.find((each) => each.name === name)
      if (gate === undefined) return []
      return [readGate(sources[gate.source], gate, key, need, toMs, abortSignal, unread)]
    }),
  )
}

async function readGate(
  source: MetricSource | undefined,
  gate: AnalysisGate,
  key: Key,
  { candidate, stable, fromMs, atEnd }: GatesNeed,
  toMs: number,
  abortSignal: AbortSignal,
  unread: UnreadGates | undefined,
): Promise<GateResult> {
  const postponed = atEnd === true ? undefined : unread?.postponed(key, gate.name)
  if (postponed !== undefined) return judgeGate(gate, { kind: 'error', message: postponed }, undefined)
  const readOf = (revision: string): Promise<GateReading> =>
    read(source, gate, key, revision, { fromMs, toMs }, abortSignal)
  const compares = 'noWorseThan' in gate.pass && stable !== undefined
  const readings = await Promise.all([readOf(candidate), compares ? readOf(stable) : undefined])
  const failed = readings.find((reading) => reading?.kind === 'error')
  // An abort of the run says nothing about the source.
  if (failed?.kind !== 'error') unread?.answered(key, gate.name)
  else if (!abortSignal.aborted) unread?.failed(key, gate.name, failed.message)
  return judgeGate(gate, ...readings)
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
