import type { Sample } from '../../evidence/sample.ts'
import { cellsDraws } from './cells-draws.ts'
import type { Draws } from './draws.ts'
import { eventsDraws } from './events-draws.ts'
import { meanDraws } from './mean-draws.ts'
import { proportionDraws } from './proportion-draws.ts'

/** How samples like these of the stable revision are made up. */
export function drawsOf(stable: Sample): Draws {
  switch (stable.kind) {
    case 'proportion':
      return proportionDraws(stable)
    case 'moments':
      return meanDraws(stable)
    case 'cells':
      return cellsDraws(stable)
    case 'events':
      return eventsDraws(stable)
  }
}
