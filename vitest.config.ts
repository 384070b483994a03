import { defineConfig, type ViteUserConfig } from 'vitest/config'

// What Node itself knows: builds under `module` are made for bundlers and may not load.
export const conditions: string[] = ['modelspine/source', 'node', 'development|production']

const config: ViteUserConfig = defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/live/*.test.ts', 'test/live/!(support)/**', 'node_modules/**'],
    pool: 'threads',
    // vitest keeps one processor free; with two of them that is half. Many tests wait for processes, not for one.
    maxWorkers: '100%',
    // Real processes and disks answer late on a busy machine; nothing here sleeps for so long.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Mistakes outside these files are told by `npm run types`.
    typecheck: { enabled: true, include: ['test/types/**/*.test-d.ts'], ignoreSourceErrors: true },
  },
})

export default config
