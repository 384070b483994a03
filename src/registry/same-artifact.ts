import { canonicalJson } from '../json.ts'
import type { Artifact } from '../resources/deployment/revision.ts'

/** Whether two artifacts are equal. The order of their files does not matter. */
export function sameArtifact(one: Artifact, other: Artifact): boolean {
  return canonicalJson(inOrder(one)) === canonicalJson(inOrder(other))
}

function inOrder(artifact: Artifact): Artifact {
  if (artifact.kind === 'hosted') return artifact
  return {
    ...artifact,
    files: artifact.files.toSorted((a, b) => (a.uri < b.uri ? -1 : a.uri > b.uri ? 1 : 0)),
  }
}
