import type { CacheMark, ChatPart } from '../provider/contract.ts'
import type { Carriage } from './carriage.ts'

/**
 * The mark of a tool's answer, for formats that mark an answer only as a whole: the last mark of a part. Undefined without
 * one. Tells of marks that stand elsewhere in the answer. `path` is the place of the message.
 */
export function resultMark(
  content: readonly ChatPart[],
  { path, carriage }: { readonly path: string; readonly carriage: Carriage },
): { readonly cacheMark: CacheMark; readonly path: string } | undefined {
  const place = content.findLastIndex(({ cacheMark }) => cacheMark !== undefined)
  const cacheMark = content[place]?.cacheMark
  if (cacheMark === undefined) return undefined
  for (const [index, part] of content.slice(0, -1).entries()) {
    const what = index === place ? 'behind the whole result' : 'left out'
    if (part.cacheMark !== undefined) carriage.approximate(`${path}.content[${index}].cacheMark`, what)
  }
  return { cacheMark, path: `${path}.content[${place}]` }
}
