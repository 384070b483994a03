import type { AudioPart, FilePart, ImagePart } from '../../../provider/contract.ts'
import type { ConverseContext } from './write-context.ts'

const longest = 200

/**
 * The name of a document, without its ending, which is the format. Bedrock refuses other characters than these, and a name
 * that another document of the request has. So a file that a user gave twice has another name the second time.
 */
export function documentName(
  part: ImagePart | AudioPart | FilePart,
  format: string | undefined,
  context: ConverseContext,
): string {
  const { carriage, path } = context
  const filename = part.type === 'file' ? part.filename : undefined
  if (filename === undefined || filename === '') {
    carriage.approximate(`${path}.filename`, 'made up')
    return unlikeOthers(path.replaceAll(/[^a-zA-Z0-9]+/g, '-').replace(/-$/, ''), context)
  }
  const ending = format === undefined ? '' : `.${format}`
  const bare =
    ending !== '' && filename.toLowerCase().endsWith(ending) ? filename.slice(0, -ending.length) : filename
  const allowed = bare.replaceAll(/[^a-zA-Z0-9\s\-()[\]]/g, '-').replaceAll(/\s+/g, ' ')
  const name = unlikeOthers(allowed.slice(0, longest) || 'document', context)
  if (name !== bare) carriage.approximate(`${path}.filename`, `"${name}"`)
  return name
}

/** The name, or one with a number behind it. */
function unlikeOthers(name: string, { documentNames }: ConverseContext): string {
  let unlike = name
  for (let number = 2; documentNames.has(unlike.toLowerCase()); number += 1) {
    const end = ` (${number})`
    unlike = name.slice(0, longest - end.length) + end
  }
  documentNames.add(unlike.toLowerCase())
  return unlike
}
