import { describe, expectTypeOf, it } from 'vitest'
import {
  defineDeployment,
  defineRoute,
  type ModelDeployment,
  type ModelDeploymentInput,
  type ModelRoute,
  type ModelRouteInput,
  type Resource,
} from '../../src/resources/index.ts'

const metadata = { name: 'churn' }

describe('inputs', () => {
  it('take complete resources', () => {
    defineDeployment({
      apiVersion: 'modelspine.dev/v1alpha1',
      kind: 'ModelDeployment',
      metadata: { name: 'churn', namespace: 'default', labels: { team: 'risk' } },
      spec: {
        model: 'mlflow/churn@champion',
        target: 'prod',
        runtime: {
          env: { THREADS: '2' },
          secrets: { TOKEN: 'env:TOKEN' },
          resources: { cpu: 2, memory: '4Gi' },
        },
        scale: { min: 1, max: 4 },
        strategy: {
          canary: {
            steps: [
              { weight: 5 },
              { analyze: ['errors', 'accuracy'], for: '10m' },
              { weight: 50 },
              { pause: '5m' },
            ],
          },
        },
        analysis: [
          {
            name: 'accuracy',
            metric: 'labels.accuracy',
            minSamples: 200,
            pass: { noWorseThan: 'stable', by: 0.01 },
            noData: 'pause',
            detect: 0.02,
            power: 0.95,
            undecided: 'extend',
            maxFor: '30m',
          },
          { name: 'errors', metric: 'requests.errors', pass: { atMost: 0.02 } },
        ],
        falseAlarms: 0.01,
        policies: ['promotion'],
        deadline: '30m',
        answerWithin: '2d',
      },
    })
    defineRoute({
      metadata,
      spec: {
        operations: ['infer'],
        backends: [{ deployment: 'churn' }, { provider: 'openai', model: 'some-model', weight: 10 }],
        fallback: [{ provider: 'bedrock', model: 'some-model' }],
      },
    })
  })

  it('take a reference and a target in parts', () => {
    const target = { name: 'prod', settings: { region: 'eu' } }
    defineDeployment({
      metadata,
      spec: { model: { registry: 'mlflow', name: 'churn', version: '3' }, target },
    })
    defineDeployment({
      metadata,
      spec: { model: { registry: 'mlflow', name: 'churn', alias: 'champion' }, target },
    })
  })

  it('take the resources that the functions return', () => {
    expectTypeOf<ModelDeployment>().toExtend<ModelDeploymentInput>()
    expectTypeOf<ModelRoute>().toExtend<ModelRouteInput>()
    expectTypeOf(defineDeployment).returns.toEqualTypeOf<ModelDeployment>()
    expectTypeOf(defineRoute).returns.toEqualTypeOf<ModelRoute>()
    expectTypeOf<Resource['kind']>().toEqualTypeOf<'ModelDeployment' | 'ModelRoute'>()
  })

  it('refuse resources that the schemas refuse', () => {
    const spec = { model: 'mlflow/churn@champion', target: 'prod' }
    // @ts-expect-error a model is required
    defineDeployment({ metadata, spec: { target: 'prod' } })
    // @ts-expect-error a target is required
    defineDeployment({ metadata, spec: { model: 'mlflow/churn@champion' } })
    // @ts-expect-error a name is required
    defineDeployment({ metadata: {}, spec })
    // @ts-expect-error no such field
    defineDeployment({ metadata, spec: { ...spec, strategi: {} } })
    // @ts-expect-error no such strategy
    defineDeployment({ metadata, spec: { ...spec, strategy: { canry: { steps: [] } } } })
    // @ts-expect-error a number without its unit is no duration
    defineDeployment({ metadata, spec: { ...spec, deadline: '30' } })
    // @ts-expect-error minutes are written m
    defineDeployment({ metadata, spec: { ...spec, deadline: '30 minutes' } })
    // @ts-expect-error environment variables are texts
    defineDeployment({ metadata, spec: { ...spec, runtime: { env: { PORT: 8080 } } } })
    const analyze = ['errors']
    // @ts-expect-error a step that analyses says for how long
    defineDeployment({ metadata, spec: { ...spec, strategy: { canary: { steps: [{ analyze }] } } } })
    const gate = { name: 'errors', metric: 'requests.errors' }
    // @ts-expect-error a gate has a rule
    defineDeployment({ metadata, spec: { ...spec, analysis: [gate] } })
    const undecided = { ...gate, pass: { atMost: 0.01 }, undecided: 'wait' }
    // @ts-expect-error no such outcome
    defineDeployment({ metadata, spec: { ...spec, analysis: [undecided] } })
    // @ts-expect-error a version or an alias is required
    defineDeployment({ metadata, spec: { ...spec, model: { registry: 'mlflow', name: 'churn' } } })
    // @ts-expect-error a route is no deployment
    defineDeployment({ kind: 'ModelRoute', metadata, spec })
    // @ts-expect-error no such operation
    defineRoute({ metadata, spec: { operations: ['complete'], backends: [{ deployment: 'churn' }] } })
    // @ts-expect-error a vendor's model is required
    defineRoute({ metadata, spec: { operations: ['chat'], backends: [{ provider: 'openai' }] } })
    // @ts-expect-error backends are required
    defineRoute({ metadata, spec: { operations: ['chat'] } })
  })
})
