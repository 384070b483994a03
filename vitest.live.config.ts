import { defineConfig, type ViteUserConfig } from 'vitest/config'
import unit, { conditions } from './vitest.config.ts'

const quickstart = 'test/live/quickstart.test.ts'

const config: ViteUserConfig = defineConfig({
  ...unit,
  // The setup runs in an environment of its own, which otherwise does not know the sources' condition.
  environments: { __vitest__: { resolve: { conditions } } },
  test: {
    passWithNoTests: true,
    maxWorkers: '100%',
    testTimeout: 120_000,
    hookTimeout: 600_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'servers',
          include: ['test/live/**/*.test.ts'],
          exclude: ['test/live/support/**', quickstart],
          globalSetup: ['test/live/support/setup.ts'],
        },
      },
      // It measures its own traffic, so nothing runs beside it.
      { extends: true, test: { name: 'quickstart', include: [quickstart], sequence: { groupOrder: 1 } } },
    ],
  },
})

export default config
