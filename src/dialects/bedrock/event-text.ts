/**
 * The native form of an event: an object whose only member is named as the event, as AWS's own client gives it. The event's
 * payload stays as it was written.
 */
export function eventText(name: string, payload: string): string {
  return `{"${name}":${payload}}`
}

/** The name and the payload of a native form. */
export function eventIn(text: string): { readonly name: string; readonly payload: string } {
  const end = text.indexOf('"', 2)
  return { name: text.slice(2, end), payload: text.slice(end + 2, -1) }
}
