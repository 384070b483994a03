import { sameJson } from '../../json.ts'
import type { ChatDelta, ChatEventPart, ChatPlace } from '../../provider/contract.ts'

/** What a chunk says, and its text as the caller may see it. */
export interface ReadChunk {
  readonly parts: readonly ChatEventPart[]
  readonly shown: string
}

/**
 * The form of a chunk in which nothing but one text changes. Most chunks of a stream are alike, so a chunk is read
 * as JSON once, and the others are compared with it. That is the same as reading them: what stands around the text
 * is the same to the byte, and the text is a whole JSON string.
 */
export interface DeltaTemplate {
  readonly before: string
  readonly after: string
  /** What the caller sees around the text, when the caller sees less. */
  readonly shown: { readonly before: string; readonly after: string } | undefined
  readonly part: (text: string) => ChatEventPart
}

/** The inside of a JSON string: no control character, no quote and no lone backslash. */
const inside = /^(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*$/

/** Longer texts are few, so they are parsed. */
const longest = 1000

/** The chunk, if it has this form. */
export function matchTemplate(data: string, template: DeltaTemplate): ReadChunk | undefined {
  const { before, after, part } = template
  const end = data.length - after.length
  // Compared as slices, which is several times as fast as `startsWith`.
  if (end < before.length || data.slice(0, before.length) !== before || data.slice(end) !== after)
    return undefined
  const raw = data.slice(before.length, end)
  if (raw === '' || raw.length > longest || !inside.test(raw)) return undefined
  const text = raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw
  const shown = template.shown === undefined ? data : template.shown.before + raw + template.shown.after
  return { parts: [part(text)], shown }
}

/** Stands for the text while a form is tried. No vendor sends it. */
const stand = 'modelspine-stand-in'

/**
 * The form of this chunk. `read` reads any chunk; with it the form is tried before it is trusted. Undefined when
 * the chunk says more than one text.
 */
export function templateOf(
  data: string,
  [part, ...more]: readonly ChatEventPart[],
  read: (data: string) => ReadChunk | undefined,
): DeltaTemplate | undefined {
  const field = part === undefined || more.length > 0 ? undefined : changing(part)
  if (part === undefined || field === undefined) return undefined
  const told = JSON.stringify((part as unknown as Readonly<Record<string, string>>)[field])
  const at = data.indexOf(told)
  if (told === '""' || at < 0 || data.indexOf(told, at + 1) >= 0) return undefined
  const before = data.slice(0, at + 1)
  const after = data.slice(at + told.length - 1)
  const tried = read(before + stand + after)
  if (tried === undefined) return undefined
  const cut = tried.shown.indexOf(stand)
  const made = maker(part as ChatPlace & ChatDelta)
  if (cut < 0 || !sameJson(tried.parts, [made(stand)])) return undefined
  const isSame = tried.shown === before + stand + after
  const shown = { before: tried.shown.slice(0, cut), after: tried.shown.slice(cut + stand.length) }
  return { before, after, shown: isSame ? undefined : shown, part: made }
}

type Changing = 'text' | 'arguments'

/** The field that changes from chunk to chunk, if nothing else does. */
function changing(part: ChatEventPart): Changing | undefined {
  if (part.type === 'text-delta' || part.type === 'refusal-delta' || part.type === 'reasoning-delta')
    return 'text'
  const isMore = part.type === 'tool-call-delta' && part.name === undefined && part.id === undefined
  return isMore && part.arguments !== undefined && part.custom === undefined ? 'arguments' : undefined
}

/** Makes the part for each text. Written out, because it runs for every token. */
function maker(part: ChatPlace & ChatDelta): (text: string) => ChatEventPart {
  const { type, choice, block } = part
  if (type === 'tool-call-delta') return (text) => ({ type, arguments: text, choice, block })
  return (text) => ({ type: type as 'text-delta', text, choice, block })
}
