import type { Revision, TargetRefusal } from 'modelspine/adapter'
import type { ConfigReply } from './endpoint-replies.ts'
import { completeSettings } from './endpoint-requests.ts'
import { refused } from './revision-refusal.ts'
import type { EndpointPlace } from './target-calls.ts'

/**
 * The reason why a config that runs cannot be replaced: it has what this target does not write, or what somebody else gave
 * the endpoint and the newest revision does not name.
 */
export function lossRefusal(
  { names, config }: Pick<EndpointPlace, 'names' | 'config'>,
  name: string,
  running: ConfigReply,
  newest: Revision | undefined,
): TargetRefusal | undefined {
  const loses = (what: string, remedy: string): TargetRefusal =>
    refused(
      'AdoptionUnsupported',
      `the config ${name} of the endpoint ${names.endpoint} has ${what}, which this target would lose: ${remedy}`,
    )
  const odd = Object.keys(running).find((each) => !taken.has(each) && !isEmpty(running[each]))
  const unlike = running.ProductionVariants.find(({ ModelName }) => !ModelName)
  if (odd !== undefined || unlike !== undefined) {
    const what = odd ?? `a variant without a model, ${unlike?.VariantName}`
    return loses(what, 'change the endpoint by hand, or leave it to its owner')
  }
  if (newest === undefined || names.isConfig(name)) return undefined
  const { kmsKey, dataCapture } = completeSettings(newest, config)
  if (kmsKey === undefined && !isEmpty(running.KmsKeyId)) {
    return loses('KmsKeyId', 'write it as settings.kmsKey of the deployment')
  }
  return dataCapture === undefined && captures(running)
    ? loses('DataCaptureConfig', 'write it as settings.dataCapture of the deployment')
    : undefined
}

function captures({ DataCaptureConfig }: ConfigReply): boolean {
  if (typeof DataCaptureConfig !== 'object' || DataCaptureConfig === null) return false
  return (DataCaptureConfig as { readonly EnableCapture?: unknown }).EnableCapture === true
}

/** Members of a config that this target writes, or that are none of the endpoint. */
const taken: ReadonlySet<string> = new Set([
  'EndpointConfigName',
  'EndpointConfigArn',
  'CreationTime',
  'ProductionVariants',
  'KmsKeyId',
  'DataCaptureConfig',
])

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === false) return true
  return typeof value === 'object' && Object.keys(value).length === 0
}
