import { type ControlHealth, type ControlObserver, reconcileBuckets } from 'modelspine/adapter'
import { exportedLabels as label, exportedMetrics as metric } from '../exported-names.ts'
import { CounterFamily, type Family, HistogramFamily } from './families.ts'
import type { SeriesBound } from './series.ts'
import { headText, labelText, lineText } from './text-format.ts'

/** Counts what the control side does. */
export interface ControlFamilies extends Required<ControlObserver> {
  readonly families: readonly Family[]
}

/** `now` gives the time of what has just happened, in milliseconds since the epoch. */
export function controlFamilies(bound: SeriesBound, now: () => number): ControlFamilies {
  const reconciles = new HistogramFamily(
    metric.reconcileDuration,
    'The time that one reconcile of one resource takes.',
    { ...bound, bounds: reconcileBuckets },
  )
  const changes = new CounterFamily(metric.phaseChanges, 'How often a rollout entered a phase.', bound)
  const decisions = new CounterFamily(metric.decisions, 'Answers of policy engines.', bound)
  const effects = new CounterFamily(metric.effects, 'Calls that change the outside world.', bound)
  const signals = new CounterFamily(metric.signals, 'Signals about answers, by what became of them.', bound)
  /** One entry for each declared deployment. */
  const phases = new Map<string, string>()
  let health: (() => ControlHealth) | undefined
  return {
    families: [
      reconciles,
      changes,
      decisions,
      effects,
      signals,
      gauges(() => deploymentsText(phases)),
      gauges(() => (health === undefined ? '' : healthText(health()))),
    ],
    joined(ask) {
      health = ask
    },
    reconciled({ result, durationMs }) {
      reconciles.observe(reconciles.at({ [label.result]: result }), now(), durationMs / 1000)
    },
    phaseSeen(key, phase) {
      const previous = phases.get(key)
      if (phase === undefined) phases.delete(key)
      else phases.set(key, phase)
      if (phase === undefined || phase === previous) return
      changes.add(now(), { [label.phase]: phase, [label.previousPhase]: previous })
    },
    decided({ policy, action, verdict }) {
      decisions.add(now(), { [label.policy]: policy, [label.action]: action, [label.verdict]: verdict })
    },
    effectSent({ key, effect, result }) {
      effects.add(now(), { [label.deployment]: key, [label.effect]: effect, [label.result]: result })
    },
    signalCame({ signal, result }) {
      signals.add(now(), { [label.signal]: signal, [label.result]: result })
    },
  }
}

/** What is only looked at when somebody asks for the text. */
function gauges(text: () => string): Family {
  return { series: 0, forgotten: 0, text }
}

function deploymentsText(phases: ReadonlyMap<string, string>): string {
  const counts = new Map<string, number>()
  for (const phase of phases.values()) counts.set(phase, (counts.get(phase) ?? 0) + 1)
  let text = ''
  for (const [phase, count] of counts) {
    text += lineText(metric.deployments, labelText({ [label.phase]: phase }), count)
  }
  return text && headText(metric.deployments, 'gauge', 'Deployments by the phase of their rollout.') + text
}

function healthText({ leading, queued, faults }: ControlHealth): string {
  let text = headText(metric.queueDepth, 'gauge', 'Keys that wait to be reconciled.')
  text += lineText(metric.queueDepth, '', queued)
  text += headText('modelspine_leading', 'gauge', 'Whether this process holds the lease and reconciles.')
  text += lineText('modelspine_leading', '', leading ? 1 : 0)
  if (faults.length === 0) return text
  text += headText('modelspine_faults', 'gauge', 'What hinders a part of the plane now.')
  const counts = new Map<string, number>()
  for (const { part, name, reason } of faults) {
    const labels = labelText({ part, name, reason })
    counts.set(labels, (counts.get(labels) ?? 0) + 1)
  }
  for (const [labels, count] of counts) text += lineText('modelspine_faults', labels, count)
  return text
}
