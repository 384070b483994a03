import type { Counter, Histogram, Meter } from '@opentelemetry/api'
import type { Clock } from '../clock.ts'
import type { Key } from '../resources/metadata.ts'
import type { ControlObserver } from './contract.ts'
import { attributeNames, metricNames, reconcileBuckets } from './modelspine-names.ts'
import { LateInstruments, LateTracer, spanTime } from './open-telemetry.ts'

export interface ControlTelemetryOptions {
  readonly clock: Clock
  /** The number of keys that wait. It is read when metrics are collected. */
  readonly queueDepth?: () => number
}

/**
 * Reports the control side to OpenTelemetry. Every call is cheap, and does nothing while no SDK is
 * registered.
 */
export type ControlTelemetry = Required<Omit<ControlObserver, 'joined'>>

interface ControlInstruments {
  readonly reconcile: Histogram
  readonly phaseChanges: Counter
  readonly decisions: Counter
  readonly effects: Counter
  readonly signals: Counter
}

export function createControlTelemetry(options: ControlTelemetryOptions): ControlTelemetry {
  const { clock } = options
  /** One entry for each declared deployment. */
  const phases = new Map<Key, string>()
  const tracer = new LateTracer()
  const instruments = new LateInstruments((meter) => {
    observeGauges(meter, phases, options.queueDepth)
    return controlInstruments(meter)
  })
  return {
    reconciled({ key, result, durationMs }) {
      instruments.get()?.reconcile.record(durationMs / 1000, { [attributeNames.result]: result })
      const tracing = tracer.get()
      if (tracing === undefined) return
      const endedAtMs = clock.now()
      tracing
        .startSpan(`reconcile ${key}`, {
          startTime: spanTime(endedAtMs - durationMs),
          attributes: { [attributeNames.deployment]: key, [attributeNames.result]: result },
        })
        .end(spanTime(endedAtMs))
    },
    phaseSeen(key, phase) {
      const previous = phases.get(key)
      if (phase === undefined) phases.delete(key)
      else phases.set(key, phase)
      if (phase === undefined || phase === previous) return
      instruments.get()?.phaseChanges.add(1, {
        [attributeNames.phase]: phase,
        ...(previous !== undefined && { [attributeNames.previousPhase]: previous }),
      })
    },
    decided({ policy, action, verdict }) {
      instruments.get()?.decisions.add(1, {
        [attributeNames.policy]: policy,
        [attributeNames.action]: action,
        [attributeNames.verdict]: verdict,
      })
    },
    effectSent({ key, effect, result }) {
      instruments.get()?.effects.add(1, {
        [attributeNames.deployment]: key,
        [attributeNames.effect]: effect,
        [attributeNames.result]: result,
      })
    },
    signalCame({ signal, result }) {
      instruments.get()?.signals.add(1, {
        [attributeNames.signal]: signal,
        [attributeNames.result]: result,
      })
    },
  }
}

function controlInstruments(meter: Meter): ControlInstruments {
  return {
    reconcile: meter.createHistogram(metricNames.reconcileDuration, {
      unit: 's',
      description: 'The time that one reconcile of one resource takes.',
      advice: { explicitBucketBoundaries: reconcileBuckets },
    }),
    phaseChanges: meter.createCounter(metricNames.phaseChanges, {
      unit: '{change}',
      description: 'How often a rollout entered a phase.',
    }),
    decisions: meter.createCounter(metricNames.decisions, {
      unit: '{decision}',
      description: 'Answers of policy engines.',
    }),
    effects: meter.createCounter(metricNames.effects, {
      unit: '{effect}',
      description: 'Calls that change the outside world.',
    }),
    signals: meter.createCounter(metricNames.signals, {
      unit: '{signal}',
      description: 'Signals about answers, by what became of them.',
    }),
  }
}

function observeGauges(
  meter: Meter,
  phases: ReadonlyMap<Key, string>,
  queueDepth: (() => number) | undefined,
): void {
  if (queueDepth !== undefined) {
    const depth = meter.createObservableGauge(metricNames.queueDepth, {
      unit: '{key}',
      description: 'Keys that wait to be reconciled.',
    })
    depth.addCallback((result) => result.observe(queueDepth()))
  }
  const deployments = meter.createObservableGauge(metricNames.deployments, {
    unit: '{deployment}',
    description: 'Deployments by the phase of their rollout.',
  })
  deployments.addCallback((result) => {
    const counts = new Map<string, number>()
    for (const phase of phases.values()) counts.set(phase, (counts.get(phase) ?? 0) + 1)
    for (const [phase, count] of counts) result.observe(count, { [attributeNames.phase]: phase })
  })
}
