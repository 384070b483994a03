import type { ModelDeployment, ModelRoute } from 'modelspine'
import { defineDeployment, defineRoute } from 'modelspine/resources'

/** The actor of every change in this story. */
export const actor = { name: 'you' }

/** Sends requests for `digits` to the deployment `digits`, with any revisions that it has. */
export const route: ModelRoute = defineRoute({
  kind: 'ModelRoute',
  metadata: { name: 'digits' },
  spec: { operations: ['infer'], backends: [{ deployment: 'digits' }] },
})

/** The deployment with this version of the model. From chapter to chapter only the version changes. */
export function digitsAt(version: string): ModelDeployment {
  return defineDeployment({
    kind: 'ModelDeployment',
    metadata: { name: 'digits' },
    spec: {
      model: `models/digits:${version}`,
      target: 'local',
      policies: ['promotion'],
      strategy: {
        canary: {
          steps: [
            { weight: 10 },
            { analyze: ['accuracy', 'errors'], for: '4s' },
            { weight: 25 },
            { analyze: ['accuracy', 'errors'], for: '3s' },
            { weight: 50 },
            { analyze: ['accuracy', 'errors'], for: '3s' },
          ],
        },
      },
      analysis: [
        {
          name: 'accuracy',
          metric: 'labels.accuracy',
          minSamples: 20,
          pass: { noWorseThan: 'stable', by: 0.02 },
          // The step goes on until the labels show something.
          maxFor: '20s',
        },
        {
          name: 'errors',
          metric: 'requests.errors',
          minSamples: 20,
          pass: { atMost: 0.02 },
          // A few dozen requests without an error do not show this. A real step is longer, and leaves this line out.
          undecided: 'pass',
        },
      ],
      deadline: '1m',
    },
  })
}
