import type { Sample } from '../../evidence/sample.ts'
import type { Draws } from './draws.ts'
import { meanDraws } from './mean-draws.ts'
import { proportionDraws } from './proportion-draws.ts'

/** How samples like these are made up. Undefined for kinds whose price nobody can tell. */
export function drawsOf(stable: Sample): Draws | undefined {
  switch (stable.kind) {
    case 'proportion':
      return proportionDraws(stable)
    case 'moments':
      return meanDraws(stable)
    default:
      return undefined
  }
}
