import { elementsOf, membersOf } from '../../json-text.ts'

/** The text of a value within a JSON text, as it was written. Of members with the same name it is the last one. */
export function textAt(text: string, names: readonly (string | number)[]): string {
  let span = { from: 0, to: text.length }
  for (const name of names) {
    const found =
      typeof name === 'number' ? elementsOf(text, span.from)[name] : memberAt(text, span.from, name)
    if (found === undefined) return 'null'
    span = found
  }
  return text.slice(span.from, span.to)
}

function memberAt(
  text: string,
  from: number,
  name: string,
): { readonly from: number; readonly to: number } | undefined {
  const member = membersOf(text, from).findLast((each) => each.name === name)
  return member && { from: member.value, to: member.to }
}
