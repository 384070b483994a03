/** What is read of the replies. Everything else in them is passed over, and almost all of it may be missing. */

import { type ZodType, z } from 'zod'
import type { CanaryEntry, Predictor } from './kserve-api.ts'

type Text = string | null | undefined
type Count = number | null | undefined

export interface ObjectMetadata {
  readonly name: string
  readonly uid?: Text
  readonly resourceVersion?: Text
  readonly generation?: Count
  readonly deletionTimestamp?: Text
  readonly labels?: Readonly<Record<string, string>> | null | undefined
  readonly annotations?: Readonly<Record<string, string>> | null | undefined
}

export interface InferenceService {
  readonly metadata: ObjectMetadata
  readonly spec: {
    readonly predictor: Predictor
    readonly canary?: readonly CanaryEntry[] | null | undefined
  }
  readonly status?: ServiceStatus | null | undefined
}

export interface ServiceStatus {
  readonly observedGeneration?: Count
  readonly conditions?: readonly ServiceCondition[] | null | undefined
  readonly url?: Text
  readonly address?: { readonly url?: Text } | null | undefined
  readonly modelStatus?: ModelStatus | null | undefined
  readonly canaryStatuses?: readonly CanaryStatus[] | null | undefined
  readonly components?: { readonly predictor?: PredictorStatus | null | undefined } | null | undefined
}

export interface ServiceCondition {
  readonly type: string
  readonly status: string
  readonly reason?: Text
  readonly message?: Text
}

export interface ModelStatus {
  readonly transitionStatus?: Text
  readonly copies?: { readonly totalCopies?: Count } | null | undefined
  readonly lastFailureInfo?:
    | { readonly reason?: Text; readonly message?: Text; readonly time?: Text }
    | null
    | undefined
}

export interface CanaryStatus {
  readonly name: string
  readonly ready?: boolean | null | undefined
  readonly trafficPercent?: Count
  readonly modelStatus?: ModelStatus | null | undefined
}

export interface PredictorStatus {
  readonly latestCreatedRevision?: Text
  readonly latestReadyRevision?: Text
  readonly latestRolledoutRevision?: Text
  readonly traffic?: readonly TrafficTarget[] | null | undefined
  readonly url?: Text
}

export interface TrafficTarget {
  readonly revisionName?: Text
  readonly percent?: Count
  readonly url?: Text
}

const text = z.string().nullish()
const count = z.number().nullish()
const texts = z.record(z.string(), z.string()).nullish()
const members = z.record(z.string(), z.unknown())

const metadata = z.object({
  name: z.string(),
  uid: text,
  resourceVersion: text,
  generation: count,
  deletionTimestamp: text,
  labels: texts,
  annotations: texts,
})

const modelStatus = z.object({
  transitionStatus: text,
  copies: z.object({ totalCopies: count }).nullish(),
  lastFailureInfo: z.object({ reason: text, message: text, time: text }).nullish(),
})

const predictorStatus = z.object({
  latestCreatedRevision: text,
  latestReadyRevision: text,
  latestRolledoutRevision: text,
  traffic: z.array(z.object({ revisionName: text, percent: count, url: text })).nullish(),
  url: text,
})

const canaryStatus = z.object({
  name: z.string(),
  ready: z.boolean().nullish(),
  trafficPercent: count,
  modelStatus: modelStatus.nullish(),
})

const status = z.object({
  observedGeneration: count,
  conditions: z
    .array(z.object({ type: z.string(), status: z.string(), reason: text, message: text }))
    .nullish(),
  url: text,
  address: z.object({ url: text }).nullish(),
  modelStatus: modelStatus.nullish(),
  canaryStatuses: z.array(canaryStatus).nullish(),
  components: z.object({ predictor: predictorStatus.nullish() }).nullish(),
})

/** The predictors are kept whole, because they are sent again. */
export const inferenceService: ZodType<InferenceService> = z.object({
  metadata,
  spec: z.object({
    predictor: members,
    canary: z.array(z.object({ predictor: members, trafficPercent: z.number() })).nullish(),
  }),
  status: status.nullish(),
})

export interface ObjectPage<Item> {
  readonly metadata?: { readonly continue?: Text } | null | undefined
  readonly items?: readonly Item[] | null | undefined
}

const page = z.object({ continue: text }).nullish()

export const inferenceServices: ZodType<ObjectPage<InferenceService>> = z.object({
  metadata: page,
  items: z.array(inferenceService).nullish(),
})

/** Objects without their content. */
export const objectNames: ZodType<ObjectPage<Named>> = z.object({
  metadata: page,
  items: z.array(z.object({ metadata })).nullish(),
})

export interface Named {
  readonly metadata: ObjectMetadata
}

export const named: ZodType<Named> = z.object({ metadata })

export const configMap: ZodType<
  Named & { readonly data?: Readonly<Record<string, string>> | null | undefined }
> = z.object({ metadata, data: texts })
