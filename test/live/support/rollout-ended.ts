import type { ControlPlane, Deployment } from 'modelspine'
import { expect, vi } from 'vitest'

/** The deployment when the rollout of what was declared last has converged or failed. */
export async function rolloutEnded(
  plane: ControlPlane,
  name: string,
  limits: { readonly timeout: number; readonly interval: number },
): Promise<Deployment | null> {
  return vi.waitFor(async () => {
    const deployment = await plane.get(name)
    expect(['failed', 'converged']).toContain(deployment?.status?.rollout.phase)
    expect(deployment?.status?.observedGeneration).toBe(deployment?.generation)
    return deployment
  }, limits)
}
