import { type Artifact, type ModelVersion, secretOf } from 'modelspine/adapter'
import { type SagemakerRegistry, sagemakerRegistry } from 'modelspine/adapters/sagemaker'
import { type Fixture, type ModelRegistrySubject, modelRegistryConformance } from 'modelspine/testing'
import { describe, expect, it } from 'vitest'
import { createdReply } from '../../../adapters/sagemaker/registry/package-replies.ts'
import type { MotoAddress } from '../servers/moto.ts'
import { withServer } from '../support/with-server.ts'
import { freshConnection, seeding } from './scene.ts'

const statuses = { approved: 'Approved', rejected: 'Rejected', pending: 'PendingManualApproval' } as const
const image = '123456789012.dkr.ecr.eu-west-1.amazonaws.com/kit:1'

async function create(server: MotoAddress): Promise<Fixture<ModelRegistrySubject>> {
  const connection = freshConnection(server)
  const client = seeding(connection)
  const registry = sagemakerRegistry({ ...connection, packaging: { image }, pollMs: false })
  return {
    subject: {
      registry,
      artifact: (label) => ({ kind: 'files', files: [{ uri: `s3://kit/${label}.tar.gz` }] }),
      async seed({ name, versions }) {
        await client.send(
          'CreateModelPackageGroup',
          { ModelPackageGroupName: name, ModelPackageGroupDescription: 'kit' },
          {},
        )
        const seeded: { version: string; artifact: Artifact }[] = []
        for (const [index, { approval }] of versions.entries()) {
          const input = {
            ModelPackageGroupName: name,
            InferenceSpecification: {
              Containers: [{ Image: image, ModelDataUrl: `s3://kit/${name}/${index}.tar.gz` }],
              SupportedContentTypes: ['application/json'],
              SupportedResponseMIMETypes: ['application/json'],
            },
            ModelApprovalStatus: approval === 'unknown' ? undefined : statuses[approval],
          }
          const { ModelPackageArn: uri } = await client.read(createdReply, 'CreateModelPackage', input, {})
          seeded.push({ version: uri.split('/').at(-1) ?? '', artifact: { kind: 'files', files: [{ uri }] } })
          for (const alias of versions[index]?.aliases ?? [])
            await registry.setAlias?.(name, alias, seeded.at(-1)?.version ?? null)
        }
        return {
          name,
          versions: seeded.map(({ version }) => version),
          artifacts: seeded.map(({ artifact }) => artifact),
        }
      },
    },
    async dispose() {
      await registry.close()
      await client.close()
    },
  }
}

withServer('moto', (server) => {
  modelRegistryConformance({
    name: 'sagemakerRegistry on moto',
    describe,
    it,
    create: () => create(server),
    without: {
      'gives versions that are registered at the same time names of their own':
        'moto counts versions in several threads at once, and gives one number twice',
    },
  })

  describe('sagemakerRegistry on moto', () => {
    const artifact = { kind: 'files', files: [{ uri: 's3://models/churn.tar.gz' }] } as const

    it('is told of an approval that another writer made', async () => {
      const connection = freshConnection(server)
      const ours = sagemakerRegistry({ ...connection, pollMs: 100 })
      const theirs = sagemakerRegistry({ ...connection, packaging: { image } })
      const { version } = await registered(theirs, 'churn')
      await registered(theirs, 'fraud')
      const ending = new AbortController()
      const changes = ours.changes?.(ending.signal)[Symbol.asyncIterator]()
      const told = changes?.next()
      // Long enough for a first look, which takes what it finds as known.
      const approvals = alternating()
      const between = setInterval(() => {
        void theirs.setApproval('churn', version, approvals.next().value)
      }, 500)
      expect(await told).toEqual({ done: false, value: 'churn' })
      clearInterval(between)
      ending.abort()
      await Promise.all([ours.close(), theirs.close()])
    })

    it('is refused with a key that AWS does not know, and with a wrong secret', async () => {
      const connection = freshConnection(server)
      const { accessKeyId } = server
      const wrong = secretOf('a-secret-that-is-wrong')
      for (const credentials of [
        { accessKeyId: 'AKIAUNKNOWN', secretAccessKey: wrong },
        { accessKeyId, secretAccessKey: wrong },
      ]) {
        const registry = sagemakerRegistry({ ...connection, credentials })
        await expect(registry.resolve({ registry: 'r', text: 'churn:1' })).rejects.toMatchObject({
          code: 'auth',
          message: expect.not.stringContaining('a-secret-that-is-wrong'),
        })
        await registry.close()
      }
    })

    it('signs what has other letters than those of English', async () => {
      const registry = sagemakerRegistry({ ...freshConnection(server), packaging: { image } })
      const { version } = await registered(registry, 'churn')
      await registry.setTags('churn', version, { 'Größe + Maß': 'zwölf Meter' })
      const { tags } = await registry.resolve({ registry: 'r', name: 'churn', version })
      expect(tags).toEqual({ 'Größe + Maß': 'zwölf Meter' })
      await registry.close()
    })

    function registered(registry: SagemakerRegistry, name: string): Promise<ModelVersion> {
      if (registry.register === undefined) throw new Error('there is no register')
      return registry.register({ name, artifact, approval: 'pending' })
    }
  })
})

function* alternating(): Generator<'approved' | 'rejected', never> {
  for (;;) {
    yield 'approved'
    yield 'rejected'
  }
}
