import type { ZodType } from 'zod'
import { allPages } from '../../shared/all-pages.ts'
import type { VendorClient, VendorRequest } from '../../shared/vendor-client.ts'
import type { Page, SearchOptions } from '../mlflow-api.ts'

/** All items of a search, page by page. Throws `registry-unavailable` when a page leads back to an earlier one. */
export function pagesOf<Item>(
  client: VendorClient,
  search: (options: SearchOptions) => Omit<VendorRequest, 'abortSignal'>,
  schema: ZodType<Page<Item>>,
  options: Omit<SearchOptions, 'pageToken'>,
  abortSignal: AbortSignal | undefined,
): AsyncGenerator<readonly Item[]> {
  return allPages(
    (pageToken) => client.read(schema, { ...search({ ...options, pageToken }), abortSignal }),
    `a search of MLflow at ${client.baseUrl}`,
    'registry-unavailable',
  )
}
