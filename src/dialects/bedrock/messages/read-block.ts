import { isRecord, type JsonRecord } from '../../../json.ts'
import type { ChatPart, TextPart } from '../../../provider/contract.ts'
import { badField, JsonFields } from '../../json-fields.ts'
import { bedrockOptions, bedrockVendor } from '../left-over.ts'
import { type MediaKind, mediaFormats, readMedia } from './media.ts'
import { readReasoning } from './reasoning.ts'

/** Where a block stands. */
export interface BlockPlace {
  readonly path: string
  /** The text of a member within the block, as it was written. */
  textOf(...names: readonly string[]): string
}

/** The only member of a block, which says its kind. Throws `bad-request` unless there is one. */
export function kindOfBlock(value: unknown, path: string): string {
  const names = isRecord(value) ? Object.keys(value).filter((name) => (value[name] ?? null) !== null) : []
  const [kind, ...more] = names
  if (kind === undefined || more.length > 0)
    throw badField(path, value, 'an object with one member, such as text')
  return kind
}

/** Reads a block of content. What only Bedrock knows becomes an opaque part. */
export function readBlock(value: unknown, place: BlockPlace): ChatPart {
  const block = new JsonFields(value, place.path)
  const kind = kindOfBlock(value, place.path)
  if (kind === 'text') return { type: 'text', text: block.string('text') }
  const content = isRecord(block.record[kind])
    ? new JsonFields(block.record[kind], block.at(kind))
    : undefined
  const known = content === undefined ? undefined : readKnown(kind, content, place)
  return known ?? { type: 'opaque', vendor: bedrockVendor, kind, data: block.record, required: true }
}

/** Undefined for what the contract has no words for. */
function readKnown(kind: string, content: JsonFields, place: BlockPlace): ChatPart | undefined {
  if (kind in mediaFormats) return readMedia(kind as MediaKind, content)
  switch (kind) {
    case 'toolUse':
      return readCall(content, place)
    case 'reasoningContent':
      return readReasoning(content)
    case 'guardContent':
      return readGuarded(content)
    case 'citationsContent':
      return readCited(content)
    case 'json':
      return jsonText(place)
    default:
      return undefined
  }
}

/** A call with a type is one that Bedrock makes itself. */
function readCall(call: JsonFields, place: BlockPlace): ChatPart | undefined {
  if (call.value('type') !== undefined) return undefined
  const { input } = call.record
  if (input === undefined) throw call.wrong('input', 'the arguments as an object')
  return {
    type: 'tool-call',
    id: call.string('toolUseId'),
    name: call.string('name'),
    arguments: exactText(input, () => place.textOf('toolUse', 'input')),
    ...bedrockOptions(call.record, ['toolUseId', 'name', 'input']),
  }
}

/** The JSON text of a value. Numbers that JavaScript cannot hold are taken from the text as it was written. */
function exactText(value: unknown, written: () => string): string {
  const text = JSON.stringify(value)
  return /\d{16}|e\+/.test(text) ? written() : text
}

function jsonText(place: BlockPlace): TextPart {
  return { type: 'text', text: place.textOf('json'), options: { [bedrockVendor]: { json: true } } }
}

/** What a guardrail looks at is content like any other. Undefined for what only Bedrock knows. */
function readGuarded(content: JsonFields): ChatPart | undefined {
  const [kind, ...others] = Object.keys(content.record)
  if (others.length > 0) return undefined
  const guarded = kind === 'text' || kind === 'image' ? content.optionalFields(kind) : undefined
  if (guarded === undefined) return undefined
  if (kind === 'image') return asGuarded(readMedia('image', guarded), {})
  const { text: _text, ...guardContent } = guarded.record
  return asGuarded({ type: 'text', text: guarded.string('text') }, guardContent)
}

function asGuarded(part: ChatPart | undefined, guardContent: JsonRecord): ChatPart | undefined {
  if (part === undefined) return undefined
  return { ...part, options: { [bedrockVendor]: { ...part.options?.[bedrockVendor], guardContent } } }
}

/** Text with its sources. Pieces that are no text are kept beside it. */
function readCited(content: JsonFields): ChatPart {
  const pieces = content.optionalList('content') ?? []
  const text = pieces
    .map((each) => (isRecord(each) && typeof each.text === 'string' ? each.text : ''))
    .join('')
  const isText = pieces.every(isOnlyText)
  const { options } = bedrockOptions(content.record, isText ? ['content', 'citations'] : ['citations'])
  const citations = content.optionalList('citations') ?? []
  return { type: 'text', text, options: { [bedrockVendor]: { ...options?.[bedrockVendor], citations } } }
}

function isOnlyText(piece: unknown): boolean {
  return isRecord(piece) && typeof piece.text === 'string' && Object.keys(piece).length === 1
}
