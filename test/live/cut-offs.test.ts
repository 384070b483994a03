import { allow, memoryProvider, rule, rulesPolicy } from 'modelspine'
import { secretOf } from 'modelspine/adapter'
import { kserveTarget } from 'modelspine/adapters/kserve'
import { mlflowRegistry } from 'modelspine/adapters/mlflow'
import { opaPolicy } from 'modelspine/adapters/opa'
import { prometheusMetrics } from 'modelspine/adapters/prometheus'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Cut, type CutOff, cuts, playCutOff } from './cut-offs/play-cut-off.ts'
import { createScene, type Scene, stepped, type VendorPart, versions } from './cut-offs/scene.ts'
import { kserveWorld } from './kserve/kserve-world.ts'
import { withServer } from './support/with-server.ts'

/** All scenes of this file play at the same time, because each waits a minute. */
function cutOffs(
  vendor: string,
  {
    cutIn,
    saying,
    scene,
  }: {
    readonly cutIn: VendorPart['cutIn']
    /** What a condition says while the vendor is away. */
    readonly saying: RegExp
    scene(cut: Cut): Promise<Scene>
  },
): void {
  const played = new Map<Cut, Promise<CutOff>>()
  const play = async (cut: Cut): Promise<CutOff> => {
    const made = await scene(cut)
    try {
      return await playCutOff(made, cut, cutIn)
    } finally {
      await made.close()
    }
  }
  starts.push(() => {
    for (const cut of cuts) {
      const outcome = play(cut)
      outcome.catch(() => {})
      played.set(cut, outcome)
    }
  })

  describe.each(cuts)(`${vendor}, whose connections are %s for a minute in the middle of rollouts`, (cut) => {
    let outcome: CutOff
    beforeAll(async () => {
      outcome = await (played.get(cut) as Promise<CutOff>)
      const { callsEach, freeTookMs, endedAfterMs } = outcome
      console.log(
        `${vendor} ${cut}: ${callsEach} calls a deployment; ${Math.round(freeTookMs)} ms for a rollout without it; ended ${Math.round(endedAfterMs)} ms after its return`,
      )
    }, 400_000)

    it('is named by a condition', () => {
      expect(outcome.said).toContainEqual(expect.stringMatching(saying))
    })

    it('gets at most ten calls for each deployment', () => {
      expect(outcome.callsEach).toBeLessThanOrEqual(10)
    })

    it('hinders no deployment that does not need it', () => {
      expect(outcome.freeTookMs).toBeLessThan(30_000)
    })

    it('lets each rollout end well afterwards', () => {
      expect(outcome.ends).toEqual(
        outcome.ends.map(({ name }) => ({ name, phase: 'converged', promoted: true })),
      )
      expect(outcome.endedAfterMs).toBeLessThan(90_000)
    })
  })
}

const starts: (() => void)[] = []
beforeAll(() => {
  for (const start of starts) start()
})

withServer('mlflow', ({ url }) => {
  cutOffs('MLflow', {
    cutIn: 'pausing',
    saying: /^ModelResolved (False|Unknown) RegistryUnavailable/,
    async scene(cut) {
      const direct = mlflowRegistry({ baseUrl: url })
      for (const version of versions) {
        const artifact = { kind: 'files', files: [{ uri: `s3://cut-off/${cut}/${version}` }] } as const
        await direct.register({ name: `cut-off-${cut}`, artifact, approval: 'approved' })
      }
      await direct.close?.()
      return createScene(url, (way) => ({
        cutIn: 'pausing',
        options: { registries: { mlflow: mlflowRegistry(way) } },
        spec: (_name, version) => ({
          model: `mlflow/cut-off-${cut}:${version}`,
          target: 'local',
          strategy: stepped,
        }),
      }))
    },
  })
})

withServer('opa', ({ url }) => {
  cutOffs('OPA', {
    cutIn: 'pausing',
    saying: /PolicyError/,
    async scene(cut) {
      const name = `cut_off_${cut.replace('-', '_')}`
      const rego = `package ${name}\n\ndecision := {"verdict": "allow", "revision": "1"}\n`
      await fetch(`${url}/v1/policies/${name}`, { method: 'PUT', body: rego })
      const local = rulesPolicy('local', [rule('all', { on: 'promote', check: () => allow() })])
      return createScene(url, (way) => ({
        cutIn: 'pausing',
        options: {
          policies: [opaPolicy({ ...way, actions: ['promote'], path: `${name}/decision` }), local],
        },
        spec: (_name, version) => ({
          model: `local/digits:${version}`,
          target: 'local',
          strategy: stepped,
          policies: ['opa'],
        }),
        free: (version) => ({
          model: `local/digits:${version}`,
          target: 'local',
          strategy: stepped,
          policies: ['local'],
        }),
      }))
    },
  })
})

withServer('prometheus', ({ url }) => {
  cutOffs('Prometheus', {
    cutIn: 'analyzing',
    saying: /could not be read: .*prometheus/i,
    scene: () =>
      createScene(url, (way) => ({
        cutIn: 'analyzing',
        options: {
          metrics: {
            prometheus: prometheusMetrics({
              ...way,
              scrapeMs: 1000,
              metrics: {
                load: {
                  kind: 'value',
                  value: 'absent_over_time(up{job="$deployment",instance="$revision"}[$range]) * 0',
                },
              },
            }),
          },
        },
        spec: (_name, version) => ({
          model: `local/digits:${version}`,
          target: 'local',
          strategy: { canary: { steps: [{ weight: 25 }, { analyze: ['load'], for: '75s' }] } },
          analysis: [{ name: 'load', source: 'prometheus', metric: 'load', pass: { atMost: 1 } }],
        }),
      })),
  })
})

withServer('kube-apiserver', (address) => {
  if (address.kserveMissing !== undefined) return
  cutOffs('the Kubernetes API', {
    cutIn: 'pausing',
    saying: /^Degraded True TargetUnavailable/,
    async scene(cut) {
      const namespace = `cut-off-${cut}`
      const world = await kserveWorld(address, namespace)
      const token = () => secretOf(address.userToken)
      return createScene(
        address.url,
        (way) => ({
          cutIn: 'pausing',
          options: {
            targets: {
              kserve: kserveTarget({ ...way, token, namespace, mode: 'knative', modelFormat: 'sklearn' }),
            },
            connect: {
              'open-inference': () => memoryProvider({ infer: () => ({ kind: 'tensors', outputs: [] }) }),
            },
          },
          spec: (_name, version) => ({
            model: `local/digits:${version}`,
            target: 'kserve',
            strategy: stepped,
          }),
          close: () => world.close(),
        }),
        { connect: { ca: address.ca } },
      )
    },
  })
})
