import type { SettingsProblem } from 'modelspine/adapter'
import { z } from 'zod'

/** `spec.target.settings` of a deployment at this target. All of them belong to the revision. */
export interface SagemakerSettings {
  /** Default: the target's. */
  readonly instanceType?: string
  /** The image in ECR that serves the model. Default: the target's. Model packages bring their own. */
  readonly image?: string
  /** Default: the target's. */
  readonly executionRole?: string
  readonly vpc?: {
    readonly subnets: readonly string[]
    readonly securityGroups: readonly string[]
  }
  /** Lets the container reach no network. */
  readonly networkIsolation?: boolean
  /** The size of the volume of each instance. */
  readonly volumeSizeInGB?: number
  /** For the volumes of instances: the key of KMS. */
  readonly kmsKey?: string
  /** How long the model may take to be downloaded, 60 to 3600. */
  readonly downloadTimeoutSeconds?: number
  /** How long the container may take to pass its health check, 60 to 3600. */
  readonly startupTimeoutSeconds?: number
  /** How SageMaker chooses an instance. Default of SageMaker: `random`. */
  readonly routing?: 'random' | 'least-outstanding-requests'
  /** Requests and answers to keep in S3. That of the newest revision counts. */
  readonly dataCapture?: {
    readonly destination: string
    readonly samplingPercent: number
    readonly capture: readonly ('input' | 'output')[]
    readonly kmsKey?: string
  }
  /**
   * `external`: Application Auto Scaling, which somebody has set up, moves the number of instances between `scale.min`
   * and `scale.max`. Without it both must be the same.
   */
  readonly autoscaling?: 'external'
}

const role = /^arn:aws[a-z-]*:iam::\d{12}:role\/?[a-zA-Z_0-9+=,.@\-_/]+$/
const s3 = /^s3:\/\/[^/]+/

export const isRole = (text: string): boolean => role.test(text) && text.length <= 2048
export const isInstanceType = (text: string): boolean => /^ml\.[a-z0-9-]+\.[a-z0-9-]+$/.test(text)
export const isImage = (text: string): boolean => /^\S{1,255}$/.test(text)

const kmsKey = z
  .string()
  .regex(/^[a-zA-Z0-9:/_-]{1,2048}$/, 'is no key of KMS')
  .optional()
const seconds = z.int().min(60).max(3600).optional()
const id = z.string().regex(/^[-0-9a-zA-Z]{1,32}$/, 'is no id of a VPC’s part')

const vpc = z.strictObject({
  subnets: z.array(id).min(1).max(16),
  securityGroups: z.array(id).min(1).max(5),
})

const dataCapture = z.strictObject({
  destination: z.string().max(512).regex(s3, 'must begin with s3:// and a bucket'),
  samplingPercent: z.int().min(0).max(100),
  capture: z.array(z.enum(['input', 'output'])).min(1),
  kmsKey,
})

const schema = z.strictObject({
  instanceType: z.string().refine(isInstanceType, 'must be one such as ml.m5.xlarge').optional(),
  image: z.string().refine(isImage, 'must be the address of an image').optional(),
  executionRole: z.string().refine(isRole, 'must be the ARN of a role').optional(),
  vpc: vpc.optional(),
  networkIsolation: z.boolean().optional(),
  volumeSizeInGB: z.int().min(1).max(512).optional(),
  kmsKey,
  downloadTimeoutSeconds: seconds,
  startupTimeoutSeconds: seconds,
  routing: z.enum(['random', 'least-outstanding-requests']).optional(),
  dataCapture: dataCapture.optional(),
  autoscaling: z.literal('external').optional(),
})

const parts: Readonly<Record<string, readonly string[]>> = {
  '': Object.keys(schema.shape),
  vpc: Object.keys(vpc.shape),
  dataCapture: Object.keys(dataCapture.shape),
}

export function settingsProblems(settings: Readonly<Record<string, unknown>>): readonly SettingsProblem[] {
  const result = schema.safeParse(settings)
  if (result.success) return []
  return result.error.issues.flatMap((issue): SettingsProblem[] => {
    const field = issue.path.join('.')
    if (issue.code !== 'unrecognized_keys') return [{ field, message: issue.message }]
    return issue.keys.map((name) => ({
      field: [...issue.path, name].join('.'),
      message: `is not a setting of this target; the known ones are ${parts[field]?.join(', ')}`,
    }))
  })
}

/** Expects settings without problems. */
export function settingsOf(settings: Readonly<Record<string, unknown>>): SagemakerSettings {
  return settings as SagemakerSettings
}
