/**
 * The Kubernetes API as far as this target needs it: https://kubernetes.io/docs/reference/using-api/server-side-apply/
 * and https://kserve.github.io/website/docs/reference/crd-api. What it sends is exact.
 */

import { path, type VendorRequest } from '../shared/vendor-client.ts'

/** Under this name the API server keeps which fields are ours. */
export const fieldManager = 'modelspine'

export const labels: Readonly<Record<string, string>> = { 'app.kubernetes.io/managed-by': 'modelspine' }
const selector = 'app.kubernetes.io/managed-by=modelspine'

export const annotationNames = {
  /** On every object: the deployment that it belongs to. */
  key: 'modelspine.dev/key',
  /** On a predictor: the revision that it runs. */
  revision: 'modelspine.dev/revision',
  /** On a predictor: what was there when it was written. */
  lineage: 'modelspine.dev/lineage',
  /** On a predictor: how its endpoint is asked, where the settings say it. */
  endpoint: 'modelspine.dev/endpoint',
  mode: 'serving.kserve.io/deploymentMode',
  tags: 'serving.kserve.io/enable-tag-routing',
} as const

export type Predictor = Readonly<Record<string, unknown>>

export interface CanaryEntry {
  readonly predictor: Predictor
  readonly trafficPercent: number
}

export interface ServiceSpec {
  readonly predictor: Predictor
  readonly canary?: readonly CanaryEntry[]
}

/** How many objects one page of a list has. */
const pageSize = 200

export type Sort = 'inferenceservices' | 'configmaps' | 'secrets'

function folder(namespace: string, sort: Sort): string {
  return sort === 'inferenceservices'
    ? path`/apis/serving.kserve.io/v1beta1/namespaces/${namespace}/inferenceservices`
    : `${path`/api/v1/namespaces/${namespace}`}/${sort}`
}

export function readRequest(namespace: string, sort: Sort, name: string): VendorRequest {
  return { method: 'GET', path: folder(namespace, sort) + path`/${name}` }
}

/** Asks for names, labels and versions only, so that nobody sends us the values of a Secret. */
export function readMetadataRequest(namespace: string, sort: Sort, name: string): VendorRequest {
  return {
    ...readRequest(namespace, sort, name),
    headers: { accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1' },
  }
}

export function listRequest(namespace: string, sort: Sort, continued?: string): VendorRequest {
  return {
    method: 'GET',
    path: folder(namespace, sort),
    query: { labelSelector: selector, limit: pageSize, continue: continued },
  }
}

export function watchRequest(namespace: string, resourceVersion: string, idleMs: number): VendorRequest {
  return {
    method: 'GET',
    path: folder(namespace, 'inferenceservices'),
    query: {
      labelSelector: selector,
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion,
      timeoutSeconds: 300,
    },
    idleMs,
  }
}

export interface ObjectVersion {
  readonly uid: string
  readonly resourceVersion: string
}

export interface Ours {
  readonly key: string
  /** What was read, `absent` where nothing was, or `any` when it does not matter. */
  readonly there: ObjectVersion | 'absent' | 'any'
}

/**
 * Server-side apply makes what is not there, whatever version it names. Only a uid keeps it from bringing back an object
 * that is gone. And only a version keeps it from writing over an object that came meanwhile: no object has the version 1,
 * and 0 would stand for any.
 */
function guardOf(there: Ours['there']): Partial<ObjectVersion> {
  if (there === 'any') return {}
  if (there === 'absent') return { resourceVersion: '1' }
  return { uid: there.uid, resourceVersion: there.resourceVersion }
}

export interface AppliedService extends Ours {
  readonly name: string
  readonly namespace: string
  readonly mode: 'Knative' | 'Standard'
  readonly tags: boolean
  readonly spec: ServiceSpec
}

/** The whole object. What an earlier one had and this one has not is removed by the API server. */
export function serviceBody({ name, namespace, key, there, mode, tags, spec }: AppliedService): object {
  return {
    apiVersion: 'serving.kserve.io/v1beta1',
    kind: 'InferenceService',
    metadata: {
      name,
      namespace,
      ...guardOf(there),
      labels,
      annotations: {
        [annotationNames.key]: key,
        [annotationNames.mode]: mode,
        ...(tags && { [annotationNames.tags]: 'true' }),
      },
    },
    spec,
  }
}

export function applyServiceRequest(service: AppliedService, dryRun = false): VendorRequest {
  const { namespace, name } = service
  return applyRequest(namespace, 'inferenceservices', name, serviceBody(service), dryRun)
}

/**
 * `force`: a field of ours that somebody else has set is set back. Whoever wants another value declares it to the plane.
 * Fields that we do not send stay with whoever set them.
 */
function applyRequest(
  namespace: string,
  sort: Sort,
  name: string,
  body: object,
  dryRun = false,
): VendorRequest {
  return {
    method: 'PATCH',
    path: folder(namespace, sort) + path`/${name}`,
    query: {
      fieldManager,
      force: 'true',
      fieldValidation: 'Strict',
      ...(dryRun && { dryRun: 'All' }),
    },
    headers: { 'content-type': 'application/apply-patch+yaml' },
    body,
  }
}

export interface FenceData {
  readonly fence: string
  readonly store?: string
  /** Revisions that have a Secret, with spaces between them. */
  readonly secrets?: string
}

export function applyRecordRequest(
  namespace: string,
  name: string,
  ours: Ours,
  data: FenceData,
): VendorRequest {
  return applyRequest(namespace, 'configmaps', name, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: ourMetadata(namespace, name, ours),
    data,
  })
}

export function applySecretRequest(
  namespace: string,
  name: string,
  ours: Ours,
  values: Readonly<Record<string, string>>,
): VendorRequest {
  const encoded = Object.entries(values).map(([each, value]) => [each, Buffer.from(value).toString('base64')])
  return applyRequest(namespace, 'secrets', name, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: ourMetadata(namespace, name, ours),
    type: 'Opaque',
    data: Object.fromEntries(encoded),
  })
}

function ourMetadata(namespace: string, name: string, { key, there }: Ours): object {
  return {
    name,
    namespace,
    ...guardOf(there),
    labels,
    annotations: { [annotationNames.key]: key },
  }
}

/** Only the object that was read is deleted, and not one that took its name meanwhile. */
export function deleteRequest(
  namespace: string,
  sort: Sort,
  name: string,
  {
    uid,
    resourceVersion,
  }: { readonly uid?: string | null | undefined; readonly resourceVersion?: string | null | undefined },
): VendorRequest {
  const preconditions = { ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) }
  return {
    method: 'DELETE',
    path: folder(namespace, sort) + path`/${name}`,
    body: { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background', preconditions },
  }
}
