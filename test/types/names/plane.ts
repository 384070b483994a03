/** A plane whose names the files beside this one use, rightly and wrongly. It is compiled, and never run. */

import {
  type AskedBy,
  allow,
  createControlPlane,
  envSecrets,
  hostedTarget,
  memoryMetrics,
  memoryProvider,
  memoryRegistry,
  memoryTarget,
  rule,
  rulesPolicy,
} from 'modelspine'
import { processTarget } from 'modelspine/adapters/process'

const rules = [rule('anything', { on: ['promote'], check: () => allow() })]

export const plane = createControlPlane({
  registries: {
    models: memoryRegistry({ name: 'models', versions: [] }),
    mlflow: memoryRegistry({ name: 'mlflow', versions: [] }),
  },
  targets: {
    vendor: hostedTarget(),
    local: processTarget({ folder: 'state', command: ['node', 'server.js'] }),
    memory: memoryTarget(),
  },
  providers: {
    openai: memoryProvider({ chat: () => 'Hello!' }),
    bedrock: memoryProvider({ chat: () => 'Hi!' }),
  },
  policies: [rulesPolicy('promotion', rules), rulesPolicy('budget', rules)],
  metrics: { prometheus: memoryMetrics({ metrics: ['drift'] }) },
  secrets: { env: envSecrets() },
})

/** A plane that was given no targets, policies, secret stores and providers. */
export const bare = createControlPlane({ registries: { models: memoryRegistry({ name: 'models' }) } })

/** And one with a target, but no more. */
export const poor = createControlPlane({
  registries: { models: memoryRegistry({ name: 'models' }) },
  targets: { memory: memoryTarget() },
})

export const by: AskedBy = { actor: { name: 'ada' } }
