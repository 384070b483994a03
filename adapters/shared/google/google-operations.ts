import { z } from 'zod'
import { failureOf, type GoogleFailure } from './google-failure.ts'

/** A long-running operation, as the APIs of Google answer it: https://google.aip.dev/151 */
export type GoogleOperation = {
  /** The whole name: `projects/p/locations/l/operations/1`. */
  readonly name: string
  readonly metadata: Readonly<Record<string, unknown>>
} & (
  | { readonly state: 'running' }
  /** `response` is empty where the work has no result, such as for a deletion. */
  | { readonly state: 'succeeded'; readonly response: Readonly<Record<string, unknown>> }
  | { readonly state: 'failed'; readonly failure: GoogleFailure }
)

const members = z.record(z.string(), z.unknown())

/** Reads an operation, whatever it works on. */
export const operationReply: z.ZodType<GoogleOperation> = z
  .object({
    name: z.string().min(1),
    done: z.boolean().nullish(),
    metadata: members.nullish(),
    error: members.nullish(),
    response: members.nullish(),
  })
  .transform(({ name, done, metadata, error, response }): GoogleOperation => {
    const common = { name, metadata: metadata ?? {} }
    if (!done) return { ...common, state: 'running' }
    if (error) return { ...common, state: 'failed', failure: failureOf(error) }
    return { ...common, state: 'succeeded', response: response ?? {} }
  })
