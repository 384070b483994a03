import { pathName } from '../path-name.ts'

/** What a path below `/v2/models/` asks for. */
export interface ModelPath {
  readonly name: string
  readonly version: string | undefined
  readonly action: Action
}

type Action = 'infer' | 'ready' | 'config' | 'stats' | undefined

const tail = /^(.+?)(?:\/versions\/([^/]+))?(?:\/(infer|ready|config|stats))?$/

/**
 * Reads `NAME[/versions/VERSION][/infer|/ready|/config|/stats]`. Names may hold slashes that are not percent-encoded,
 * because Triton's clients encode nothing. So `org/infer` may be a model, or an infer of `org`: the longest name that is
 * known counts. Throws `bad-request`.
 */
export function modelPath(rest: string, isKnown: (name: string) => boolean): ModelPath | undefined {
  const read = tail.exec(rest)
  if (read === null) return undefined
  const [, bare = '', version, action] = read
  const name = pathName(bare)
  if (version === undefined && action === undefined) return { name, version, action }
  const whole = pathName(rest)
  if (isKnown(whole)) return { name: whole, version: undefined, action: undefined }
  if (version !== undefined && action !== undefined) {
    const versioned = pathName(rest.slice(0, -action.length - 1))
    if (isKnown(versioned)) return { name: versioned, version: undefined, action: action as Action }
  }
  return {
    name,
    version: version === undefined ? undefined : pathName(version),
    action: action as Action,
  }
}
