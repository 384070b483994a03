import { defineConfig, type ViteUserConfig } from 'vitest/config'

const config: ViteUserConfig = defineConfig({
  resolve: { conditions: ['modelspine/source', 'module', 'node', 'development|production'] },
  ssr: { resolve: { conditions: ['modelspine/source', 'module', 'node', 'development|production'] } },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/live/**', 'node_modules/**'],
    pool: 'threads',
  },
})

export default config
