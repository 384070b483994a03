import type { Artifact, HttpDispatcher } from 'modelspine/adapter'
import { mlflowRegistry } from 'modelspine/adapters/mlflow'
import { type Fixture, type ModelRegistrySubject, modelRegistryConformance } from 'modelspine/testing'
import { Agent } from 'undici'
import { describe, it } from 'vitest'
import type { MlflowAddress } from '../../../servers/mlflow.ts'
import { withServer } from '../support/with-server.ts'
import { mlflowCall } from './logged-models.ts'

/** Names that the kit uses. No other suite may use them. */
const names = /^(churn|fraud|model-\d+)$/

async function clear(server: MlflowAddress): Promise<void> {
  const { registered_models = [] } = (await mlflowCall(
    server,
    'GET',
    '/registered-models/search?max_results=1000',
  )) as { registered_models?: { name: string }[] }
  for (const { name } of registered_models) {
    if (names.test(name)) await mlflowCall(server, 'DELETE', '/registered-models/delete', { name })
  }
}

async function create(server: MlflowAddress): Promise<Fixture<ModelRegistrySubject>> {
  await clear(server)
  const { run } = (await mlflowCall(server, 'POST', '/runs/create', { experiment_id: '0' })) as {
    run: { info: { run_id: string; artifact_uri: string } }
  }
  const { run_id, artifact_uri } = run.info
  const looks = countLooks()
  const registry = mlflowRegistry({ baseUrl: server.url, pollMs: 200, dispatcher: looks.dispatcher })
  const { changes } = registry
  if (changes === undefined) throw new Error('a registry that polls has no changes')
  const artifactAt = (uri: string): Artifact => ({ kind: 'files', files: [{ uri }] })
  return {
    subject: {
      registry: { ...registry, changes: (abortSignal) => ofTheKit(changes(abortSignal)) },
      poll: looks.next,
      artifact: (label) => artifactAt(`s3://kit/${label}`),
      async seed({ name, versions }) {
        await mlflowCall(server, 'POST', '/registered-models/create', { name }).catch((error: Error) => {
          if (!error.message.includes('RESOURCE_ALREADY_EXISTS')) throw error
        })
        const seeded: { version: string; artifact: Artifact }[] = []
        for (const { approval, aliases = [] } of versions) {
          const source = `${artifact_uri}/kit-${name}`
          const tags = [{ key: 'modelspine.approval', value: approval }]
          const { model_version } = (await mlflowCall(server, 'POST', '/model-versions/create', {
            name,
            source,
            run_id,
            tags,
          })) as { model_version: { version: string } }
          const { version } = model_version
          for (const alias of aliases) {
            await mlflowCall(server, 'POST', '/registered-models/alias', { name, alias, version })
          }
          seeded.push({ version, artifact: artifactAt(source) })
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
      await looks.close()
    },
  }
}

/** The server also tells of models that other suites change at the same time. */
async function* ofTheKit(changes: AsyncIterable<string>): AsyncIterable<string> {
  for await (const name of changes) if (names.test(name)) yield name
}

/** Counts the looks for changes. Each ends with the answer to a search of versions. */
function countLooks() {
  const agent = new Agent()
  let looks = 0
  const dispatcher: HttpDispatcher = {
    dispatch(options: { readonly path: string }, handler: Handler): boolean {
      const counted: Handler = {
        onRequestStart: (...call) => handler.onRequestStart(...call),
        onResponseStart: (...call) => handler.onResponseStart(...call),
        onResponseData: (...call) => handler.onResponseData(...call),
        onResponseError: (...call) => handler.onResponseError(...call),
        onResponseEnd(...call) {
          if (options.path.includes('/model-versions/search')) looks += 1
          handler.onResponseEnd(...call)
        },
      }
      return agent.dispatch(options as never, counted as never)
    },
  }
  return {
    dispatcher,
    /** Resolves after a look that began later than this call. */
    async next() {
      const enough = looks + 2
      while (looks < enough) await new Promise((resolve) => setTimeout(resolve, 20))
    },
    close: () => agent.close(),
  }
}

type Handler = Record<
  'onRequestStart' | 'onResponseStart' | 'onResponseData' | 'onResponseError' | 'onResponseEnd',
  (...call: unknown[]) => void
>

withServer('mlflow', (server) => {
  modelRegistryConformance({
    name: 'mlflowRegistry over a real server',
    describe,
    it,
    create: () => create(server),
  })
})
