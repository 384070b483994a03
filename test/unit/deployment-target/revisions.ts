import type { Revision } from '../../../src/resources/deployment/revision.ts'

/** Revisions `r1`, `r2` and `r3` of one model, made of files and using a secret. */
export const fileRevisions: readonly [Revision, Revision, Revision] = [revision(1), revision(2), revision(3)]

function revision(version: number): Revision {
  return {
    name: `r${version}`,
    model: {
      registry: 'memory',
      name: 'churn',
      version: String(version),
      artifact: { kind: 'files', files: [{ uri: `file:///models/churn-${version}.json` }] },
    },
    runtime: { env: { MODE: `mode-${version}` }, secrets: { TOKEN: 'env:TOKEN' }, resources: {} },
    settings: {},
  }
}

/** Revisions `h1`, `h2` and `h3` of one model that a vendor runs. */
export const hostedRevisions: readonly [Revision, Revision, Revision] = [hosted(1), hosted(2), hosted(3)]

function hosted(version: number): Revision {
  return {
    name: `h${version}`,
    model: {
      registry: 'memory',
      name: 'assistant',
      version: String(version),
      artifact: { kind: 'hosted', provider: 'openai', model: `some-model-${version}` },
    },
    runtime: { env: {}, secrets: {}, resources: {} },
    settings: {},
  }
}
