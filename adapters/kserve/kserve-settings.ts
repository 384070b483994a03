import type { SettingsProblem } from 'modelspine/adapter'
import { z } from 'zod'

/** `spec.target.settings` of a deployment at this target. All of them belong to the revision. */
export interface KserveSettings {
  /** What the files are: `sklearn`, or with the version of the format. Default: the target's `modelFormat`. */
  readonly modelFormat?: string | { readonly name: string; readonly version?: string }
  /** A ServingRuntime or ClusterServingRuntime. Default: KServe chooses one by the format. */
  readonly runtime?: string
  readonly runtimeVersion?: string
  /** What the runtime shall speak. Default `v2`. */
  readonly protocolVersion?: 'v1' | 'v2' | 'grpc-v2'
  /** The endpoint's protocol, a key of the plane's `connect`. Default `open-inference` for `v2`. */
  readonly protocol?: string
  /** Put behind the endpoint's address, such as `/openai/v1`. */
  readonly path?: string
  /** The model's name at the endpoint. Default: the InferenceService's name, which KServe gives to its runtimes. */
  readonly modelName?: string
  readonly args?: readonly string[]
  readonly serviceAccountName?: string
  /** The entry of KServe's storage secret that has the credentials for the artifact's address. */
  readonly storageKey?: string
  readonly timeoutSeconds?: number
  readonly containerConcurrency?: number
  /** Other members of `spec.predictor`, as they are, such as `nodeSelector`. The cluster checks them. */
  readonly predictor?: Readonly<Record<string, unknown>>
}

const word = z.string().min(1, 'is empty')

/** Members of a predictor that follow from something else, and what that is. */
const taken: Readonly<Record<string, string>> = {
  canaryTrafficPercent: 'the rollout decides it',
  minReplicas: 'write spec.scale',
  maxReplicas: 'write spec.scale',
  name: 'the target needs it',
  model: 'write the other settings, spec.runtime and the model’s version',
  storageUris: 'it is the address of the model’s version',
  serviceAccountName: 'write settings.serviceAccountName',
  timeout: 'write settings.timeoutSeconds',
  containerConcurrency: 'write settings.containerConcurrency',
  workerSpec: 'one predictor of several nodes is not supported',
}

const predictor = z.record(z.string(), z.unknown()).superRefine((members, context) => {
  for (const [name, why] of Object.entries(taken)) {
    if (Object.hasOwn(members, name)) {
      context.addIssue({ code: 'custom', path: [name], message: `cannot be set here: ${why}` })
    }
  }
  const { annotations } = members
  const own = Object.keys(typeof annotations === 'object' && annotations !== null ? annotations : {}).find(
    (name) => name.startsWith('modelspine.dev/'),
  )
  if (own !== undefined) {
    context.addIssue({
      code: 'custom',
      path: ['annotations', own],
      message: 'the target needs it: leave it out',
    })
  }
})

const schema = z.strictObject({
  modelFormat: z.union([word, z.strictObject({ name: word, version: word.optional() })]).optional(),
  runtime: word.optional(),
  runtimeVersion: word.optional(),
  protocolVersion: z.enum(['v1', 'v2', 'grpc-v2']).optional(),
  protocol: word.optional(),
  path: z.string().startsWith('/', 'must start with /').optional(),
  modelName: word.optional(),
  args: z.array(z.string()).optional(),
  serviceAccountName: word.optional(),
  storageKey: word.optional(),
  timeoutSeconds: z.int().positive().optional(),
  containerConcurrency: z.int().nonnegative().optional(),
  predictor: predictor.optional(),
})

export function settingsProblems(settings: Readonly<Record<string, unknown>>): readonly SettingsProblem[] {
  const result = schema.safeParse(settings)
  if (result.success) return []
  return result.error.issues.flatMap((issue): SettingsProblem[] => {
    if (issue.code !== 'unrecognized_keys') return [{ field: issue.path.join('.'), message: issue.message }]
    const known = issue.path.length === 0 ? Object.keys(schema.shape) : ['name', 'version']
    return issue.keys.map((name) => ({
      field: [...issue.path, name].join('.'),
      message: `is not a setting of this target; the known ones are ${known.join(', ')}`,
    }))
  })
}

/** Expects settings without problems. */
export function settingsOf(settings: Readonly<Record<string, unknown>>): KserveSettings {
  return settings as KserveSettings
}

const protocols = { v1: 'kserve-v1', v2: 'open-inference', 'grpc-v2': 'open-inference-grpc' } as const

/** The endpoint's protocol. */
export function protocolOf({ protocol, protocolVersion = 'v2' }: KserveSettings): string {
  return protocol ?? protocols[protocolVersion]
}
