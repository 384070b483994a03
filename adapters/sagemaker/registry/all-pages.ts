import { ModelspineError } from 'modelspine/adapter'
import type { ZodType } from 'zod'
import type { SagemakerClient } from '../sagemaker-client.ts'
import type { PackagePage } from './package-replies.ts'
import type { SagemakerRequest } from './package-requests.ts'

/** More pages than any account has. */
const mostPages = 100_000

/** All items of a list, page by page. Throws `registry-unavailable` when a page leads back to an earlier one. */
export async function* allPages<Item>(
  client: SagemakerClient,
  schema: ZodType<PackagePage<Item>>,
  callOf: (next: string | undefined) => SagemakerRequest,
  abortSignal: AbortSignal | undefined,
): AsyncGenerator<readonly Item[]> {
  const seen = new Set<string>()
  let next: string | undefined
  for (;;) {
    const { operation, input } = callOf(next)
    const page = await client.read(schema, operation, input, { abortSignal })
    yield page.items
    next = page.next
    if (next === undefined) return
    if (seen.has(next) || seen.size >= mostPages) {
      throw new ModelspineError(
        'registry-unavailable',
        `SageMaker at ${client.baseUrl} gives the pages of ${operation} without end: it repeats a token`,
        { details: { pages: seen.size } },
      )
    }
    seen.add(next)
  }
}
