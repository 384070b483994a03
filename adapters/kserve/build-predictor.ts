import type { ArtifactFile, Revision, Scale } from 'modelspine/adapter'
import { annotationNames, type Predictor } from './kserve-api.ts'
import { type KserveNames, predictorName } from './kserve-names.ts'
import type { KserveOptions } from './kserve-options.ts'
import { protocolOf, settingsOf } from './kserve-settings.ts'
import { lineageText, type RevisionLineage } from './lineage.ts'

/** The environment variable that tells a model server its revision. */
export const revisionVariable = 'MODELSPINE_REVISION'

/** The predictor of a revision that was not refused. Pure. */
export function buildPredictor(revision: Revision, { names, options, lineage }: PredictorPlace): Predictor {
  const { name, runtime, settings } = revision
  const own = settingsOf(settings)
  const format = own.modelFormat ?? options.modelFormat ?? ''
  const extra = own.predictor ?? {}
  const secret = names.secret(name)
  return {
    ...extra,
    ...(options.mode === 'standard' && { name: predictorName(name) }),
    annotations: {
      ...(extra.annotations as object | undefined),
      [annotationNames.revision]: name,
      [annotationNames.lineage]: lineageText(lineage),
      [annotationNames.endpoint]: JSON.stringify({
        protocol: protocolOf(own),
        ...(own.path !== undefined && { path: own.path }),
        ...(own.modelName !== undefined && { model: own.modelName }),
      }),
    },
    ...(own.serviceAccountName !== undefined && { serviceAccountName: own.serviceAccountName }),
    ...(own.timeoutSeconds !== undefined && { timeout: own.timeoutSeconds }),
    ...(own.containerConcurrency !== undefined && { containerConcurrency: own.containerConcurrency }),
    model: {
      // KServe's CRD wants it in a canary, and KServe's webhook wants it empty in a main predictor.
      ...(options.mode === 'standard' && { name: '' }),
      modelFormat: typeof format === 'string' ? { name: format } : format,
      protocolVersion: own.protocolVersion ?? 'v2',
      storageUri: addressOf(revision),
      ...(own.storageKey !== undefined && { storage: { key: own.storageKey } }),
      ...(own.runtime !== undefined && { runtime: own.runtime }),
      ...(own.runtimeVersion !== undefined && { runtimeVersion: own.runtimeVersion }),
      ...(own.args !== undefined && { args: own.args }),
      ...(Object.keys(runtime.resources).length > 0 && { resources: resourcesOf(runtime.resources) }),
      env: [
        { name: revisionVariable, value: name },
        ...Object.entries(runtime.env).map(([variable, value]) => ({ name: variable, value })),
        ...Object.keys(runtime.secrets).map((variable) => ({
          name: variable,
          valueFrom: { secretKeyRef: { name: secret, key: variable } },
        })),
      ],
    },
  }
}

export interface PredictorPlace {
  readonly names: KserveNames
  readonly options: Pick<KserveOptions, 'mode' | 'modelFormat'>
  readonly lineage: RevisionLineage
}

/** The same predictor with these replicas. */
export function withScale(predictor: Predictor, { min, max }: Scale): Predictor {
  return { ...predictor, minReplicas: min, maxReplicas: max }
}

export function filesOf(artifact: Revision['model']['artifact']): readonly ArtifactFile[] {
  return artifact.kind === 'files' ? artifact.files : []
}

/** The one address of a revision that was not refused. */
export function addressOf({ model }: Revision): string | undefined {
  return filesOf(model.artifact)[0]?.uri
}

/** What is asked for is also the limit, as accelerators need it. */
function resourcesOf(resources: Revision['runtime']['resources']): object {
  const amounts = Object.fromEntries(
    Object.entries(resources).map(([name, amount]) => [name, String(amount)]),
  )
  return { requests: amounts, limits: amounts }
}
