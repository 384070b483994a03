import { ModelspineError } from './errors.ts'

/** The oldest Node that Modelspine and its HTTP client run on; the same as `engines` in package.json. */
const oldest = [22, 19] as const

/**
 * Throws `unsupported` on an older Node, before a dependency fails there with an error that does not name the
 * cause.
 */
export function requireNode(version: string = process.versions.node): void {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return
  throw new ModelspineError(
    'unsupported',
    `Modelspine needs Node ${oldest.join('.')} or later, and this is Node ${version}: install a newer Node`,
    { details: { needed: oldest.join('.'), found: version } },
  )
}
