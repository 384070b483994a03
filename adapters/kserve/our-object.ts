import { type Key, ModelspineError } from 'modelspine/adapter'
import { annotationNames, labels } from './kserve-api.ts'

interface Marked {
  readonly name: string
  readonly labels?: Readonly<Record<string, string>> | null | undefined
  readonly annotations?: Readonly<Record<string, string>> | null | undefined
}

/** The key of an object that this target made. */
export function keyIn({ labels: given, annotations }: Marked): Key | undefined {
  const [[label, value] = ['', '']] = Object.entries(labels)
  const key = annotations?.[annotationNames.key]
  return given?.[label] === value && key !== undefined && /^[^/]+\/[^/]+$/.test(key)
    ? (key as Key)
    : undefined
}

/** Throws `target-refused` for an object that somebody else made, or that belongs to another deployment. */
export function checkOurs(key: Key, kind: string, object: Marked): void {
  const owner = keyIn(object)
  if (owner === key) return
  const whose = owner === undefined ? 'is not of this target' : `belongs to ${owner}`
  throw new ModelspineError(
    'target-refused',
    `the ${kind} ${object.name} ${whose}, so it is left alone: delete it, or call the deployment otherwise`,
  )
}
