import { type Artifact, secretOf } from 'modelspine/adapter'
import { mlflowRegistry } from 'modelspine/adapters/mlflow'
import {
  createFakeClock,
  type Fixture,
  type ModelRegistrySubject,
  modelRegistryConformance,
} from 'modelspine/testing'
import { describe, it } from 'vitest'
import { scriptedMlflow } from './scripted-mlflow.ts'

const artifactAt = (uri: string): Artifact => ({ kind: 'files', files: [{ uri }] })

async function create(): Promise<Fixture<ModelRegistrySubject>> {
  const mlflow = await scriptedMlflow()
  const { world } = mlflow
  world.pageSize = 3
  const clock = createFakeClock()
  const credential = 'kit-token-7c11'
  let token = 'kit-token-good'
  const registry = mlflowRegistry({ baseUrl: mlflow.url, token: () => secretOf(token), clock })
  /** What the vendor does with the next call. */
  const next = (reply: { status: number; headers?: Record<string, string> }): void => {
    const before = mlflow.intercept
    mlflow.intercept = () => {
      mlflow.intercept = before
      return { body: '', ...reply }
    }
  }
  return {
    subject: {
      registry,
      credential,
      pageSize: 3,
      artifact: (label) => artifactAt(`s3://kit/${label}`),
      async seed({ name, versions }) {
        if (!world.models.has(name)) world.createModel(name)
        const seeded = versions.map(({ approval, aliases = [] }) => {
          const source = `s3://kit/${name}/${world.model(name).numbers}`
          const { version } = world.createVersion({ name, source })
          world.version(name, String(version)).tags.set('modelspine.approval', approval)
          for (const alias of aliases) world.setAlias(name, alias, String(version))
          return { version: String(version), artifact: artifactAt(source) }
        })
        return {
          name,
          versions: seeded.map(({ version }) => version),
          artifacts: seeded.map(({ artifact }) => artifact),
        }
      },
      disconnect: () => mlflow.close(),
      faultNext: () => next({ status: 500 }),
      throttleNext: (ms) => next({ status: 429, headers: { 'retry-after': String(ms / 1000) } }),
      stall() {
        mlflow.intercept = () => 'answered'
      },
      unauthorize() {
        token = credential
        mlflow.intercept = () => ({ status: 401, body: `<!doctype html><p>${credential} is not valid` })
      },
      interfere(model, alias, version) {
        mlflow.afterwards = (call) => {
          if (call.startsWith('POST /registered-models/alias')) world.setAlias(model, alias, version)
          return undefined
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
      await registry.close()
      await mlflow.close()
    },
  }
}

modelRegistryConformance({ name: 'mlflowRegistry', describe, it, create })
