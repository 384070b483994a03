import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { type ModelspineError, secretOf } from 'modelspine/adapter'
import { fetchMlflowArtifacts, type MlflowRegistry, mlflowRegistry } from 'modelspine/adapters/mlflow'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type MlflowAddress, mlflow } from '../../../servers/mlflow.ts'
import type { RunningServer } from '../../../servers/server.ts'
import { temporaryFolder } from '../../temporary-folder.ts'
import { withServer } from '../support/with-server.ts'
import { mlflowCall } from './logged-models.ts'

const [admin, reader] = ['live-admin-password', 'live-reader-password']
const basic = (user: string, password: string) => ({ user, password: () => secretOf(password) })

// The setup installs MLflow for this suite too, which starts a server of its own.
withServer('mlflow', () => {
  let folder: string
  let running: RunningServer<MlflowAddress>
  const registries: MlflowRegistry[] = []
  const registryOf = (user: string, password: string): MlflowRegistry => {
    const registry = mlflowRegistry({ baseUrl: running.address.url, basic: basic(user, password) })
    registries.push(registry)
    return registry
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'modelspine-mlflow-'))
    running = await mlflow.start({ folder, adminPassword: admin })
    const headers = { authorization: `Basic ${Buffer.from(`admin:${admin}`).toString('base64')}` }
    const user = { username: 'reader', password: reader }
    await mlflowCall(running.address, 'POST', '/users/create', user, headers)
    const artifact = { kind: 'files', files: [{ uri: 's3://guarded/1' }] } as const
    await registryOf('admin', admin).register({ name: 'guarded', artifact, approval: 'approved' })
  })
  afterAll(async () => {
    for (const registry of registries) await registry.close()
    await running?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  describe('an MLflow that asks for a password', () => {
    it('lets a reader read, and refuses what only others may write', async () => {
      const registry = registryOf('reader', reader)
      expect(await registry.resolve({ registry: 'm', text: 'guarded' })).toMatchObject({ version: '1' })
      const refused = registry.setAlias('guarded', 'champion', '1')
      await expect(refused).rejects.toMatchObject({ code: 'auth', details: { status: 403 } })
    })

    it('refuses a wrong password, which no error shows', async () => {
      const wrong = 'live-wrong-password'
      const registry = registryOf('admin', wrong)
      const { url } = running.address
      const calls = [
        () => registry.resolve({ registry: 'm', text: 'guarded' }),
        () => registry.models()[Symbol.asyncIterator]().next(),
        () =>
          fetchMlflowArtifacts({
            baseUrl: url,
            basic: basic('admin', wrong),
            uri: 'mlflow-artifacts:/1/a',
            folder: join(temporaryFolder(), 'artifact'),
          }),
      ]
      for (const call of calls) {
        const error: ModelspineError = await call().then(
          () => expect.unreachable('it was let in'),
          (thrown) => thrown,
        )
        expect(error).toMatchObject({ code: 'auth', details: { status: 401 } })
        const shown = inspect(error, { depth: 20, showHidden: true })
        for (const secret of [wrong, Buffer.from(`admin:${wrong}`).toString('base64')]) {
          expect(shown).not.toContain(secret)
        }
      }
    })
  })
})
