import type { ZodType } from 'zod'
import { allPages } from '../../shared/all-pages.ts'
import type { SagemakerClient } from '../sagemaker-client.ts'
import type { PackagePage } from './package-replies.ts'
import type { SagemakerRequest } from './package-requests.ts'

/** All items of a list, page by page. Throws `registry-unavailable` when a page leads back to an earlier one. */
export function pagesOf<Item>(
  client: SagemakerClient,
  schema: ZodType<PackagePage<Item>>,
  callOf: (next: string | undefined) => SagemakerRequest,
  abortSignal: AbortSignal | undefined,
): AsyncGenerator<readonly Item[]> {
  return allPages(
    (next) => {
      const { operation, input } = callOf(next)
      return client.read(schema, operation, input, { abortSignal })
    },
    `the answer of SageMaker at ${client.baseUrl} to ${callOf(undefined).operation}`,
    'registry-unavailable',
  )
}
