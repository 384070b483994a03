import { type Duration, durationMs, type SettingsProblem } from 'modelspine/adapter'
import { z } from 'zod'
import type { ProcessSettings } from './options.ts'

/**
 * The settings that a deployment may give under `spec.target.settings`. The command is not one of them. A
 * person who may declare a deployment must not be able to choose what this machine executes.
 */
export interface DeploymentSettings {
  /** Default: the target's `health.path`. No placeholders. */
  readonly healthPath?: string
  /** A duration such as `2m`. Default: the target's `health.startTimeoutMs`. */
  readonly startTimeout?: Duration
  /** A duration such as `30s`. Default: the target's `drainMs`. */
  readonly drain?: Duration
  /** Default: the target's `protocol`. */
  readonly protocol?: string
}

const duration = z
  .string()
  .regex(/^\d+(\.\d+)?(ms|s|m|h|d)$/, 'must be a length of time, such as 30s')
  .optional()

const schema = z.strictObject({
  healthPath: z.string().startsWith('/', 'must start with /').optional(),
  startTimeout: duration,
  drain: duration,
  protocol: z.string().min(1, 'must name a protocol').optional(),
})

export function settingsProblems(settings: Readonly<Record<string, unknown>>): readonly SettingsProblem[] {
  const result = schema.safeParse(settings)
  if (result.success) return []
  return result.error.issues.flatMap((issue): SettingsProblem[] => {
    if (issue.code !== 'unrecognized_keys') return [{ field: issue.path.join('.'), message: issue.message }]
    const known = Object.keys(schema.shape).join(', ')
    return issue.keys.map((field) => ({
      field,
      message: `is not a setting of this target; the known ones are ${known}`,
    }))
  })
}

/** The target's settings, overridden by a deployment's settings. Expects settings without problems. */
export function withDeploymentSettings(
  target: ProcessSettings,
  settings: Readonly<Record<string, unknown>>,
): ProcessSettings {
  const { healthPath, startTimeout, drain, protocol } = settings as DeploymentSettings
  const startTimeoutMs = startTimeout === undefined ? target.health.startTimeoutMs : durationMs(startTimeout)
  return {
    ...target,
    health: { ...target.health, path: healthPath ?? target.health.path, startTimeoutMs },
    drainMs: drain === undefined ? target.drainMs : durationMs(drain),
    protocol: protocol ?? target.protocol,
  }
}
