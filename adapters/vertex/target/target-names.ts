import { type Key, sha256, splitKey } from 'modelspine/adapter'

const longest = 63
const hashLength = 10

/**
 * The id of the endpoint of a key. It follows from the key alone, so that a repeated call makes nothing twice. Vertex
 * takes 63 small letters, digits and "-", with a letter first.
 */
export function endpointIdOf(key: Key): string {
  const { namespace, name } = splitKey(key)
  const slug = `ms-${namespace === 'default' ? '' : `${namespace}-`}${name}`
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
  return `${slug.slice(0, longest - hashLength - 1).replace(/-+$/, '')}-${sha256(key).slice(0, hashLength)}`
}

/**
 * The id of the DeployedModel of a revision: ten digits that follow from its name, so that a repeated call deploys
 * nothing twice. None begins with a zero, because "0" stands for another thing in a split.
 */
export function deployedModelIdOf(revision: string): string {
  const number = BigInt(`0x${sha256(revision).slice(0, 16)}`)
  return String(1_000_000_000n + (number % 9_000_000_000n))
}

/** What somebody else deployed at an endpoint that we have taken over goes by this name. */
export function foreignName(deployedId: string): string {
  return `vertex-${deployedId}`
}
