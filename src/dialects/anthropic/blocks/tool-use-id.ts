/** Anthropic takes only these characters in the id of a call. */
const odd = /[^a-zA-Z0-9_-]/g

/**
 * The id of a call of another vendor in characters that Anthropic takes. The call and its result get the same one, and
 * nobody else sees it: ids of new calls are the vendor's own.
 */
export function toolUseId(id: string): string {
  return id.replace(odd, (character) => `_${character.charCodeAt(0).toString(16)}_`)
}
