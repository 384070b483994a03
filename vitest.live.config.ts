import { defineConfig, type ViteUserConfig } from 'vitest/config'
import unit, { conditions } from './vitest.config.ts'

// The setup installs and starts the servers that the chosen files need, which takes minutes on a new machine.
const config: ViteUserConfig = defineConfig({
  ...unit,
  // The setup runs in an environment of its own, which otherwise does not know the sources' condition.
  environments: { __vitest__: { resolve: { conditions } } },
  test: {
    include: ['test/live/**/*.test.ts'],
    exclude: ['test/live/support/**'],
    globalSetup: ['test/live/support/setup.ts'],
    passWithNoTests: true,
    maxWorkers: '100%',
    testTimeout: 120_000,
    hookTimeout: 600_000,
  },
})

export default config
