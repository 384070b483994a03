import { type HttpReply, isModelspineError } from 'modelspine/adapter'
import { type ZodType, z } from 'zod'
import type { VendorMeaning } from '../vendor-client.ts'

/** The API's own form of an error. */
export interface KubernetesStatus {
  readonly message?: string | null | undefined
  readonly reason?: string | null | undefined
  readonly details?:
    | { readonly name?: string | null | undefined; readonly kind?: string | null | undefined }
    | null
    | undefined
}

const statusReply: ZodType<KubernetesStatus> = z.object({
  kind: z.literal('Status'),
  message: z.string().nullish(),
  reason: z.string().nullish(),
  details: z.object({ name: z.string().nullish(), kind: z.string().nullish() }).nullish(),
})

/** Undefined for what is no Status, such as a page of a proxy. */
export function statusIn(reply: HttpReply): KubernetesStatus | undefined {
  try {
    return statusReply.safeParse(reply.json()).data
  } catch {
    return undefined
  }
}

/**
 * The errors that every target on Kubernetes has in common.
 *
 * - An object with an unknown member is 400, or 500 with this text when it is applied.
 * - 403 is RBAC, an admission webhook that denies, or a quota that is used up.
 * - 409 is an object that somebody has changed meanwhile. 410 is a place in a list or watch that is too old.
 */
export function kubernetesMeaning(reply: HttpReply, said: string, vendor: string): VendorMeaning | undefined {
  const status = statusIn(reply)
  if (status === undefined) return undefined
  const { reason, details } = status
  const known = { ...(typeof reason === 'string' && reason !== '' && { reason }) }
  const means = (code: VendorMeaning['code'], more: Partial<VendorMeaning> = {}): VendorMeaning => ({
    code,
    message: `${vendor}: ${said}`,
    ...more,
    details: { ...known, ...more.details },
  })
  if (reply.status === 404 && typeof details?.name === 'string' && details.name !== '') {
    return means('target-refused', { details: { missing: details.kind ?? 'object' } })
  }
  if (reply.status === 404) {
    return means('target-refused', { message: `${vendor} is not known to this cluster: ${said}` })
  }
  if (reply.status === 409) return means('conflict')
  if (reply.status === 410) return means('target-unavailable', { retryable: true })
  if (reply.status === 403 && !/\b(admission webhook|exceeded quota)\b|being terminated/.test(said)) {
    return undefined
  }
  if (reply.status === 403 && !said.includes('admission webhook')) {
    return means('target-unavailable', { retryable: true })
  }
  const isMistake = [400, 403, 413, 415, 422].includes(reply.status)
  const isUndeclared = reply.status === 500 && /not declared in schema|typed patch object/.test(said)
  return isMistake || isUndeclared ? means('target-refused') : undefined
}

/** Undefined when the object itself is not there. Throws when the cluster does not know the kind. */
export async function unlessGone<Answer>(answer: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await answer
  } catch (error) {
    if (isModelspineError(error, 'target-refused') && error.details.missing !== undefined) return undefined
    throw error
  }
}

export function isExpired(error: unknown): boolean {
  return isModelspineError(error) && error.details.status === 410
}
