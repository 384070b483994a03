import { availableParallelism } from 'node:os'
import { defineConfig, type ViteUserConfig } from 'vitest/config'
import unit, { conditions, longestFirst } from './vitest.config.ts'

/** They measure their own traffic, so each runs with nothing beside it. */
const tours = ['quickstart', 'mlflow-canary']
const fileOf = (name: string): string => `test/live/${name}.test.ts`

/** They take longest. */
const long = [
  'fleet',
  'mlflow/serving',
  'cut-offs',
  'prometheus-scrape-kit',
  'mlflow/registry',
  'kserve/kill',
  'scale',
].map(fileOf)

const config: ViteUserConfig = defineConfig({
  ...unit,
  // Real servers need the real waits.
  plugins: [],
  // The setup runs in an environment of its own, which otherwise does not know the sources' condition.
  environments: { __vitest__: { resolve: { conditions } } },
  test: {
    passWithNoTests: true,
    // Three more than processors, because most of them wait for servers, other processes or a minute to pass.
    maxWorkers: availableParallelism() + 3,
    sequence: { sequencer: longestFirst(long) },
    testTimeout: 120_000,
    hookTimeout: 600_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'servers',
          include: ['test/live/**/*.test.ts'],
          exclude: ['test/live/support/**', ...tours.map(fileOf)],
          globalSetup: ['test/live/support/setup.ts'],
        },
      },
      ...tours.map((name, place) => ({
        extends: true as const,
        test: { name, include: [fileOf(name)], sequence: { groupOrder: place + 1 } },
      })),
    ],
  },
})

export default config
