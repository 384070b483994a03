import { describe, expect, it } from 'vitest'
import { parseClaim } from '../../../../adapters/process/supervision/process-claim.ts'
import { thisHost } from '../../../../adapters/shared/process-identity.ts'

describe('the claim of a run', () => {
  it('names the process that the shell wrote into the file', () => {
    expect(parseClaim('12 345 6-7\n')).toEqual({ pid: 12, started: '345', boot: '6-7', host: thisHost() })
    expect(parseClaim('12 - -\n')).toEqual({ pid: 12, started: '-', boot: '-', host: thisHost() })
  })

  it.each(['', 'void', '12', '-1 2 3', '0 2 3', '1 2 3 4'])('is void when the file says "%s"', (text) => {
    expect(parseClaim(text)).toBe('void')
  })
})
