import { ModelspineError } from 'modelspine/adapter'
import type { ZodType } from 'zod'
import type { VendorClient, VendorRequest } from '../../shared/vendor-client.ts'
import type { Page, SearchOptions } from '../mlflow-api.ts'

/** More pages than any registry has. */
const mostPages = 100_000

/** All items of a search, page by page. Throws `registry-unavailable` when a page leads back to an earlier one. */
export async function* pagesOf<Item>(
  client: VendorClient,
  search: (options: SearchOptions) => Omit<VendorRequest, 'abortSignal'>,
  schema: ZodType<Page<Item>>,
  options: Omit<SearchOptions, 'pageToken'>,
  abortSignal: AbortSignal | undefined,
): AsyncGenerator<readonly Item[]> {
  const seen = new Set<string>()
  let pageToken: string | undefined
  for (;;) {
    const page = await client.read(schema, { ...search({ ...options, pageToken }), abortSignal })
    yield page.items
    pageToken = page.next
    if (pageToken === undefined) return
    if (seen.has(pageToken) || seen.size >= mostPages) {
      throw new ModelspineError(
        'registry-unavailable',
        `MLflow at ${client.baseUrl} gives the pages of a search without end: it repeats a page token`,
        { details: { pages: seen.size } },
      )
    }
    seen.add(pageToken)
  }
}
