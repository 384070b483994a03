import type { TargetCapabilities } from '../../../../src/deployment-target/contract.ts'
import type {
  DeploymentStatus,
  Phase,
  Rollout,
} from '../../../../src/resources/deployment/deployment-status.ts'
import type { ModelDeploymentSpec } from '../../../../src/resources/deployment/model-deployment.ts'
import { splitOf } from '../../../../src/rollout/machine/status-edits.ts'
import { capabilities, revisionFor } from '../machine/fixtures.ts'
import type { Delays } from './vendor.ts'
import { Witness } from './witness/witness.ts'
import { World } from './world.ts'

/** A world without faults of its own, in which a witness checks every law. */
export function worldOf(
  spec: ModelDeploymentSpec,
  has: Partial<TargetCapabilities> = {},
  delays: Partial<Delays> = {},
): Promise<World> {
  const setting = {
    spec,
    capabilities: { ...capabilities, ...has },
    delays: { readyMs: 5_000, goneMs: 5_000, splitMs: 0, listMs: 0, ...delays },
  }
  return World.begin(setting, new Witness())
}

/** The same world once version 1 is deployed. */
export async function deployed(world: World | Promise<World>): Promise<World> {
  await reach(await world, 'converged')
  return world
}

/** Lets time pass until the rollout is in a phase. */
export async function reach<P extends Phase>(
  world: World,
  phase: P,
): Promise<Extract<Rollout, { phase: P }>> {
  const passed: string[] = []
  for (let round = 0; round < 1_000; round += 1) {
    const afterMs = await world.look()
    const { rollout } = statusOf(world)
    if (rollout.phase === phase) return rollout as Extract<Rollout, { phase: P }>
    if (passed.at(-1) !== rollout.phase) passed.push(rollout.phase)
    await world.pass(Math.min(afterMs ?? 1_000, 10_000))
  }
  throw new Error(`never ${phase}, but ${passed.join(' → ')}`)
}

export function statusOf(world: World): DeploymentStatus {
  if (world.status === undefined) throw new Error('nothing is stored yet')
  return world.status
}

/** The weights of the split in percent, by model version, as the status has them. */
export function sharesOf(world: World): Readonly<Record<string, number>> {
  const named = [1, 2, 3, 4, 5].map((version) => [version, revisionFor(version, world.spec).name] as const)
  const split = splitOf(statusOf(world))
  return Object.fromEntries(
    split.map(({ revision, weight }) => [
      `v${named.find(([, name]) => name === revision)?.[0] ?? '?'}`,
      weight,
    ]),
  )
}

/** Model versions that the target holds. */
export function heldBy(world: World): readonly number[] {
  return world.target.vendor.copies.map(({ revision }) => Number(revision.model.version))
}
