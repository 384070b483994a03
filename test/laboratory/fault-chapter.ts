import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { wordsFor } from './asking.ts'
import { billFor } from './bills.ts'
import { faultChapters } from './fault-chapters.ts'
import { expectedRows, rowOf } from './fault-rows.ts'
import { type FaultWorld, openFaultWorld } from './fault-world.ts'
import { playFault } from './play-fault.ts'

/** Plays every fault against providers behind a gateway, without a fallback and with one. */
export function playChaptersOf(...providers: readonly string[]): void {
  const chosen = faultChapters.filter(({ provider }) => providers.includes(provider))
  if (new Set(chosen.map(({ provider }) => provider)).size < providers.length)
    throw new Error(`fault-chapters.ts lacks one of ${providers.join(', ')}`)
  for (const { provider, vendor, form, except = {} } of chosen) {
    describe(`${wordsFor[form]} of ${provider}, while the upstream misbehaves`, () => {
      let world: FaultWorld
      beforeAll(async () => {
        world = await openFaultWorld(vendor)
      })
      afterAll(() => world.close())

      it.each(expectedRows(form))('has one known end: $fault', async (expected) => {
        const { fault } = expected
        const alone = await playFault(world, form, fault, false)
        const withFallback = await playFault(world, form, fault, true)
        const { why: _, ...changed } = except[fault] ?? { why: '' }
        expect(rowOf(fault, alone, withFallback)).toEqual({ ...expected, ...changed })
        for (const { caller, billed } of [alone, withFallback]) expect(billed).toBe(billFor(form, caller))
      })
    })
  }
}
