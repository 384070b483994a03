import type { SettingsProblem } from 'modelspine/adapter'
import { z } from 'zod'

/** `spec.target.settings` of a deployment at this target. All of them belong to the revision. */
export interface VertexSettings {
  /**
   * `dedicated` (default): machines of the revision's own, of the type below. `automatic`: Vertex decides, for models
   * that support nothing else, such as those of AutoML.
   */
  readonly resources?: 'dedicated' | 'automatic'
  /** Default: Vertex's own, `n1-standard-2`. */
  readonly machineType?: string
  /** `{ type: 'NVIDIA_L4', count: 1 }`. The count's default is 1. */
  readonly accelerator?: { readonly type: string; readonly count?: number }
  /** A part of a GPU, such as `1g.10gb`. */
  readonly gpuPartitionSize?: string
  /** Such as `2x2x1`. */
  readonly tpuTopology?: string
  /** Machines that Google may take away. */
  readonly spot?: boolean
  /** Targets in percent, by metric: `{ 'aiplatform.googleapis.com/prediction/online/cpu/utilization': 80 }`. */
  readonly autoscaling?: Readonly<Record<string, number>>
  /** The address of the service account as which the container runs. */
  readonly serviceAccount?: string
  /** A checkpoint of a tuned model. Default: the version's own. */
  readonly checkpoint?: string
  /** Whether requests are logged to Cloud Logging. Default: not. */
  readonly accessLogging?: boolean
  /** Whether the container's output is logged to Cloud Logging. Default: it is. */
  readonly containerLogging?: boolean
  /** Whether the model's explanations are on. Default: they are. */
  readonly explanations?: boolean
  /** The endpoint's protocol, a key of the plane's `connect`. Default `vertex`. */
  readonly protocol?: string
}

const word = z.string().min(1, 'is empty')

/** What machines of one's own can have alone. */
const ofDedicated = [
  'machineType',
  'accelerator',
  'gpuPartitionSize',
  'tpuTopology',
  'spot',
  'autoscaling',
] as const

const schema = z
  .strictObject({
    resources: z.enum(['dedicated', 'automatic']).optional(),
    machineType: word.optional(),
    accelerator: z
      .strictObject({
        type: z.string().regex(/^[A-Z][A-Z0-9_]*$/, 'is a name such as NVIDIA_L4'),
        count: z.int().positive().optional(),
      })
      .optional(),
    gpuPartitionSize: word.optional(),
    tpuTopology: word.optional(),
    spot: z.boolean().optional(),
    autoscaling: z.record(word, z.int().min(1).max(100)).optional(),
    serviceAccount: z
      .string()
      .regex(/^[^@\s]+@[^@\s]+$/, 'is an address such as server@my-project.iam.gserviceaccount.com')
      .optional(),
    checkpoint: word.optional(),
    accessLogging: z.boolean().optional(),
    containerLogging: z.boolean().optional(),
    explanations: z.boolean().optional(),
    protocol: word.optional(),
  })
  .superRefine((settings, context) => {
    if (settings.resources === 'automatic') {
      for (const name of ofDedicated.filter((each) => settings[each] !== undefined)) {
        context.addIssue({
          code: 'custom',
          path: [name],
          message: 'needs machines of its own: leave it out, or resources',
        })
      }
    }
    if (settings.gpuPartitionSize !== undefined && (settings.accelerator?.count ?? 1) !== 1) {
      context.addIssue({
        code: 'custom',
        path: ['accelerator', 'count'],
        message: 'must be 1 with gpuPartitionSize',
      })
    }
  })

const known = Object.keys(schema.shape)

export function settingsProblems(settings: Readonly<Record<string, unknown>>): readonly SettingsProblem[] {
  const result = schema.safeParse(settings)
  if (result.success) return []
  return result.error.issues.flatMap((issue): SettingsProblem[] => {
    if (issue.code !== 'unrecognized_keys') return [{ field: issue.path.join('.'), message: issue.message }]
    const names = issue.path.length === 0 ? known : ['type', 'count']
    return issue.keys.map((name) => ({
      field: [...issue.path, name].join('.'),
      message: `is not a setting of this target; the known ones are ${names.join(', ')}`,
    }))
  })
}

/** Expects settings without problems. */
export function settingsOf(settings: Readonly<Record<string, unknown>>): VertexSettings {
  return settings as VertexSettings
}

/** The endpoint's protocol. */
export function protocolOf({ protocol = 'vertex' }: VertexSettings): string {
  return protocol
}
