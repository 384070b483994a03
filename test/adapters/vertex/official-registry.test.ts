import { describe, expect, it } from 'vitest'
import type { VendorRequest } from '../../../adapters/shared/vendor-client.ts'
import {
  deleteVersionRequest,
  listModelsRequest,
  listVersionsRequest,
  mergeAliasesRequest,
  modelPath,
  readUploadRequest,
  readVersionRequest,
  uploadRequest,
  writeLabelsRequest,
} from '../../../adapters/vertex/registry/model-requests.ts'
import { officialVertex } from '../../simulators/vertex/vertex-simulator.ts'
import { location, projectId } from '../../simulators/vertex/vertex-world.ts'
import { planted, problemsOf } from './planted.ts'

const parent = `projects/${projectId}/locations/${location}`
const upload = uploadRequest(parent, {
  model: 'churn',
  isNext: false,
  artifactUri: 'gs://models/churn/1',
  container: {
    image: 'image',
    command: ['serve'],
    args: ['--fast'],
    env: { A: 'b' },
    port: 8080,
    predictRoute: '/predict',
    healthRoute: '/health',
  },
  labels: { team: 'risk' },
  versionDescription: 'text',
})

type Plant = readonly [at: string, value: unknown]

const builders: readonly (readonly [string, VendorRequest, Plant, Plant])[] = [
  [
    'models.upload',
    upload,
    ['model.containerSpec.image', 'x'],
    ['model.containerSpec.ports', [{ containerPort: '80' }]],
  ],
  [
    'models.mergeVersionAliases',
    mergeAliasesRequest(parent, 'churn', '3', ['-a']),
    ['aliases', []],
    ['versionAliases', 'a'],
  ],
  [
    'models.patch',
    writeLabelsRequest(parent, 'churn', '3', { etag: 'e', labels: { a: 'b' } }),
    ['label', {}],
    ['labels.a', 1],
  ],
]

const bodiless: readonly (readonly [string, VendorRequest])[] = [
  ['models.get', readVersionRequest(parent, 'churn', 'champion')],
  ['models.list', listModelsRequest(parent, 'token')],
  ['models.listVersions', listVersionsRequest(parent, 'churn', 'labels.approval=approved', 'token')],
  ['models.deleteVersion', deleteVersionRequest(parent, 'churn', '3')],
  ['models.operations.get', readUploadRequest(`${parent}/models/churn/operations/1`)],
]

describe.skipIf(officialVertex() === undefined)('the requests of vertexRegistry', () => {
  it('fit the official description, and with one wrong member they do not', () => {
    for (const [operation, request, [unknown, value], [member, wrong]] of builders) {
      expect(problemsOf(operation, request), operation).toEqual([])
      expect(problemsOf(operation, planted(request, unknown, value)), `${operation} ${unknown}`).not.toEqual(
        [],
      )
      expect(problemsOf(operation, planted(request, member, wrong)), `${operation} ${member}`).not.toEqual([])
    }
  })

  it('without a body fit too, and with another path, a body or a parameter more they do not', () => {
    for (const [operation, request] of bodiless) {
      expect(problemsOf(operation, request), operation).toEqual([])
      const others: readonly Partial<VendorRequest>[] = [
        { path: `${request.path}/more` },
        { body: {} },
        { query: { ...request.query, more: 'x' } },
      ]
      for (const other of others)
        expect(problemsOf(operation, { ...request, ...other }), operation).not.toEqual([])
    }
  })

  it('name a model by its id, or by its whole name in any project', () => {
    expect(modelPath(parent, 'churn', '3')).toBe(`/v1/${parent}/models/churn@3`)
    expect(modelPath(parent, 'projects/p/locations/l/models/m', 'a')).toBe(
      '/v1/projects/p/locations/l/models/m@a',
    )
    expect(() => modelPath(parent, 'models/churn')).toThrow('names no model of Vertex')
  })
})
