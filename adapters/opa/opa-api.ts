import type { HttpReply, PolicyRequest } from 'modelspine/adapter'
import { scrub } from 'modelspine/adapter'
import { z } from 'zod'
import type { VendorRequest } from '../shared/vendor-client.ts'
import type { OpaAnswer } from './opa-decision.ts'
import { opaInputText } from './opa-input.ts'

/** The question to OPA's Data API. The path was checked, so nothing of the request is in the address. */
export function dataRequest(request: PolicyRequest, path: string): VendorRequest {
  return {
    method: 'POST',
    path: `/v1/data/${path}`,
    // Without strict-builtin-errors, a built-in that fails makes its rule undefined: a rule that denies says nothing.
    query: { provenance: 'true', 'strict-builtin-errors': 'true' },
    body: `{"input":${opaInputText(request)}}`,
    // A request to a model waits for its answer, and has a router that knows its deadline.
    repeatable: request.action !== 'invoke',
  }
}

export interface DataReply {
  readonly result?: unknown
  readonly decision_id?: string | null | undefined
  readonly provenance?: Provenance | null | undefined
}

interface Provenance {
  readonly revision?: string | null | undefined
  readonly bundles?:
    | Readonly<Record<string, { readonly revision?: string | null | undefined }>>
    | null
    | undefined
}

const revision = z.string().nullish()

export const dataReply: z.ZodType<DataReply> = z.object({
  result: z.unknown().optional(),
  decision_id: z.string().nullish(),
  provenance: z
    .object({ revision, bundles: z.record(z.string(), z.object({ revision })).nullish() })
    .nullish(),
})

export function answerOf({ result, decision_id: decisionId, provenance }: DataReply): OpaAnswer {
  const bundle = bundleOf(provenance ?? {})
  return {
    document: result,
    ...(bundle !== '' && { bundle }),
    ...(decisionId && { decisionId }),
  }
}

/** The revision of the one bundle, or of all: the reply does not tell which bundle has the document. */
function bundleOf({ revision, bundles }: Provenance): string {
  const named = Object.entries(bundles ?? {})
    .flatMap(([name, bundle]) => (bundle.revision ? [{ name, revision: bundle.revision }] : []))
    .sort((one, other) => (one.name < other.name ? -1 : 1))
  if (named.length === 0) return revision ?? ''
  const [first] = named
  if (first !== undefined && named.length === 1) return first.revision
  return named.map((each) => `${each.name}@${each.revision}`).join(' ')
}

const errorReply = z.object({
  message: z.string(),
  errors: z.array(z.object({ message: z.string() })).nullish(),
})

/** What OPA says of an error, with the reasons below it. Built-ins may repeat an address that they called. */
export function saidBy(reply: HttpReply): string {
  const { message, errors } = errorReply.parse(reply.json())
  const reasons = (errors ?? []).map((each) => each.message)
  return scrub([message, ...reasons].join(': '))
}
