import { messageOf } from '../../errors.ts'
import type { GateResult } from '../../resources/deployment/deployment-status.ts'
import type { AnalysisGate } from '../../resources/deployment/model-deployment.ts'
import type { Key } from '../../resources/metadata.ts'
import type { MetricSource } from '../../telemetry/contract.ts'
import type { Need } from '../machine/machine-types.ts'
import { type GateReading, judgeGate } from './judge-gate.ts'
import { wasFull } from './was-full.ts'

type GatesNeed = Extract<Need, { kind: 'gates' }>

/**
 * Reads and judges the gates of a step, each over the step's own window. Throws when a source refuses the
 * question because it is full.
 */
export async function readGates(
  sources: Readonly<Record<string, MetricSource>>,
  gates: readonly AnalysisGate[],
  key: Key,
  need: GatesNeed,
  abortSignal: AbortSignal,
): Promise<readonly GateResult[]> {
  const asked = gates.filter((gate) => need.gates.includes(gate.name))
  return Promise.all(
    asked.map(async (gate) => {
      const compares = 'noWorseThan' in gate.pass && need.stable !== undefined
      const [candidate, stable] = await Promise.all([
        read(sources[gate.source], gate, key, need.candidate, need, abortSignal),
        compares ? read(sources[gate.source], gate, key, need.stable, need, abortSignal) : undefined,
      ])
      return judgeGate(gate, candidate, stable)
    }),
  )
}

async function read(
  source: MetricSource | undefined,
  gate: AnalysisGate,
  deployment: Key,
  revision: string,
  { fromMs, toMs }: GatesNeed,
  abortSignal: AbortSignal,
): Promise<GateReading> {
  try {
    if (source === undefined) throw new Error(`no metric source is called "${gate.source}"`)
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
