/** The characters that SageMaker takes in metadata and in tags. */
const allowed = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]+$/u

/** Whether a name, with room for something behind it, can be that of an entry. */
export function isMetadataKey(text: string): boolean {
  return text.length <= 100 && allowed.test(text)
}

/** What is wrong with an entry of a version's metadata; undefined when nothing is. */
export function entryFault(key: string, value: string): string | undefined {
  if (key.length > 128 || !allowed.test(key)) {
    return `is no name for metadata of SageMaker: write up to 128 letters, digits, spaces and _.:/=+-@`
  }
  if (value.length > 256 || !allowed.test(value)) {
    return `is "${value}", but SageMaker keeps 1 to 256 letters, digits, spaces and _.:/=+-@`
  }
  return undefined
}

/** The most entries of a version. */
export const mostEntries = 50
