import type { ErrorCode } from 'modelspine/adapter'
import { allPages } from '../all-pages.ts'

export interface GooglePage<Item> {
  readonly items: readonly Item[]
  /** Undefined or empty for the last page. */
  readonly nextPageToken?: string | null | undefined
}

/** All items of a list, page by page. The arguments are those of `allPages`. */
export async function* googlePages<Item>(
  ask: (pageToken: string | undefined) => Promise<GooglePage<Item>>,
  list: string,
  unavailable: ErrorCode,
): AsyncGenerator<Item, void> {
  const page = async (token: string | undefined) => {
    const { items, nextPageToken } = await ask(token)
    return { items, next: nextPageToken }
  }
  for await (const items of allPages(page, list, unavailable)) yield* items
}
