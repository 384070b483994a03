import {
  type SagemakerPackaging,
  type SagemakerRegistry,
  type SagemakerRegistryOptions,
  sagemakerRegistry,
} from 'modelspine/adapters/sagemaker'
import { createFakeClock, type FakeClock } from 'modelspine/testing'
import { afterEach } from 'vitest'
import type { AwsIdentity } from '../../../../adapters/shared/aws/credential-chain.ts'
import { type ModelPackages, modelPackages } from '../../../simulators/sagemaker/model-packages.ts'
import {
  credentials,
  type SagemakerSimulator,
  sagemakerSimulator,
} from '../../../simulators/sagemaker/sagemaker-simulator.ts'
import { region } from '../../shared/aws/small-aws.ts'

export interface RegistryScene {
  readonly registry: SagemakerRegistry
  readonly simulator: SagemakerSimulator
  readonly packages: ModelPackages
  readonly clock: FakeClock
  /** What the test let it send, in order. */
  sent(): readonly string[]
  close(): Promise<void>
}

export const startMs: number = Date.parse('2026-11-30T00:00:00Z')

export const packaging: SagemakerPackaging = {
  image: '123456789012.dkr.ecr.eu-west-1.amazonaws.com/xgboost:1.7-1',
  environment: { LOG_LEVEL: 'info' },
}

const { accessKeyId, secretAccessKey, sessionToken = secretAccessKey } = credentials
/** Given as a function, so that no call but the first has a timer of the clock. */
const givenKeys = async (): Promise<AwsIdentity> => ({
  accessKeyId,
  secretAccessKey: secretAccessKey.reveal(),
  sessionToken: sessionToken.reveal(),
})

/** A registry over a simulator of its own. The caller closes it. */
export async function openScene(options: Partial<SagemakerRegistryOptions> = {}): Promise<RegistryScene> {
  const clock = createFakeClock({ startMs })
  const packages = modelPackages({ nowMs: () => clock.now() })
  const simulator = await sagemakerSimulator([packages], { nowMs: () => clock.now() })
  const registry = sagemakerRegistry({
    region,
    endpoint: simulator.url,
    credentials: givenKeys,
    packaging,
    clock,
    ...options,
  })
  for await (const _ of registry.models());
  const begun = simulator.exchanges.length
  return {
    registry,
    simulator,
    packages,
    clock,
    sent: () => simulator.exchanges.slice(begun).map(({ operation }) => operation),
    async close() {
      await registry.close()
      await simulator.close()
    },
  }
}

const open: RegistryScene[] = []

/** The same, closed after the test. */
export async function scene(options: Partial<SagemakerRegistryOptions> = {}): Promise<RegistryScene> {
  const made = await openScene(options)
  open.push(made)
  return made
}

afterEach(async () => {
  for (const each of open.splice(0)) await each.close()
})
