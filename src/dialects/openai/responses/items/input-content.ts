import type { ChatPart } from '../../../../provider/contract.ts'
import { JsonFields } from '../../../json-fields.ts'
import { openaiResponsesDialect, ownWords } from '../own-words.ts'

const textFields: ReadonlySet<string> = new Set(['type', 'text'])
const refusalFields: ReadonlySet<string> = new Set(['type', 'refusal'])
const imageFields: ReadonlySet<string> = new Set(['type', 'image_url', 'file_id', 'detail'])
const fileFields: ReadonlySet<string> = new Set(['type', 'file_url', 'file_data', 'file_id', 'filename'])

/** Reads what a message or a tool says: a text, or a list of parts. Throws `bad-request`. */
export function contentParts(fields: JsonFields, name: string): readonly ChatPart[] {
  const content = fields.value(name)
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  if (!Array.isArray(content)) throw fields.wrong(name, 'a text or a list of parts')
  return content.map((part, index) => readPart(new JsonFields(part, `${fields.at(name)}[${index}]`)))
}

function readPart(part: JsonFields): ChatPart {
  const { record } = part
  const type = part.string('type', 'input_text, input_image, input_file or another kind of part')
  switch (type) {
    case 'input_text':
    case 'output_text':
    case 'text':
      return { type: 'text', text: part.string('text'), ...ownWords(record, textFields) }
    case 'refusal':
      return { type, text: part.string('refusal'), ...ownWords(record, refusalFields) }
    case 'input_image':
      return { ...readImage(part), ...ownWords(record, imageFields) }
    case 'input_file':
      return { ...readFile(part), ...ownWords(record, fileFields) }
    default:
      return { type: 'opaque', vendor: openaiResponsesDialect, kind: type, data: record, required: true }
  }
}

function readImage(part: JsonFields): ChatPart {
  const url = part.optionalString('image_url')
  const fileId = part.optionalString('file_id')
  const detail = part.optionalString('detail')
  if (url === undefined && fileId === undefined)
    throw part.wrong('image_url', 'an https: or data: URL, or file_id')
  return {
    type: 'image',
    ...(url === undefined ? {} : { url }),
    ...(fileId === undefined ? {} : { fileId }),
    // The vendor's default, which clients write out.
    ...(detail === undefined || detail === 'auto' ? {} : { detail }),
  }
}

function readFile(part: JsonFields): ChatPart {
  const url = part.optionalString('file_data') ?? part.optionalString('file_url')
  const fileId = part.optionalString('file_id')
  const filename = part.optionalString('filename')
  if (url === undefined && fileId === undefined)
    throw part.wrong('file_data', 'the file as a data: URL, file_url or file_id')
  return {
    type: 'file',
    ...(url === undefined ? {} : { url }),
    ...(fileId === undefined ? {} : { fileId }),
    ...(filename === undefined ? {} : { filename }),
  }
}
