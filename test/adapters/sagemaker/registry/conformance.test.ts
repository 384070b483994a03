import assert from 'node:assert/strict'
import type { Artifact } from 'modelspine/adapter'
import type { SagemakerRegistryOptions } from 'modelspine/adapters/sagemaker'
import { type Fixture, type ModelRegistrySubject, modelRegistryConformance } from 'modelspine/testing'
import { describe, it } from 'vitest'
import { credentials } from '../../../simulators/sagemaker/sagemaker-simulator.ts'
import { jsonError } from '../../shared/aws/small-aws.ts'
import { openScene } from './scene.ts'

const statuses = { approved: 'Approved', rejected: 'Rejected', pending: 'PendingManualApproval' } as const
const credential = String(credentials.sessionToken?.reveal())

async function create(options: Partial<SagemakerRegistryOptions>): Promise<Fixture<ModelRegistrySubject>> {
  const scene = await openScene(options)
  const { registry, simulator, packages, clock } = scene
  packages.pageSize = 3
  const next = (status: number, code: string, headers = {}): void => {
    simulator.intercept = () => {
      simulator.intercept = undefined
      return jsonError(status, code, 'not now', headers)
    }
  }
  return {
    subject: {
      registry,
      credential,
      pageSize: 3,
      artifact: (label) => ({ kind: 'files', files: [{ uri: `s3://kit/${label}/model.tar.gz` }] }),
      async seed({ name, versions }) {
        const seeded = versions.map(({ approval, aliases = [], files = 1 }, index) => {
          const uris = Array.from(
            { length: files },
            (_, place) => `s3://kit/${name}/${index}/${place}.tar.gz`,
          )
          const Containers = uris.map((uri) => ({ Image: 'kit:1', ModelDataUrl: uri }))
          const made = packages.put(name, {
            InferenceSpecification: { Containers },
            ...(approval !== 'unknown' && { ModelApprovalStatus: statuses[approval] }),
          })
          for (const alias of aliases)
            packages.group(name).tags.set(`modelspine.alias.${alias}`, String(made.version))
          const addresses = options.artifact === 'model-data' ? uris : [made.arn]
          return { version: String(made.version), files: addresses.map((uri) => ({ uri })) }
        })
        return {
          name,
          versions: seeded.map(({ version }) => version),
          artifacts: seeded.map(({ files }): Artifact => ({ kind: 'files', files })),
        }
      },
      disconnect: () => simulator.close(),
      faultNext: () => next(500, 'InternalFailure'),
      throttleNext: (ms) => next(400, 'ThrottlingException', { 'retry-after': String(ms / 1000) }),
      stall: () => simulator.stall(),
      unauthorize() {
        simulator.intercept = () =>
          jsonError(400, 'UnrecognizedClientException', `The security token ${credential} is invalid.`)
      },
      interfere(model, alias, version) {
        simulator.afterwards = (operation) => {
          if (operation === 'AddTags') packages.group(model).tags.set(`modelspine.alias.${alias}`, version)
          return false
        }
      },
      async poll() {
        // At its end a look makes the timer of the next.
        while (clock.pendingTimers === 0) await new Promise(setImmediate)
        await clock.advance(40_000)
        while (clock.pendingTimers === 0) await new Promise(setImmediate)
      },
    },
    async dispose() {
      assert.deepEqual(simulator.problems, [])
      await scene.close()
    },
  }
}

modelRegistryConformance({ name: 'sagemakerRegistry', describe, it, create: () => create({}) })
modelRegistryConformance({
  name: 'sagemakerRegistry, model data',
  describe,
  it,
  create: () => create({ artifact: 'model-data' }),
})
modelRegistryConformance({
  name: 'sagemakerRegistry, without aliases and register',
  describe,
  it,
  create: () => create({ aliasTags: false, packaging: undefined as never, pollMs: false }),
})
