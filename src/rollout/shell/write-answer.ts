import { isModelspineError } from '../../errors.ts'
import type { DeploymentStatus } from '../../resources/deployment/deployment-status.ts'
import type { RolloutEvent } from '../machine/machine-types.ts'
import type { DeploymentRun } from './deployment-run.ts'

/** Conflicts after which writing an answer gives up. People do not write more often than this in a row. */
const mostConflicts = 10

/**
 * Writes what an answer from outside means, even when another writer changed the object in between, because an
 * answer must not be lost. Gives the status that was written, or that could not be, because the object is gone.
 */
export async function writeAnswer(
  run: DeploymentRun,
  edit: (status: DeploymentStatus) => {
    readonly status: DeploymentStatus
    readonly events: readonly RolloutEvent[]
  },
): Promise<DeploymentStatus> {
  for (let tries = 0; ; tries += 1) {
    const { status, events } = edit(run.status)
    try {
      await run.write(status, events)
      return status
    } catch (error) {
      if (!isModelspineError(error, 'conflict') || tries === mostConflicts) throw error
      if (!(await run.refresh())) return status
    }
  }
}
