import type { Choice, Upstream } from './route.ts'

/** The same choices, with the allowed upstreams only. A choice without an allowed upstream is left out. */
export function narrowed(
  choices: readonly Choice[],
  isAllowed: (upstream: Upstream) => boolean,
): readonly Choice[] {
  return choices.flatMap(({ weight, upstreams }) => {
    const left = upstreams.filter(isAllowed)
    return left.length > 0 ? [{ weight, upstreams: left }] : []
  })
}
