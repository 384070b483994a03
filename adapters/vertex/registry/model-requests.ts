import { ModelspineError } from 'modelspine/adapter'
import { googlePath, resourcePath } from '../../shared/google/resource-path.ts'
import type { VendorRequest } from '../../shared/vendor-client.ts'
import type { VertexContainer } from './registry-options.ts'

/**
 * The path of a model, or of one of its versions. A name is the id of a model of this project and location, or a whole
 * name. Throws `invalid-reference`.
 */
export function modelPath(parent: string, model: string, version?: string): string {
  const isWhole = model.includes('/')
  if (isWhole && !/^projects\/[^/]+\/locations\/[^/]+\/models\/[^/@]+$/.test(model)) {
    throw new ModelspineError(
      'invalid-reference',
      `"${model}" names no model of Vertex: write its id, or projects/…/locations/…/models/…`,
    )
  }
  const path = isWhole ? resourcePath(model) : `${resourcePath(parent)}/models/${googlePath`${model}`}`
  return `/v1/${path}${version === undefined ? '' : `@${googlePath`${version}`}`}`
}

export function readVersionRequest(parent: string, model: string, version: string): VendorRequest {
  return { method: 'GET', path: modelPath(parent, model, version) }
}

/** The default version of each model. The models that changed last come first. */
export function listModelsRequest(parent: string, pageToken: string | undefined): VendorRequest {
  return {
    method: 'GET',
    path: `/v1/${resourcePath(parent)}/models`,
    query: { orderBy: 'update_time desc', pageSize: 100, pageToken },
  }
}

export function listVersionsRequest(
  parent: string,
  model: string,
  filter: string | undefined,
  pageToken: string | undefined,
): VendorRequest {
  return {
    method: 'GET',
    path: `${modelPath(parent, model)}:listVersions`,
    query: { filter, pageSize: 100, pageToken },
  }
}

/** An alias with a `-` before it is removed. */
export function mergeAliasesRequest(
  parent: string,
  model: string,
  version: string,
  versionAliases: readonly string[],
): VendorRequest {
  return {
    method: 'POST',
    path: `${modelPath(parent, model, version)}:mergeVersionAliases`,
    body: { versionAliases },
  }
}

/** Refuses to write over what somebody else wrote since the etag was read. */
export function writeLabelsRequest(
  parent: string,
  model: string,
  version: string,
  { etag, labels }: { readonly etag: string | undefined; readonly labels: Readonly<Record<string, string>> },
): VendorRequest {
  return {
    method: 'PATCH',
    path: modelPath(parent, model, version),
    query: { updateMask: 'labels' },
    body: { etag, labels },
  }
}

export interface Upload {
  /** The id of the model. */
  readonly model: string
  /** Whether the model is there, so that this becomes its next version. */
  readonly isNext: boolean
  readonly artifactUri: string
  readonly container: VertexContainer
  readonly labels: Readonly<Record<string, string>>
  readonly versionDescription: string | undefined
}

export function uploadRequest(parent: string, upload: Upload): VendorRequest {
  const { model, isNext, artifactUri, container, labels, versionDescription } = upload
  const { image, command, args, env, port, predictRoute, healthRoute } = container
  return {
    method: 'POST',
    path: `/v1/${resourcePath(parent)}/models:upload`,
    body: {
      ...(isNext ? { parentModel: `${parent}/models/${model}` } : { modelId: model }),
      model: {
        displayName: model,
        versionDescription,
        labels,
        artifactUri,
        containerSpec: {
          imageUri: image,
          command,
          args,
          env: env && Object.entries(env).map(([name, value]) => ({ name, value })),
          ports: port === undefined ? undefined : [{ containerPort: port }],
          predictRoute,
          healthRoute,
        },
      },
    },
  }
}

export function deleteVersionRequest(parent: string, model: string, version: string): VendorRequest {
  return { method: 'DELETE', path: `${modelPath(parent, model, version)}:deleteVersion` }
}

export function readUploadRequest(operation: string): VendorRequest {
  return { method: 'GET', path: `/v1/${resourcePath(operation)}` }
}
