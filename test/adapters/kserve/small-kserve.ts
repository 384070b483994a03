import type { Json, KubernetesWorld, Stored } from './kubernetes-world.ts'

/** A revision of Knative, or a Deployment. */
export interface Running {
  readonly name: string
  readonly predictor: Json
  ready: boolean
}

interface Kept {
  running: Running[]
  count: number
  template: string
  /** The generation of the Knative service, or of the Deployment. */
  generation: number
  routed: string
  rolledOut: string
  previousRolledOut: string
}

/** How a revision fails. By the revision's name. */
export type Failure = 'BlockedByFailedLoad' | 'InvalidSpec'

/**
 * KServe's controller as its source of August 2026 has it, without pods: `knative/ksvc_reconciler.go`,
 * `inference_service_status.go` and `components/predictor.go`.
 */
export class SmallKserve {
  private readonly world: KubernetesWorld
  private readonly kept = new Map<string, Kept>()
  readonly failing: Map<string, Failure> = new Map()
  /** A revision comes into being once, however many Knative revisions it has at a time. */
  created = 0
  /** Keeps what kserve#2130 tells of: KServe does not note that a revision had all traffic. */
  forgetsRollouts = false

  constructor(world: KubernetesWorld) {
    this.world = world
  }

  /** Takes up what was declared. `ends`: what starts becomes ready, and what is deleted goes. */
  reconcile(ends: boolean): void {
    for (const service of this.world.all('inferenceservices')) {
      const { name, deletionTimestamp } = service.metadata
      if (deletionTimestamp !== undefined) {
        if (ends) this.world.forget('inferenceservices', name, false)
        continue
      }
      const isStandard = annotation(service, 'serving.kserve.io/deploymentMode') === 'Standard'
      const kept = this.of(service)
      for (let round = 0; round < (ends ? 3 : 1); round += 1) {
        const status = isStandard ? this.standard(service, kept, ends) : this.knative(service, kept, ends)
        this.world.writeStatus(name, status)
      }
    }
  }

  running({ metadata }: Stored): readonly Running[] {
    return this.kept.get(metadata.uid)?.running ?? []
  }

  private of({ metadata }: Stored): Kept {
    const kept = this.kept.get(metadata.uid) ?? {
      running: [],
      count: 0,
      template: '',
      generation: 0,
      routed: '',
      rolledOut: '',
      previousRolledOut: '',
    }
    this.kept.set(metadata.uid, kept)
    return kept
  }

  private add(kept: Kept, name: string, predictor: Json): void {
    const revision = revisionOf(predictor)
    if (!kept.running.some((each) => revisionOf(each.predictor) === revision)) this.created += 1
    kept.running.push({ name, predictor, ready: false })
  }

  private knative(service: Stored, kept: Kept, ends: boolean): Json {
    const { name, annotations } = service.metadata
    const { canaryTrafficPercent: percent, ...predictor } = (service.spec?.predictor ?? {}) as Json
    const failure = this.failing.get(revisionOf(predictor))
    // Without a runtime for it, KServe does not touch the Knative service.
    if (failure === 'InvalidSpec') {
      return { ...(service.status ?? {}), modelStatus: failed(failure), observedGeneration: kept.generation }
    }
    const template = JSON.stringify([annotations, predictor])
    if (template !== kept.template) {
      kept.template = template
      kept.count += 1
      kept.generation += 1
      this.add(kept, `${name}-predictor-${String(kept.count).padStart(5, '0')}`, predictor)
    }
    const latest = kept.running.at(-1)
    if (ends && latest !== undefined && failure === undefined) latest.ready = true
    const ready = kept.running.findLast((each) => each.ready)?.name ?? ''
    const isTagged = annotation(service, 'serving.kserve.io/enable-tag-routing') === 'true'
    const targets =
      percent !== undefined && kept.rolledOut !== ''
        ? [
            { latestRevision: true, percent, ...(isTagged && { tag: 'latest' }) },
            ...(Number(percent) < 100
              ? [
                  {
                    latestRevision: false,
                    revisionName: kept.rolledOut,
                    percent: 100 - Number(percent),
                    tag: 'prev',
                  },
                ]
              : []),
          ]
        : [{ latestRevision: true, percent: 100, ...(isTagged && { tag: 'latest' }) }]
    if (JSON.stringify(targets) !== kept.routed) {
      if (kept.routed !== '' && template === kept.template) kept.generation += 1
      kept.routed = JSON.stringify(targets)
    }
    const traffic = targets
      .map((target) => ({ revisionName: ready, ...target }))
      .filter(({ revisionName }) => revisionName !== '')
      .map((target) => ({
        ...target,
        ...('tag' in target && { url: `http://${target.tag}-${name}-predictor.kit.example.com` }),
      }))
    for (const { latestRevision, percent: share, revisionName } of traffic) {
      const all = traffic
        .filter((each) => each.revisionName === revisionName)
        .reduce((sum, each) => sum + Number(each.percent), 0)
      if (!latestRevision || this.forgetsRollouts) continue
      if (kept.rolledOut !== revisionName && share === 100) {
        kept.previousRolledOut = kept.rolledOut
        kept.rolledOut = revisionName
      } else if (kept.rolledOut === revisionName && Number(share) < 100 && all === 100) {
        if (ready === latest?.name && kept.previousRolledOut !== '') kept.rolledOut = kept.previousRolledOut
      }
    }
    // Knative removes what has no traffic, in its own time.
    const used = new Set([
      ...traffic.map((each) => each.revisionName),
      latest?.name,
      kept.rolledOut,
      kept.previousRolledOut,
    ])
    if (ends) kept.running = kept.running.filter((each) => used.has(each.name))
    const isUp = latest?.ready === true
    return {
      observedGeneration: kept.generation,
      deploymentMode: 'Knative',
      url: `http://${name}.kit.example.com`,
      address: { url: `http://${name}.kit.svc.cluster.local` },
      conditions: ['PredictorReady', 'IngressReady', 'Ready'].map((type) => ({
        type,
        status: isUp ? 'True' : failure === undefined ? 'Unknown' : 'False',
        ...(!isUp && { reason: 'Predictor ingress not created' }),
      })),
      modelStatus: isUp
        ? loaded
        : failure === undefined
          ? { transitionStatus: 'InProgress' }
          : failed(failure),
      components: {
        predictor: {
          latestCreatedRevision: latest?.name ?? '',
          latestReadyRevision: ready,
          latestRolledoutRevision: kept.rolledOut,
          previousRolledoutRevision: kept.previousRolledOut,
          traffic,
          url: `http://${name}-predictor.kit.example.com`,
        },
      },
    }
  }

  private standard(service: Stored, kept: Kept, ends: boolean): Json {
    const { name } = service.metadata
    const main = (service.spec?.predictor ?? {}) as Json
    const canaries = (service.spec?.canary ?? []) as readonly { predictor: Json; trafficPercent: number }[]
    const names = [main, ...canaries.map(({ predictor }) => predictor)].map((each) => ({
      name: `${name}-${each.name}-predictor`,
      predictor: each,
    }))
    for (const { name: deployment, predictor } of names) {
      const there = kept.running.find((each) => each.name === deployment)
      if (there !== undefined && revisionOf(there.predictor) === revisionOf(predictor)) continue
      // Another predictor of that name gets the same Deployment, and its generation rises.
      kept.running = kept.running.filter((each) => each !== there)
      kept.generation = there === undefined ? 1 : kept.generation + 1
      this.add(kept, deployment, predictor)
    }
    kept.running = kept.running.filter((each) => names.some((one) => one.name === each.name))
    for (const each of kept.running) {
      if (ends && !this.failing.has(revisionOf(each.predictor))) each.ready = true
    }
    const isReady = (predictor: Json): boolean =>
      kept.running.some((each) => each.name === `${name}-${predictor.name}-predictor` && each.ready)
    const failure = this.failing.get(revisionOf(main))
    const isUp = isReady(main)
    return {
      observedGeneration: kept.generation,
      deploymentMode: 'Standard',
      url: `http://${name}.kit.example.com`,
      address: { url: `http://${name}-${main.name}-predictor.kit.svc.cluster.local:8080` },
      conditions: ['PredictorReady', 'IngressReady', 'Ready'].map((type) => ({
        type,
        status: isUp ? 'True' : 'False',
        ...(!isUp && { reason: 'MinimumReplicasUnavailable' }),
      })),
      modelStatus: isUp
        ? loaded
        : failure === undefined
          ? { transitionStatus: 'InProgress' }
          : failed(failure),
      canaryStatuses: canaries.map(({ predictor, trafficPercent }) => ({
        name: predictor.name,
        ready: isReady(predictor),
        trafficPercent,
        modelStatus: { transitionStatus: '' },
      })),
      components: { predictor: {} },
    }
  }
}

const loaded = {
  transitionStatus: 'UpToDate',
  states: { activeModelState: 'Loaded', targetModelState: 'Loaded' },
  copies: { failedCopies: 0, totalCopies: 1 },
}

function failed(failure: Failure): Json {
  return {
    transitionStatus: failure,
    states: { activeModelState: '', targetModelState: 'FailedToLoad' },
    lastFailureInfo:
      failure === 'InvalidSpec'
        ? { reason: 'NoSupportingRuntime', message: 'no runtime supports the predictor' }
        : { reason: 'ModelLoadFailed', message: 'cannot open model.bin', exitCode: 1 },
  }
}

export function revisionOf({ annotations }: Json): string {
  return String((annotations as Json | undefined)?.['modelspine.dev/revision'] ?? '')
}

function annotation({ metadata }: Stored, name: string): unknown {
  return (metadata.annotations as Json | undefined)?.[name]
}
