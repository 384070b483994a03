import { type MlflowRegistry, mlflowRegistry } from 'modelspine/adapters/mlflow'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { oddNames } from '../../adapters/mlflow/odd-names.ts'
import { withServer } from '../support/with-server.ts'
import { type LoggedModels, logModels, mlflowCall } from './logged-models.ts'

withServer('mlflow', (server) => {
  let logged: LoggedModels
  let registry: MlflowRegistry

  beforeAll(async () => {
    logged = await logModels(server, 'facts')
    registry = mlflowRegistry({ baseUrl: server.url })
  })
  afterAll(() => registry?.close())

  const resolve = (text: string) => registry.resolve({ registry: 'mlflow', text })
  const rootOf = ({ model }: { model: string }): RegExp =>
    new RegExp(`^mlflow-artifacts:/\\d+/models/${model}/artifacts$`)

  describe('a model that MLflow’s own client logged', () => {
    it('has the facts of its run', async () => {
      const { run, accuracy } = logged.frame1
      expect(await resolve('facts-frame@champion')).toMatchObject({
        version: '1',
        approval: 'approved',
        aliases: ['champion'],
        artifact: { kind: 'files', files: [{ uri: expect.stringMatching(rootOf(logged.frame1)) }] },
        lineage: { run, datasets: [logged.dataset], commit: logged.commit },
        metrics: { accuracy, late: 0.5 },
      })
      expect(await resolve('facts-frame')).toMatchObject({ version: '1' })
    })

    it('has the signature of its columns or tensors, or none', async () => {
      const [frame, tensor, bare] = await Promise.all(
        ['frame', 'tensor', 'bare'].map((kind) => resolve(`facts-${kind}:1`)),
      )
      const columns = ['sepal length', 'sepal width', 'petal length', 'petal width']
      expect(frame?.signature).toEqual({
        inputs: columns.map((name) => ({ name: `${name} (cm)`, datatype: 'FP64', shape: [-1, 1] })),
        outputs: [{ name: 'output-0', datatype: 'INT64', shape: [-1] }],
      })
      expect(tensor?.signature).toEqual({
        inputs: [{ name: 'input-0', datatype: 'FP64', shape: [-1, 4] }],
        outputs: [{ name: 'output-0', datatype: 'FP64', shape: [-1, 3] }],
      })
      expect(bare?.signature).toBeUndefined()
    })

    it('is the parent of a copy, which has the same files', async () => {
      const copy = await resolve('facts-copy:1')
      expect(copy.artifact).toEqual((await resolve('facts-frame:1')).artifact)
      expect(copy.lineage).toMatchObject({ run: logged.frame1.run, parents: ['facts-frame:1'] })
      expect(copy.signature?.inputs).toHaveLength(4)
    })

    it('may be a folder of a run, as older clients log it', async () => {
      const classic = await resolve('facts-classic:1')
      expect(classic.artifact).toMatchObject({
        files: [
          { uri: expect.stringMatching(new RegExp(`/${logged.classic1.run}/artifacts/nested/model$`)) },
        ],
      })
      expect(classic.signature?.inputs).toHaveLength(4)
    })

    it('can be registered again by the address of its files', async () => {
      const { artifact } = await resolve('facts-frame:1')
      const again = await registry.register({ name: 'facts-again', artifact, approval: 'pending' })
      expect(again).toMatchObject({ version: '1', artifact, approval: 'pending' })
      expect(again.lineage).toMatchObject({ run: logged.frame1.run, commit: logged.commit })
      expect((await registry.register({ name: 'facts-again', artifact })).version).toBe('1')
    })
  })

  describe('a stage of a version', () => {
    it('is its approval where the options say so, until a tag says otherwise', async () => {
      const staged = mlflowRegistry({ baseUrl: server.url, stages: { Production: 'approved' } })
      try {
        const artifact = { kind: 'files', files: [{ uri: 's3://staged/1' }] } as const
        await staged.register({ name: 'staged', artifact })
        const transition = {
          name: 'staged',
          version: '1',
          stage: 'Production',
          archive_existing_versions: false,
        }
        await mlflowCall(server, 'POST', '/model-versions/transition-stage', transition)
        const latest = { registry: 'mlflow', text: 'staged' }
        expect(await staged.resolve(latest)).toMatchObject({ version: '1', approval: 'approved' })
        await staged.setApproval('staged', '1', 'rejected')
        await expect(staged.resolve(latest)).rejects.toMatchObject({ code: 'model-not-found' })
      } finally {
        await staged.close()
      }
    })
  })

  describe('a registry with many versions', () => {
    it('reads all pages, oldest first, with the aliases of each', async () => {
      const name = 'many-versions'
      await mlflowCall(server, 'POST', '/registered-models/create', { name })
      // More than one page of the adapter.
      for (let place = 0; place < 205; place += 1) {
        await mlflowCall(server, 'POST', '/model-versions/create', { name, source: `s3://many/${place}` })
      }
      for (const [alias, version] of [
        ['first', '1'],
        ['last', '205'],
        ['also-last', '205'],
      ]) {
        await mlflowCall(server, 'POST', '/registered-models/alias', { name, alias, version })
      }
      const listed: [string, readonly string[]][] = []
      for await (const { version, aliases } of registry.versions(name)) listed.push([version, aliases])
      expect(listed.map(([version]) => version)).toEqual(
        Array.from({ length: 205 }, (_, place) => String(place + 1)),
      )
      expect([listed[0]?.[1], listed[100]?.[1], listed[204]?.[1]]).toEqual([
        ['first'],
        [],
        ['also-last', 'last'],
      ])
    })
  })

  describe('names that a real server takes', () => {
    it.each([...oddNames, 'a\\b', 'a`b'])('mean one model: %j', async (odd) => {
      const name = `odd-${odd}`
      const artifact = { kind: 'files', files: [{ uri: 's3://odd/1' }] } as const
      const tags = { 'odd key': `v'"` }
      await registry.register({ name, artifact, approval: 'approved', tags })
      await registry.setAlias(name, 'champion', '1')
      for (const alias of ['champion', 'latest-approved']) {
        const found = await registry.resolve({ registry: 'mlflow', name, alias })
        expect([found.name, found.tags]).toEqual([name, tags])
      }
      const listed: string[] = []
      for await (const each of registry.versions(name)) listed.push(each.name)
      expect(listed).toEqual([name])
    })

    it.each(['../x', 'a/b', 'a:b', '..'])('are refused when they are none: %j', async (name) => {
      await expect(registry.resolve({ registry: 'mlflow', name, version: '1' })).rejects.toMatchObject({
        code: expect.stringMatching(/^(model-not-found|invalid-reference)$/),
      })
    })
  })

  describe('several writers', () => {
    it('each get a number of their own in a race', async () => {
      const registered = await Promise.all(
        Array.from({ length: 8 }, (_, place) =>
          registry.register({
            name: 'raced',
            artifact: { kind: 'files', files: [{ uri: `s3://raced/${place}` }] },
          }),
        ),
      )
      expect(new Set(registered.map(({ version }) => version)).size).toBe(8)
    })

    it('are told of an alias that was not where they expected it', async () => {
      const artifact = (place: number) =>
        ({ kind: 'files', files: [{ uri: `s3://alias/${place}` }] }) as const
      for (const place of [1, 2]) await registry.register({ name: 'rivals', artifact: artifact(place) })
      await registry.setAlias('rivals', 'champion', '1', { expect: null })
      await expect(registry.setAlias('rivals', 'champion', '2', { expect: '2' })).rejects.toMatchObject({
        code: 'conflict',
      })
      await registry.setAlias('rivals', 'champion', '2', { expect: '1' })
      expect((await resolve('rivals@champion')).version).toBe('2')
      await registry.setAlias('rivals', 'champion', null, { expect: '2' })
      await expect(resolve('rivals@champion')).rejects.toMatchObject({ code: 'model-not-found' })
    })
  })
})
