import type { ModelDeploymentInput, ModelRouteInput } from 'modelspine'
import type { ModelDeploymentSpecInput } from 'modelspine/resources'
import type { Call } from './victim/protocol.ts'

/** The version of `digits` that has all traffic in the end. The other deployment is deleted. */
export const lastVersion = '3'

const route: ModelRouteInput = {
  kind: 'ModelRoute',
  metadata: { name: 'digits' },
  spec: { operations: ['infer'], backends: [{ deployment: 'digits' }] },
}

function deployment(
  name: 'digits' | 'aside',
  version: string,
  spec: Partial<ModelDeploymentSpecInput> = {},
): ModelDeploymentInput {
  const model = { registry: 'models', name: 'digits', version }
  const target = name === 'digits' ? 'local' : 'front'
  return { kind: 'ModelDeployment', metadata: { name }, spec: { model, target, ...spec } }
}

const gated: Partial<ModelDeploymentSpecInput> = {
  strategy: {
    canary: {
      steps: [{ weight: 10 }, { pause: '100ms' }, { weight: 50 }, { analyze: ['errors'], for: '500ms' }],
    },
  },
  analysis: [
    { name: 'errors', metric: 'requests.errors', minSamples: 3, pass: { atMost: 0.1 }, compare: 'raw' },
  ],
}

const stepped: Partial<ModelDeploymentSpecInput> = {
  strategy: { canary: { steps: [{ weight: 25 }, { pause: '100ms' }, { weight: 75 }] } },
}

/**
 * Two deployments side by side. `digits` goes through a first version, a gated canary and blue-green, and
 * stays. `aside` is at a target that splits and scales by itself. It goes through a canary and a change of
 * scale, and is then deleted. The calls of one stage are made at the same time.
 */
export const stages: readonly (readonly Call[])[] = [
  [
    { call: 'apply', resource: route },
    { call: 'apply', resource: deployment('digits', '1') },
    { call: 'apply', resource: deployment('aside', '1') },
  ],
  [
    { call: 'settle', name: 'digits' },
    { call: 'settle', name: 'aside' },
  ],
  [
    { call: 'apply', resource: deployment('digits', '2', gated) },
    { call: 'apply', resource: deployment('aside', '2', stepped) },
  ],
  [
    { call: 'settle', name: 'digits' },
    { call: 'settle', name: 'aside' },
  ],
  [
    {
      call: 'apply',
      resource: deployment('digits', lastVersion, { strategy: { blueGreen: { keepPrevious: '200ms' } } }),
    },
    { call: 'apply', resource: deployment('aside', '2', { ...stepped, scale: { min: 1, max: 3 } }) },
  ],
  [{ call: 'settle', name: 'aside' }],
  [{ call: 'delete', name: 'aside' }],
  [
    { call: 'settle', name: 'digits' },
    { call: 'settle-gone', name: 'aside' },
  ],
  [{ call: 'end' }],
  // Once more, for the runs that were killed at the end.
  [{ call: 'settle', name: 'digits' }],
]
