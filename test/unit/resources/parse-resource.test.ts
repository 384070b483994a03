import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  defineDeployment,
  defineRoute,
  type ModelDeploymentSpecInput,
  parseResource,
  problemsOf,
} from '../../../src/resources/index.ts'
import { deploymentInput, routeInput } from './arbitraries.ts'

function deployment(spec: Partial<ModelDeploymentSpecInput> = {}): ReturnType<typeof defineDeployment> {
  return defineDeployment({
    metadata: { name: 'churn' },
    spec: { model: 'mlflow/churn@champion', target: 'prod', ...spec },
  })
}

function problemsWhen(run: () => unknown): ReturnType<typeof problemsOf> {
  try {
    run()
  } catch (error) {
    return problemsOf(error)
  }
  return []
}

describe('a deployment', () => {
  it('has every default filled in', () => {
    expect(deployment()).toEqual({
      apiVersion: 'modelspine.dev/v1alpha1',
      kind: 'ModelDeployment',
      metadata: { name: 'churn', namespace: 'default', labels: {}, annotations: {} },
      spec: {
        model: { registry: 'mlflow', text: 'churn@champion' },
        target: { name: 'prod', settings: {} },
        runtime: { env: {}, secrets: {}, resources: {} },
        scale: { min: 1, max: 1 },
        strategy: { rolling: { step: 25, every: '0s' } },
        analysis: [],
        policies: [],
        deadline: '30m',
        answerWithin: '7d',
      },
    })
  })

  it('with blue-green promotes automatically and keeps the old revision for a minute', () => {
    expect(deployment({ strategy: { blueGreen: {} } }).spec.strategy).toEqual({
      blueGreen: { autoPromote: true, analyze: [], for: '1m', keepPrevious: '1m' },
    })
  })

  it.each([
    [{}, { min: 1, max: 1 }],
    [{ min: 3 }, { min: 3, max: 3 }],
    [{ max: 3 }, { min: 1, max: 3 }],
    [{ min: 0 }, { min: 0, max: 1 }],
    [
      { min: 0, max: 2 },
      { min: 0, max: 2 },
    ],
  ])('scales from %j to %j', (scale, filled) => {
    expect(deployment({ scale }).spec.scale).toEqual(filled)
  })

  it('splits the short form of a model at the first slash', () => {
    expect(deployment({ model: 'hf/org/model@main' }).spec.model).toEqual({
      registry: 'hf',
      text: 'org/model@main',
    })
  })

  it.each([
    ['requests.errors', 'lower'],
    ['requests.latency', 'lower'],
    ['tokens.total', 'lower'],
    ['labels.accuracy', 'higher'],
    ['ratings.mean', 'higher'],
  ])("knows whether a higher or a lower value of the plane's own %s is better", (metric, better) => {
    const { analysis } = deployment({
      strategy: { blueGreen: { analyze: ['gate'] } },
      analysis: [{ name: 'gate', metric, pass: { noWorseThan: 'stable' } }],
    }).spec
    expect(analysis[0]).toEqual({
      name: 'gate',
      metric,
      source: 'plane',
      minSamples: 1,
      pass: { noWorseThan: 'stable', by: 0, better },
      noData: 'pause',
      onError: 'pause',
    })
  })

  it("does not treat another source's metric as the plane's own", () => {
    const gate = { name: 'gate', metric: 'labels.accuracy', source: 'prometheus' }
    const strategy = { blueGreen: { analyze: ['gate'] } }
    const compare = (better?: 'lower') =>
      deployment({
        strategy,
        analysis: [{ ...gate, pass: { noWorseThan: 'stable', ...(better && { better }) } }],
      })
    expect(problemsWhen(() => compare()).map(({ field }) => field)).toEqual(['spec.analysis[0].pass.better'])
    expect(compare('lower').spec.analysis[0]?.pass).toEqual({ noWorseThan: 'stable', by: 0, better: 'lower' })
  })

  it('stays the same when it is parsed again', () => {
    fc.assert(
      fc.property(deploymentInput, (input) => {
        const once = defineDeployment(input)
        expect(defineDeployment(once)).toEqual(once)
        expect(parseResource(JSON.parse(JSON.stringify(once)))).toEqual(JSON.parse(JSON.stringify(once)))
      }),
    )
  })

  it('shares no object with another deployment', () => {
    const { env } = deployment().spec.runtime
    expect(deployment().spec.runtime.env).not.toBe(env)
  })
})

describe('a route', () => {
  it('has every default filled in', () => {
    const spec = { operations: ['infer' as const], backends: [{ deployment: 'churn' }] }
    expect(defineRoute({ metadata: { name: 'churn' }, spec }).spec).toEqual({
      operations: ['infer'],
      backends: [{ deployment: 'churn', weight: 1 }],
      fallback: [],
      onPolicyError: 'deny',
    })
  })

  it('stays the same when it is parsed again', () => {
    fc.assert(
      fc.property(routeInput, (input) => {
        const once = defineRoute(input)
        expect(defineRoute(once)).toEqual(once)
        expect(parseResource(once)).toEqual(once)
      }),
    )
  })
})

describe('the names of a route', () => {
  const fieldsOf = (names: readonly unknown[]): readonly string[] => {
    const spec = { names, operations: ['chat'], backends: [{ deployment: 'churn' }] }
    try {
      parseResource({ kind: 'ModelRoute', metadata: { name: 'churn' }, spec })
      return []
    } catch (error) {
      return problemsOf(error).map(({ field }) => field)
    }
  }

  it.each([
    'gpt-4.1-mini',
    'Llama-3-8B',
    'org/model',
    'o3:latest',
    '@cf/meta/llama-3.1-8b-instruct',
    'ft:gpt-4o-mini-2024-07-18:acme::id',
    'accounts/fireworks/models/v3p1_8b',
    '.hidden/..a',
    'x'.repeat(256),
  ])('may be %s', (name) => {
    expect(fieldsOf([name])).toEqual([])
  })

  it.each([
    '',
    ' a',
    'a b',
    '/a',
    'a/',
    'a//b',
    'a/../b',
    '.',
    'a/.',
    '...',
    'a?b',
    'a%20b',
    'a#b',
    'é',
    'x'.repeat(257),
    7,
  ])('may not be "%s"', (name) => {
    expect(fieldsOf(['fine', name])).toEqual(['spec.names[1]'])
  })

  it('are at least one, and each only once', () => {
    expect(fieldsOf([])).toEqual(['spec.names'])
    expect(fieldsOf(['a', 'b', 'a'])).toEqual(['spec.names[2]'])
  })
})

describe('an unknown value', () => {
  it.each([
    undefined,
    null,
    3,
    'text',
    [],
    {},
    { kind: {} },
    { kind: '__proto__' },
    { kind: 'ModelRoute', spec: 1 },
  ])('is refused with a problem and not with a crash: %j', (value) => {
    expect(problemsWhen(() => parseResource(value))).not.toEqual([])
  })

  it('is refused with problems for any content of its fields', () => {
    const kind = fc.constantFrom('ModelDeployment', 'ModelRoute')
    const fields = [
      'model',
      'target',
      'runtime',
      'scale',
      'strategy',
      'analysis',
      'policies',
      'backends',
      'operations',
      'x',
    ]
    const spec = fc.dictionary(fc.constantFrom(...fields), fc.jsonValue())
    fc.assert(
      fc.property(fc.record({ kind, metadata: fc.jsonValue(), spec }), (value) => {
        const problems = problemsWhen(() => parseResource(value))
        expect(problems).not.toEqual([])
        for (const { message, remedy } of problems) {
          expect(remedy).toMatch(/^\S.*[.?]$/)
          expect(message).toMatch(/^\S.*[.?]$/s)
        }
      }),
    )
  })

  it('is reported under the name that the caller gives', () => {
    expect(() => parseResource({ kind: 'ModelRoute' }, 'the request body')).toThrow(
      /^2 problems .*\n {2}the request body: metadata is missing\. .*\n {2}the request body: spec is missing\. /,
    )
  })

  it('is refused when its kind is not the kind that the caller defines', () => {
    const route = { kind: 'ModelRoute', metadata: { name: 'a' }, spec: { model: 'a/b', target: 'c' } }
    expect(problemsWhen(() => defineDeployment(route as never)).map(({ field }) => field)).toEqual(['kind'])
  })

  it('shows only the field names of its objects', () => {
    const spec = { model: 'a/b', target: 'c', sercets: { KEY: 'hunter2' }, password: 'hunter2' }
    const problems = problemsWhen(() =>
      parseResource({ kind: 'ModelDeployment', metadata: { name: 'a' }, spec }),
    )
    expect(problems.map(({ value }) => value)).toEqual(['{ KEY }', '[secret]'])
    expect(JSON.stringify(problems)).not.toContain('hunter2')
  })

  it('is cut when it is long', () => {
    const [problem] = problemsWhen(() => parseResource({ kind: 'x'.repeat(5000) }))
    expect(problem?.value).toHaveLength(80)
  })
})
