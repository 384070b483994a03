import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Form, wordsFor } from './asking.ts'
import { billFor } from './bills.ts'
import { expectedRows, type FaultRow, rowOf } from './fault-rows.ts'
import { type FaultWorld, type FaultyVendor, openFaultWorld } from './fault-world.ts'
import type { FaultName } from './faults.ts'
import { playFault } from './play-fault.ts'

export interface FaultChapter {
  readonly vendor: FaultyVendor
  readonly form: Form
  /** Lines that differ from `expected-outcomes.ts`, each for a reason that its vendor gives. */
  readonly except?: Readonly<Partial<Record<FaultName, Partial<FaultRow>>>>
}

/**
 * Plays every fault against a vendor's provider behind a gateway, without a fallback and with one. Every provider plays
 * it in each form that it can answer.
 */
export function faultChapter({ vendor, form, except = {} }: FaultChapter): void {
  describe(`${wordsFor[form]}, while the upstream misbehaves`, () => {
    let world: FaultWorld
    beforeAll(async () => {
      world = await openFaultWorld(vendor)
    })
    afterAll(() => world.close())

    it.each(expectedRows(form))('has one known end: $fault', async (expected) => {
      const { fault } = expected
      const alone = await playFault(world, form, fault, false)
      const withFallback = await playFault(world, form, fault, true)
      expect(rowOf(fault, alone, withFallback)).toEqual({ ...expected, ...except[fault] })
      for (const { caller, billed } of [alone, withFallback]) expect(billed).toBe(billFor(form, caller))
    })
  })
}
