import type { Revision } from 'modelspine/adapter'

export const credential = 'kit-token-5f0d'

export function revision(version: number, more: Partial<Revision> = {}): Revision {
  return {
    name: `a${version}b2c3d4e5`,
    model: {
      registry: 'memory',
      name: 'churn',
      version: String(version),
      artifact: { kind: 'files', files: [{ uri: `s3://models/churn-${version}` }] },
    },
    runtime: {
      env: { THREADS: '4' },
      secrets: { TOKEN: 'env:TOKEN' },
      resources: { cpu: '500m', memory: '1Gi' },
    },
    settings: { modelFormat: 'sklearn', args: ['--workers=2'] },
    ...more,
  }
}
