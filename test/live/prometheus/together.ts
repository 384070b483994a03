import type { TestRunner } from 'modelspine/testing'
import { beforeAll, describe, it } from 'vitest'

/** Runs all tests of a kit at the same time, for subjects that need a minute of real time each. */
export function together(): TestRunner {
  const starts: (() => void)[] = []
  return {
    describe(name, body) {
      describe(name, () => {
        body()
        beforeAll(() => {
          for (const start of starts) start()
        })
      })
    },
    it: Object.assign(
      (name: string, body: (context?: unknown) => Promise<void>) => {
        let outcome = Promise.resolve()
        let skipped: string | undefined
        const skip = (reason: string): void => {
          skipped = reason
        }
        starts.push(() => {
          outcome = body({ skip })
          // The test below reports it.
          outcome.catch(() => {})
        })
        it(name, async (context) => {
          await outcome
          if (skipped !== undefined) context.skip(skipped)
        })
      },
      { skip: (name: string) => it.skip(name, () => {}) },
    ),
  }
}
