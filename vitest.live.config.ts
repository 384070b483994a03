import { defineConfig, type ViteUserConfig } from 'vitest/config'
import unit from './vitest.config.ts'

// Real servers: slow to start and few at a time. No file yet is no failure.
const config: ViteUserConfig = defineConfig({
  ...unit,
  test: {
    include: ['test/live/**/*.test.ts'],
    passWithNoTests: true,
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 600_000,
  },
})

export default config
