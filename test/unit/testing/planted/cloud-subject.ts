import type { Revision } from '../../../../src/resources/deployment/revision.ts'
import type { Fixture, TargetSubject } from '../../../../src/testing/index.ts'
import { type Cloud, createCloud } from './cloud.ts'
import { cloudTarget, type TargetDefect } from './cloud-target.ts'

/** A target over a cloud of its own, with every hook of the kit. */
export function cloudSubject(defect?: TargetDefect): Fixture<TargetSubject> {
  const cloud = createCloud()
  const set = (next: Cloud['next']): void => void Object.assign(cloud.next, next)
  return {
    subject: {
      target: cloudTarget(cloud, defect),
      revisions: [revision(1), revision(2), revision(3)],
      settle: () => cloud.clock.advance(2000),
      created: () => cloud.created,
      mutations: () => cloud.mutations,
      reopen: () => cloudTarget(cloud, defect),
      credential: cloud.token,
      loseNextAnswer: () => set({ lost: true }),
      failNextOperation: (failing) => set({ failing }),
      faultNext: (fault) => set({ fault }),
      throttleNext: (throttledMs) => set({ throttledMs }),
      endWithNextRead: () => set({ ending: true }),
      advance: (ms) => cloud.clock.advance(ms),
      disconnect: () => set({ down: true }),
      unauthorize: () => set({ refusing: true }),
      truth(key) {
        const service = key.replace('/', '--')
        return (cloud.service(service)?.variants ?? []).map(
          ({ name, readyAtMs = 0, env, secrets, settings, scale, weight }) => ({
            revision: name,
            ready: readyAtMs <= cloud.clock.now(),
            files: cloud.filesOf(service, name),
            env,
            secrets,
            settings,
            scale,
            weight,
          }),
        )
      },
    },
  }
}

function revision(version: number): Revision {
  const uri = (file: string): string => `s3://models/churn/${version}/${file}`
  return {
    name: `r${version}`,
    model: {
      registry: 'memory',
      name: 'churn',
      version: String(version),
      artifact: { kind: 'files', files: [{ uri: uri('weights.bin') }, { uri: uri('tokens.json') }] },
    },
    runtime: { env: { MODE: `mode-${version}` }, secrets: { TOKEN: 'env:TOKEN' }, resources: {} },
    settings: { threads: version },
  }
}
