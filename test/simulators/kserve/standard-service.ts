import { canonicalJson } from 'modelspine/adapter'
import { isRecord } from '../../../src/json.ts'
import type { Faults } from './faults.ts'
import type { CanaryStatus, FailureInfo, Predictor } from './inference-service.ts'
import { failureOf, type ModelProcess, modelStatusOf, type ProcessState, stateOf } from './model-process.ts'
import type { Simulated, SimulatedService, Timing, Workload } from './simulated-service.ts'

interface Deployment {
  readonly newest: ModelProcess
  /** Serves until the newest is ready, as in a rolling update. */
  readonly before: ModelProcess | undefined
  readonly workload: Workload & { readonly replicas: number | undefined }
}

/**
 * A service in Standard mode: a Deployment for the predictor and one for each canary, by the predictor's name. When the
 * predictor takes the name of a canary, that canary's Deployment is the stable one, and nothing starts anew.
 */
export function standardService(name: string, { readyAfterMs }: Timing): SimulatedService {
  const deployments = new Map<string, Deployment>()
  let lastFailure: FailureInfo | undefined
  let started = 0

  const stateAt = (process: ModelProcess, nowMs: number): ProcessState =>
    stateOf(process, readyAfterMs, nowMs)

  /** The process that gets the requests of a Deployment. */
  const serving = ({ newest, before }: Deployment, nowMs: number): ModelProcess | undefined =>
    stateAt(newest, nowMs) === 'ready' ? newest : before

  function deploy(predictor: Predictor, annotations: object, faults: Faults, nowMs: number): Deployment {
    const middle = predictor.name === undefined ? '' : `-${predictor.name}`
    const deploymentName = `${name}${middle}-predictor`
    const template = templateOf(predictor, annotations)
    const known = deployments.get(deploymentName)
    const replicas = predictor.minReplicas
    const isNew = known?.newest.template !== template
    if (known !== undefined && !isNew && known.workload.replicas === replicas) return known
    if (isNew) started += 1
    const fate = (isNew ? undefined : known?.newest.fate) ?? faults.fate?.(predictor) ?? 'loads'
    const generation = (known?.workload.generation ?? 0) + 1
    const deployment: Deployment = {
      newest: {
        name: deploymentName,
        predictor,
        template,
        fate,
        startedMs: (isNew ? undefined : known?.newest.startedMs) ?? nowMs,
      },
      before: isNew ? known && serving(known, nowMs) : known?.before,
      workload: { generation, sinceMs: nowMs, replicas },
    }
    deployments.set(deploymentName, deployment)
    return deployment
  }

  function canaryStatus(deployment: Deployment, trafficPercent: number, nowMs: number): CanaryStatus {
    const { newest, before } = deployment
    const state = stateAt(newest, nowMs)
    return {
      name: newest.predictor.name ?? '',
      ready: serving(deployment, nowMs) !== undefined,
      trafficPercent,
      modelStatus: modelStatusOf({
        state,
        servedBefore: before !== undefined,
        copies: newest.predictor.minReplicas ?? 1,
        lastFailure: state === 'failed' ? failureOf(newest, readyAfterMs) : undefined,
      }),
    }
  }

  return {
    step({ spec: { predictor, canary = [] }, annotations = {} }, faults, nowMs): Simulated {
      const canaries = canary.map(({ predictor: overlay, trafficPercent }) => {
        const whole = overlaid(predictor, overlay) as Predictor
        return { deployment: deploy(whole, annotations, faults, nowMs), trafficPercent }
      })
      const stable = deploy(predictor, annotations, faults, nowMs)
      const kept = [stable, ...canaries.map(({ deployment }) => deployment)].map(({ newest }) => newest.name)
      for (const left of deployments.keys()) if (!kept.includes(left)) deployments.delete(left)
      const state = stateAt(stable.newest, nowMs)
      if (state === 'failed') lastFailure = failureOf(stable.newest, readyAfterMs)
      // A canary that is not ready gets nothing, and the stable predictor has the rest.
      const shares = canaries.flatMap(({ deployment, trafficPercent }) => {
        const process = serving(deployment, nowMs)
        return process === undefined || trafficPercent === 0 ? [] : [{ process, percent: trafficPercent }]
      })
      const rest = 100 - shares.reduce((sum, { percent }) => sum + percent, 0)
      const main = serving(stable, nowMs)
      return {
        workload: stable.workload,
        started,
        processes: [...deployments.values()].flatMap(({ newest, before }) => [
          newest,
          ...(before ? [before] : []),
        ]),
        state,
        servedBefore: stable.before !== undefined,
        lastFailure,
        shares: [...(main !== undefined && rest > 0 ? [{ process: main, percent: rest }] : []), ...shares],
        component: {},
        ...(canaries.length > 0 && {
          canaries: canaries.map(({ deployment, trafficPercent }) =>
            canaryStatus(deployment, trafficPercent, nowMs),
          ),
        }),
      }
    },
  }
}

/** What a canary leaves out is as in the stable predictor. */
function overlaid(below: unknown, above: unknown): unknown {
  if (!isRecord(below) || !isRecord(above)) return above ?? below
  const names = new Set([...Object.keys(below), ...Object.keys(above)])
  return Object.fromEntries([...names].map((name) => [name, overlaid(below[name], above[name])]))
}

/** Replicas are no part of a pod's template, and the name of a canary becomes the stable predictor's. */
function templateOf(predictor: Predictor, annotations: object): string {
  const { name: _, canaryTrafficPercent: __, minReplicas: ___, maxReplicas: ____, ...template } = predictor
  return canonicalJson([template, annotations])
}
