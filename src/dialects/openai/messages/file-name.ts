import type { FilePart } from '../../../provider/contract.ts'
import type { Carriage } from '../../carriage.ts'
import { readDataUrl } from '../../data-url.ts'

/** The endings of media types whose subtype is another word. */
const endings: Readonly<Record<string, string>> = {
  'text/plain': 'txt',
  'text/markdown': 'md',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
}

/** The name of a file, as a member of an object. OpenAI refuses the bytes of a file without a name, so one is made. */
export function fileName(
  { url, filename, mediaType }: FilePart,
  path: string,
  carriage: Carriage,
): { readonly filename?: string } {
  if (filename !== undefined) return { filename }
  const held = url === undefined ? undefined : readDataUrl(url)
  if (held === undefined) return {}
  const type = held.mediaType || mediaType || 'application/octet-stream'
  const made = `file.${endings[type] ?? type.slice(type.indexOf('/') + 1)}`
  carriage.approximate(`${path}.filename`, `"${made}"`)
  return { filename: made }
}
