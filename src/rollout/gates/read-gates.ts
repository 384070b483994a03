import { messageOf } from '../../errors.ts'
import type { GateResult, Measured } from '../../resources/deployment/deployment-status.ts'
import type { AnalysisGate } from '../../resources/deployment/model-deployment.ts'
import type { Key } from '../../resources/metadata.ts'
import type { Interval, MetricSource } from '../../telemetry/contract.ts'
import type { AskedGate, Need } from '../machine/machine-types.ts'
import type { JudgeContext } from './judge-context.ts'
import { judgeGate } from './judge-gate.ts'
import { metricCapabilities } from './metric-capabilities.ts'
import { type GateReading, measuredBy } from './reading-value.ts'
import type { UnreadGates } from './unread-gates.ts'
import { wasFull } from './was-full.ts'
import { ofAllTraffic } from './whole-traffic.ts'

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
    need.gates.flatMap((asked) => {
      const gate = gates.find((each) => each.name === asked.gate)
      if (gate === undefined) return []
      return [readGate({ source: sources[gate.source], gate, key, abortSignal }, need, asked, unread)]
    }),
  )
}

interface Question {
  readonly source: MetricSource | undefined
  readonly gate: AnalysisGate
  readonly key: Key
  readonly abortSignal: AbortSignal
}

async function readGate(
  question: Question,
  need: GatesNeed,
  asked: AskedGate,
  unread: UnreadGates | undefined,
): Promise<GateResult> {
  const { gate, key, abortSignal } = question
  const { candidate, stable, fromMs, atEnd } = need
  const interval = { fromMs, toMs: asked.toMs }
  const postponed = atEnd === true ? undefined : unread?.postponed(key, gate.name)
  if (postponed !== undefined) {
    return judged(need, gate, asked, { kind: 'error', message: postponed }, undefined)
  }
  const compares = 'noWorseThan' in gate.pass && stable !== undefined
  const readings = await Promise.all([
    read(question, candidate, interval),
    compares ? read(question, stable, interval) : undefined,
  ])
  const failed = readings.find((reading) => reading?.kind === 'error')
  // An abort of the run says nothing about the source.
  if (failed?.kind !== 'error') unread?.answered(key, gate.name)
  else if (!abortSignal.aborted) unread?.failed(key, gate.name, failed.message)
  const mayRead = compares && gate.compare !== 'raw' && failed === undefined
  const basis =
    asked.before !== undefined && mayRead ? await readBasis(question, stable, asked.before) : asked.basis
  const { window } = asked
  return judged(
    need,
    gate,
    { ...(window !== undefined && { window }), ...(basis !== undefined && { basis }) },
    ...readings,
  )
}

function judged(
  { alpha, share, splitSinceMs, fromMs }: GatesNeed,
  gate: AnalysisGate,
  { window, basis }: Pick<JudgeContext, 'window' | 'basis'>,
  ...readings: readonly [candidate: GateReading, stable: GateReading | undefined]
): GateResult {
  const { candidate, stable, isOfAllTraffic } = ofAllTraffic(...readings, share)
  const result = judgeGate(gate, candidate, stable, {
    alpha,
    fromMs,
    ...(share !== undefined && { share }),
    ...(splitSinceMs !== undefined && { splitSinceMs }),
    ...(window !== undefined && { window }),
    ...(basis !== undefined && { basis }),
  })
  return isOfAllTraffic && result.method !== undefined
    ? { ...result, message: `${result.message}; each number is what all of the traffic would give` }
    : result
}

/** The stable revision before the step. A gate is judged without it when it cannot be read. */
async function readBasis(
  question: Question,
  stable: string,
  before: Interval,
): Promise<Measured | undefined> {
  try {
    const reading = await read(question, stable, before)
    return reading.kind === 'error' ? undefined : measuredBy(reading)
  } catch {
    return undefined
  }
}

async function read(
  { source, gate, key: deployment, abortSignal }: Question,
  revision: string,
  { fromMs, toMs }: Interval,
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
