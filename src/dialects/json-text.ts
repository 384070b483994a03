/**
 * Edits JSON as text, so that everything else stays the same to the byte: spaces, the order of members, numbers
 * that JavaScript cannot hold. The text must be valid JSON, as it is after `JSON.parse` has read it.
 */

/** A member of an object, by its places in the text. */
export interface Member {
  readonly name: string
  /** Where its name begins. */
  readonly from: number
  /** Where its value begins. */
  readonly value: number
  /** Where its value ends. */
  readonly to: number
}

/** A part of a text: from its first character up to, but without, the one at `to`. */
export interface TextSpan {
  readonly from: number
  readonly to: number
}

const quote = 34
const comma = 44
const backslash = 92
const openBracket = 91
const closeBracket = 93
const openBrace = 123
const closeBrace = 125

/** The members of the object that begins at `at`, those with the same name included. */
export function membersOf(text: string, at = 0): readonly Member[] {
  const members: Member[] = []
  let place = skipSpace(text, skipSpace(text, at) + 1)
  while (text.charCodeAt(place) === quote) {
    const from = place
    place = afterString(text, place)
    const name = text.slice(from, place)
    const value = skipSpace(text, skipSpace(text, place) + 1)
    const to = afterValue(text, value)
    members.push({ name: name.includes('\\') ? JSON.parse(name) : name.slice(1, -1), from, value, to })
    place = afterComma(text, to)
  }
  return members
}

/** The elements of the list that begins at `at`. */
export function elementsOf(text: string, at: number): readonly TextSpan[] {
  const elements: TextSpan[] = []
  let from = skipSpace(text, at + 1)
  while (from < text.length && text.charCodeAt(from) !== closeBracket) {
    const to = afterValue(text, from)
    elements.push({ from, to })
    from = afterComma(text, to)
  }
  return elements
}

/**
 * The text of the object with other values for some members. `undefined` removes a member. A member that is
 * not there is added at the end. Each member of that name is changed, because readers differ in which of them
 * they take.
 */
export function patchMembers(text: string, edits: Readonly<Record<string, string | undefined>>): string {
  if (Object.keys(edits).length === 0) return text
  const members = membersOf(text)
  const [first] = members
  if (first === undefined) return `{${addedMembers(edits, members)}}`
  let patched = ''
  /** Up to here the text was copied or left out. */
  let done = first.from
  for (let place = 0; place < members.length; place += 1) {
    const { name, value, to } = members[place] as Member
    if (!Object.hasOwn(edits, name)) continue
    const next = edits[name]
    if (next !== undefined) patched += text.slice(done, value) + next
    else patched += text.slice(done, members[place - 1]?.to ?? done)
    done = patched === '' ? (members[place + 1]?.from ?? to) : to
  }
  const end = members.at(-1)?.to
  patched += text.slice(done, end)
  const added = addedMembers(edits, members)
  const comma = patched !== '' && added !== '' ? ',' : ''
  return text.slice(0, first.from) + patched + comma + added + text.slice(end)
}

function addedMembers(
  edits: Readonly<Record<string, string | undefined>>,
  members: readonly Member[],
): string {
  let added = ''
  for (const edited of Object.keys(edits)) {
    const value = edits[edited]
    if (value === undefined || members.some(({ name }) => name === edited)) continue
    added += `${added && ','}${JSON.stringify(edited)}:${value}`
  }
  return added
}

/** The text of a list with these elements. Each is a part of `text`, or a text of its own. */
export function listOf(text: string, elements: readonly (TextSpan | string)[]): string {
  return `[${elements.map((each) => (typeof each === 'string' ? each : text.slice(each.from, each.to))).join(',')}]`
}

/** After so many characters, a search costs less than reading on. */
const shortRun = 64

const noSpace = /[^ \n\r\t]/g
const afterScalar = /[,\]} \n\r\t]/g
const insideValue = /["[\]{}]/g

/** The first place from `from` on that the pattern finds, or the end of the text. */
function search(text: string, pattern: RegExp, from: number): number {
  pattern.lastIndex = from
  return pattern.test(text) ? pattern.lastIndex - 1 : text.length
}

function skipSpace(text: string, from: number): number {
  for (let at = from; at < from + shortRun; at += 1) {
    const code = text.charCodeAt(at)
    if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return at
  }
  return search(text, noSpace, from + shortRun)
}

function afterComma(text: string, from: number): number {
  const at = skipSpace(text, from)
  return text.charCodeAt(at) === comma ? skipSpace(text, at + 1) : at
}

/** Searches for quotes in a long string, such as an image. Reads a short one, or one that is full of escapes. */
function afterString(text: string, from: number): number {
  let at = from + 1
  for (;;) {
    for (const until = at + shortRun; at < until; at += 1) {
      const code = text.charCodeAt(at)
      if (code === quote) return at + 1
      if (code === backslash) at += 1
    }
    at = text.indexOf('"', at) + 1
    if (at === 0) return text.length
    let before = at - 2
    while (text.charCodeAt(before) === backslash) before -= 1
    if ((at - before) % 2 === 0) return at
  }
}

function afterValue(text: string, from: number): number {
  const first = text.charCodeAt(from)
  if (first === quote) return afterString(text, from)
  if (first !== openBrace && first !== openBracket) return search(text, afterScalar, from)
  let depth = 1
  let at = from + 1
  let until = at + shortRun
  while (depth > 0 && at < text.length) {
    const code = text.charCodeAt(at)
    if (code === quote) at = afterString(text, at)
    else {
      if (code === openBrace || code === openBracket) depth += 1
      else if (code === closeBrace || code === closeBracket) depth -= 1
      else if (at < until) {
        at += 1
        continue
      } else {
        at = search(text, insideValue, at)
        continue
      }
      at += 1
    }
    until = at + shortRun
  }
  return at
}
